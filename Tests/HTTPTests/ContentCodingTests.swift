import HTTP
import TestSupport
import Testing

@Suite struct ContentCodingTests {
  @Test(
    arguments: [
      ("gzip", true), ("gzip, deflate, br", true), ("GZip", true), ("x-gzip", true), ("*", true),
      ("deflate, gzip;q=1.0, *;q=0.5", true), ("gzip;q=0.001", true), (" gzip ; q=0.5 ", true), ("gzip;Q=0.5", true),
      ("identity;q=0.5, gzip;q=0.5", true), ("identity;q=0, gzip;q=0.1", true), ("*;q=0.5, identity;q=0.4", true),
      ("gzip;q=0, gzip", true), (",,gzip,", true),
      ("", false), ("identity", false), ("br", false), ("notgzip", false), ("gzipped", false), ("gzip;q=0", false),
      ("gzip;q=0.000", false), ("*;q=0", false), ("gzip;q=0, *", false), ("identity;q=0", false),
      ("identity, gzip;q=0.5", false), ("identity;q=0.6, *;q=0.5", false), ("br;q=1.0, *;q=0", false),
      // Malformed members are ignored.
      ("gzip;q=2", false), ("gzip;q=", false), ("gzip;q=0.1234", false), ("gzip;level=9", false), ("gz ip", false),
      ("gzip;q=0.5;q=1", false), ("gzip;q=x, *;q=0.1", true),
    ])
  func prefersGzip(field: String, expected: Bool) {
    #expect(ContentNegotiation.prefersGzip(acceptEncoding: slices(field)) == expected)
  }

  @Test func withoutTheFieldTheIdentityIsMeant() {
    #expect(!ContentNegotiation.prefersGzip(acceptEncoding: []))
  }

  @Test func severalLinesAreOneList() {
    #expect(ContentNegotiation.prefersGzip(acceptEncoding: slices("br") + slices("gzip")))
    #expect(!ContentNegotiation.prefersGzip(acceptEncoding: slices("gzip;q=0.5") + slices("identity")))
  }

  @Test(arguments: ["\"a\"", "\"a-gzip\"", "W/\"a-gzip\"", "\"x\", \"a-gzip\""])
  func aTagOfEitherFormNamesTheRepresentation(field: String) {
    #expect(ETag.matches(slices(field), etag: Array("\"a\"".utf8), weak: true))
    #expect(ETag.matches(slices(field), etag: Array("\"a\"".utf8), weak: false) == !field.hasPrefix("W/"))
  }

  @Test(arguments: ["\"b-gzip\"", "\"a-gzi\"", "\"a-gzip-gzip\"", "\"-gzip\""])
  func anotherTagDoesNot(field: String) {
    #expect(!ETag.matches(slices(field), etag: Array("\"a\"".utf8), weak: true))
  }

  @Test func theGzipFormHasItsOwnTagAndSaysWhatItIs() {
    var response = Response(.ok, contentType: "text/plain", body: [1, 2, 3]).compressible()
    response.etag = "\"a\""
    var output = OutputBuffer()
    ResponseEncoder.append(
      response.gzipped([9, 9]), omitBody: false, persistence: .implied, commonFields: [:], requestID: "1", to: &output)
    let lines = text(output.bytes()).split(separator: "\r\n")
    #expect(lines.contains("Content-Encoding: gzip") && lines.contains("ETag: \"a-gzip\""))
    #expect(lines.contains("Vary: Accept-Encoding") && lines.contains("Content-Length: 2"))
  }
}
