import Hammer
import Testing

@Suite struct ResponseReaderTests {
  static let whole: [(text: String, status: Int, closes: Bool)] = [
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, false),
    ("HTTP/1.1 200 OK\r\ncontent-length:0\r\nCONNECTION: Close\r\n\r\n", 200, true),
    ("HTTP/1.1 204 \r\n\r\n", 204, false), ("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, false),
    ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, true),
    ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno", 503, false),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, false),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n", 200, false),
  ]

  @Test(arguments: whole)
  func isCompleteAtItsEndHoweverItIsCut(text: String, status: Int, closes: Bool) {
    let bytes = Array(text.utf8)
    for cut in 0..<bytes.count {
      var reader = ResponseReader(toHEAD: false)
      let (first, second) = (reader.read(bytes[..<cut]), reader.read(bytes[cut...]))
      #expect(first == .incomplete && second == .complete, "\(cut)")
      #expect(reader.status == status && reader.closes == closes)
    }
    var reader = ResponseReader(toHEAD: false)
    for byte in bytes.dropLast() {
      let progress = reader.read([byte])
      #expect(progress == .incomplete)
    }
    let last = reader.read(bytes.suffix(1))
    #expect(last == .complete)
  }

  @Test(arguments: [
    "SSH-2.0-x\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy",
    "HTTP/1.1 204 \r\n\r\nx", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\n",
  ])
  func whatIsNoAnswerIsMalformed(text: String) {
    var reader = ResponseReader(toHEAD: false)
    let progress = reader.read(Array(text.utf8)[...])
    #expect(progress == .malformed)
  }

  @Test func anAnswerWithoutALengthEndsWithItsConnection() {
    var reader = ResponseReader(toHEAD: false)
    let progress = reader.read(Array("HTTP/1.1 200 OK\r\n\r\nhello".utf8)[...])
    #expect(progress == .incomplete && reader.endsWithConnection && reader.closes)
  }

  @Test func theAnswerToHEADHasNoBody() {
    var reader = ResponseReader(toHEAD: true)
    let progress = reader.read(Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n".utf8)[...])
    #expect(progress == .complete)
  }

  @Test func knowsVersionAndPod() {
    var reader = ResponseReader(toHEAD: false)
    _ = reader.read(Array("HTTP/1.1 204 \r\nX-Version: 1.2\r\nx-served-by:  pod-a \r\n\r\n".utf8)[...])
    #expect(reader.version == Array("1.2".utf8) && reader.server == Array("pod-a".utf8))
  }
}
