/// A whole HTTP answer, as far as the benchmark looks at one.
struct Answer {
  let bytes: [UInt8]
  let status: Int
  let fields: [(name: String, value: String)]
  let body: [UInt8]

  /// The first answer in the bytes; nil while it is not whole. One without a Content-Length has no body.
  init?(_ received: [UInt8]) {
    guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    // "\r\n" is one Character of Swift.
    let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    fields = lines.dropFirst().compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
    }
    status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    let length = fields.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
    guard received.count >= end.upperBound + length else { return nil }
    bytes = Array(received[..<(end.upperBound + length)])
    body = Array(received[end.upperBound..<(end.upperBound + length)])
  }

  func value(of name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// The body with each number shown as one digit: an uptime changes from answer to answer.
  var shape: String {
    var shape = ""
    for character in String(decoding: body, as: UTF8.self) {
      let numeric = character.isNumber || character == "."
      if !numeric { shape.append(character) } else if shape.last != "0" { shape.append("0") }
    }
    return shape
  }
}
