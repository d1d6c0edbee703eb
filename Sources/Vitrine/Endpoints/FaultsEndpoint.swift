internal import Catalog
internal import HTTP
internal import HTTPServer

/// `GET /faults`, and `PUT`, `GET` and `DELETE /faults/{name}`, of which the changes are for those who have a token.
struct FaultsEndpoint: Sendable {
  private static let path = "/faults"
  private static let nameMax = 32
  private static let nameRule = "must be 1 to \(nameMax) of A-Z a-z 0-9 . _ -"

  let faults: Faults
  /// Templates that a scope may name.
  let scopes: [String]
  let loops: Int
  let access: WriteAccess

  var routes: [Route] {
    [
      Route(Self.path, purpose: .control, [.get: .immediate(list)]),
      Route(
        Self.path + "/{name}", purpose: .control,
        [
          .get: .immediate(show), .put: .admitting(refusalOfPut, put), .delete: .admitting(access.refusal, delete),
        ]),
    ]
  }

  private func list(_ request: Request) -> Response {
    .current([
      "faults": .array(faults.active.map(\.json)), "activeMax": .integer(Faults.activeMax),
      "secondsMax": .integer(FaultSpecification.millisecondsMax / 1000),
    ])
  }

  private func show(_ request: Request) -> Response {
    let name = request.faultName
    return faults.active.first { $0.name == name }.map { .current($0.json) } ?? request.missingFault
  }

  private func refusalOfPut(_ request: Request) -> Response? {
    if let refusal = access.refusal(of: request) ?? request.refusalOfContentType { return refusal }
    let name = request.faultName
    guard !(1...Self.nameMax).contains(name.utf8.count) || !name.utf8.allSatisfy(Self.isOfName) else { return nil }
    return Problem.response(
      .badRequest, detail: "The fault's name \(Self.nameRule).",
      errors: [.init(.parameter("name"), "\(Self.nameRule), found \(quoted(name))")],
      accept: request.values(of: .accept))
  }

  private func put(_ request: Request) async -> Response {
    let json: JSON
    switch request.readJSON() {
    case .failure(let refusal): return refusal.response
    case .success(let value): json = value
    }
    let seed = UInt64.random(in: 0...UInt64(FaultReading.seedMax))
    let reading = FaultReading(json, routes: scopes, loops: loops, seed: seed)
    guard let specification = reading.specification else {
      return request.unprocessable("This is no fault", reading.mistakes)
    }
    let name = request.faultName
    switch faults.begin(name, specification) {
    case .replaced(let fault): return .current(fault.json)
    case .begun(let fault):
      let response = Response.current(fault.json, .created)
      return FieldValue("\(Self.path)/\(name)" as String).map { response.adding(.location, $0) } ?? response
    case .tooMany:
      return Problem.response(
        .conflict, detail: "There are \(Faults.activeMax) faults in force, which is the most at once.",
        accept: request.values(of: .accept))
    }
  }

  private func delete(_ request: Request) async -> Response {
    faults.end(request.faultName) ? Response(.noContent) : request.missingFault
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

extension Request {
  fileprivate var faultName: String { String(decoding: path.dropFirst("/faults/".utf8.count), as: UTF8.self) }

  fileprivate var missingFault: Response {
    Problem.response(.notFound, detail: "There is no fault of this name in force.", accept: values(of: .accept))
  }
}
