internal import Compression
internal import HTTP

extension Response {
  /// Makes the gzip form of a body that serves many answers, once.
  ///
  /// - Parameter level: 1 to 9; 0: none.
  mutating func keepGzip(level: Int) {
    guard level > 0 else { return }
    var encoder = GzipEncoder(level: level)
    gzipBody = encoder.encode(body)
  }
}
