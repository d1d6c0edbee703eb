internal import Compression
internal import HTTP

extension Response {
  /// Makes the gzip form of a body that serves many answers: once, for the first client that takes it.
  ///
  /// - Parameter level: 1 to 9; 0: none.
  mutating func keepGzip(for request: Request, level: Int) {
    guard gzipBody == nil, level > 0 else { return }
    let accepted = request.values(of: .acceptEncoding)
    guard !accepted.isEmpty, ContentNegotiation.prefersGzip(acceptEncoding: accepted) else { return }
    var encoder = GzipEncoder(level: level)
    gzipBody = encoder.encode(body)
  }
}
