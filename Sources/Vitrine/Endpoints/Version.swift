internal import Catalog
internal import HTTP

/// `GET /version`: which build answers. It never changes while the process runs, so it is rendered once.
struct Version: Sendable {
  private let response: Response

  init(_ build: BuildInformation) {
    var body: [UInt8] = []
    var separator = "{"
    for (name, value) in [
      ("version", build.version), ("revision", build.revision), ("revisionDate", build.revisionDate),
      ("swiftVersion", build.swiftVersion),
    ] {
      body += "\(separator)\"\(name)\":".utf8
      JSONText.append(string: value, to: &body)
      separator = ","
    }
    body += "}\n".utf8
    response = Response(.ok, contentType: "application/json", body: body).adding(.cacheControl, "no-cache")
  }

  func answer(_ request: Request) -> Response { response }
}
