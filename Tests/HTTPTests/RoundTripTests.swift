import HTTP
import TestSupport
import Testing

/// Whatever the encoder renders is read as that, by a reader that shares no code with it.
@Suite struct RoundTripTests {
  private struct Rendered {
    let response: Response
    let fields: [(name: String, value: [UInt8])]
    let toHEAD: Bool
    let persistence: ResponseEncoder.Persistence
    let requestID: FieldValue
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func everyAnswerIsReadAsOneAnswerWithTheSameContent(seed: UInt64) throws {
    var random = Seeded(seed)
    for _ in 0..<25 {
      let all = (0...Int.random(in: 0...3, using: &random)).map { _ in arbitrary(&random) }
      var common: ResponseFields = [:]
      common.addDate(Int64.random(in: 0...4_102_444_800, using: &random))
      common.add(["X-Served-By": "me"])
      var output = OutputBuffer()
      for one in all {
        ResponseEncoder.append(
          one.response, omitBody: one.toHEAD, persistence: one.persistence, commonFields: common,
          requestID: one.requestID, to: &output)
      }
      var rest = output.bytes()[...]
      for one in all { try expect(one, at: &rest) }
      #expect(rest.isEmpty)
    }
  }

  private func arbitrary(_ random: inout Seeded) -> Rendered {
    let code = UInt16.random(in: 100...599, using: &random)
    let status = Bool.random(using: &random) ? Status.known.randomElement(using: &random) : nil
    var response = Response(status ?? Status(code: code), body: arbitraryBody(&random))
    var fields: [(name: String, value: [UInt8])] = []
    for _ in 0..<Int.random(in: 0...8, using: &random) {
      let (name, bytes) = (arbitraryName(&random), arbitraryValue(&random))
      // What the types refuse cannot be rendered; what they take must come back.
      guard let fieldName = ResponseFieldName(name), let value = FieldValue(bytes: bytes) else { continue }
      response.add(fieldName, value)
      fields.append((name, bytes))
    }
    return Rendered(
      response: response, fields: fields, toHEAD: Bool.random(using: &random),
      persistence: [.implied, .keepAlive, .close].randomElement(using: &random) ?? .implied,
      requestID: Bool.random(using: &random) ? "id.1" : "another")
  }

  /// Names that the encoder uses too, and letters at random.
  private func arbitraryName(_ random: inout Seeded) -> String {
    let known = ["content-length", "Connection", "date", "Transfer-Encoding", "Vary", "ETag", "X-A", "a b", "a:", ""]
    if Bool.random(using: &random), let name = known.randomElement(using: &random) { return name }
    return String(
      (0...Int.random(in: 0...20, using: &random)).map { _ in
        "abcdefghijklmnopqrstuvwxyz-".randomElement(using: &random) ?? "-"
      })
  }

  /// Any bytes; most often such as can stand in a value, so that enough of them do, and now and then an attempt to split.
  private func arbitraryValue(_ random: inout Seeded) -> [UInt8] {
    if Int.random(in: 0...9, using: &random) == 0 {
      return bytes("a\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
    }
    let least: UInt8 = Bool.random(using: &random) ? 0 : 0x80
    return (0..<Int.random(in: 0...40, using: &random)).map { _ in
      Bool.random(using: &random)
        ? UInt8.random(in: 0x20...0x7E, using: &random) : .random(in: least...0xFF, using: &random)
    }
  }

  private func arbitraryBody(_ random: inout Seeded) -> [UInt8] {
    if Bool.random(using: &random) { return bytes("\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx") }
    let count = [0, 1, 9, 10, 1000, 10_000].randomElement(using: &random) ?? 0
    return [UInt8](repeating: UInt8.random(in: 0...0xFF, using: &random), count: count)
  }

  /// Reads one response off the front of `rest`.
  private func expect(_ one: Rendered, at rest: inout ArraySlice<UInt8>) throws {
    let empty = bytes("\r\n\r\n")
    let start = try #require(rest.indices.first { rest[$0...].starts(with: empty) })
    let head = try ResponseHead(rest[..<(start + 4)], toHEAD: one.toHEAD)
    #expect(head.status == Int(one.response.status.code))
    var own: [(name: String, value: [UInt8])] = []
    var framing: [String: String] = [:]
    for field in head.fields {
      switch field.name.text {
      case "Date", "X-Served-By", "X-Request-Id", "Connection", "Content-Length":
        framing[field.name.text] = field.value.text
      default: own.append((field.name.text, Array(field.value)))
      }
    }
    #expect(own.elementsEqual(one.fields, by: ==))
    #expect(framing["Date"]?.utf8.count == 29 && framing["X-Served-By"] == "me")
    #expect(framing["X-Request-Id"] == text(one.requestID.bytes))
    switch one.persistence {
    case .implied: #expect(framing["Connection"] == nil)
    case .keepAlive: #expect(framing["Connection"] == "keep-alive")
    case .close: #expect(framing["Connection"] == "close")
    }
    let code = one.response.status.code
    let hasBody = code >= 200 && code != 204 && code != 304
    #expect(framing["Content-Length"] == (hasBody ? "\(one.response.body.count)" : nil))
    rest = rest[(start + 4)...]
    #expect(rest.prefix(head.bodyLength).elementsEqual(hasBody && !one.toHEAD ? one.response.body : []))
    rest = rest.dropFirst(head.bodyLength)
  }
}
