import HTTP

/// Parse and encode alone, without a socket.
enum Micro {
  private struct Case {
    let name: String
    let bytes: Int
    /// Does it so many times; answers with the bytes it went through, so that nothing can be left out.
    let batch: (_ times: Int) throws -> Int
  }

  private static let batches = 15
  private static let times = 20_000

  /// Prints the table.
  static func run() throws {
    let cases = [
      parsing("parse, 3 lines", threeLines, repeats: false),
      parsing("parse, 20 fields", twentyFields, repeats: false),
      parsing("know again, 3 lines", threeLines, repeats: true),
      parsing("know again, 20 fields", twentyFields, repeats: true),
      encoding("encode the answer to 3 lines", requestID: "9f3c51d2a8b04e67"),
      encoding("encode the answer to 20 fields", requestID: "0af7651916cd43dd8448eb211c80319c"),
    ]
    var nanoseconds = cases.map { _ in [Double]() }
    // Interleaved, like the wire's rounds; the first turn only warms up.
    for turn in 0...batches {
      for (index, measured) in cases.enumerated() {
        let began = ContinuousClock.now
        let total = try measured.batch(times)
        let taken = (ContinuousClock.now - began) / .nanoseconds(1)
        guard total == measured.bytes * times else { throw Failure("\(measured.name): \(total) bytes went through") }
        if turn > 0 { nanoseconds[index].append(taken / Double(times)) }
      }
    }
    var table = Table(titles: ["", "bytes", "ns a time", "ns a byte"], textColumns: 1)
    for (measured, times) in zip(cases, nanoseconds) {
      let perByte = median(times).map { $0 / Double(measured.bytes) }
      table.rows.append([measured.name, String(measured.bytes), rounded(median(times)), rounded(perByte)])
    }
    show(heading("Parse and encode (medians of \(batches) batches of \(times))") + table.text)
  }

  /// - Parameter repeats: whether each head is the one before, which is not parsed again; else they take turns with one
  ///   that differs in a letter.
  private static func parsing(_ name: String, _ lines: [String], repeats: Bool) -> Case {
    let head = lines.joined(separator: "\r\n") + "\r\n\r\n"
    let (one, other) = (Array(head.utf8), Array((repeats ? head : head.replacing("Host:", with: "host:")).utf8))
    let parser = RequestParser(limits: .init())
    return Case(name: name, bytes: head.utf8.count) { times in
      var request = Request()
      var total = 0
      for _ in 0..<times / 2 {
        total += try parser.parse(one.span, into: &request) ?? 0
        total += try parser.parse(other.span, into: &request) ?? 0
      }
      return total
    }
  }

  private static func encoding(_ name: String, requestID: FieldValue) -> Case {
    var common: ResponseFields = [:]
    common.addDate(784_111_777)
    common.add(["X-Served-By": "vitrine-0", "X-Version": "1.0.0"])
    let response = Response(.ok, contentType: "application/json", body: Array(repeating: 0x20, count: 160))

    func append(to output: inout OutputBuffer) {
      ResponseEncoder.append(
        response, omitBody: false, persistence: .implied, commonFields: common, requestID: requestID, to: &output)
    }
    var once = OutputBuffer()
    append(to: &once)
    return Case(name: name, bytes: once.count) { times in
      var output = OutputBuffer()
      var total = 0
      for _ in 0..<times {
        output.removeAll()
        append(to: &output)
        total += output.count
      }
      return total
    }
  }

  private static let threeLines = ["GET / HTTP/1.1", "Host: 127.0.0.1:8080", "Accept: */*"]

  /// A browser's request behind an ingress.
  private static let twentyFields = [
    "GET /api/products?limit=20 HTTP/1.1",
    "Host: vitrine.example.com",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Referer: https://vitrine.example.com/",
    "Cookie: session=0af7651916cd43dd8448eb211c80319c; theme=dark",
    "DNT: 1",
    "Connection: keep-alive",
    "Upgrade-Insecure-Requests: 1",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Site: same-origin",
    "If-None-Match: \"5d41402abc4b2a76b9719d911017c592\"",
    "Cache-Control: max-age=0",
    "X-Forwarded-For: 192.0.2.17",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: vitrine.example.com",
    "X-Request-Id: 0af7651916cd43dd8448eb211c80319c",
    "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  ]
}
