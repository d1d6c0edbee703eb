package import HTTP

/// What must hold for every path that a handler is given, checked without the parser's own code.
package func holdPathPolicy(_ request: borrowing Request) {
  let path = Array(request.path)
  switch request.target.form {
  case .asterisk: return hold(path == [UInt8(ascii: "*")], "the asterisk form's path is *")
  case .authority: return hold(path == Array(request.rawPath), "the authority form's path is as it was sent")
  case .origin, .absolute: break
  }
  hold(path.first == UInt8(ascii: "/"), "a path begins with a slash")
  hold(!path.contains { $0 < 0x20 || $0 == 0x7F }, "a path has no control character")
  for reading in [path, unescaped(path)] {
    for segment in reading.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      hold(!segment.elementsEqual("..".utf8), "a path has no .. segment, decoded once more or not")
    }
  }
}

/// `%HH` decoded, whatever it stands for; a malformed escape stays.
package func unescaped(_ bytes: some Collection<UInt8>) -> [UInt8] {
  var rest = Array(bytes)[...]
  var decoded: [UInt8] = []
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "%"), rest.count >= 2, let value = UInt8(hex: rest.prefix(2)) {
      decoded.append(value)
      rest.removeFirst(2)
    } else {
      decoded.append(byte)
    }
  }
  return decoded
}

extension UInt8 {
  fileprivate init?(hex digits: ArraySlice<UInt8>) {
    var value: UInt8 = 0
    for digit in digits {
      guard let place = "0123456789abcdef".utf8.enumerated().first(where: { $0.element == digit | 0x20 })?.offset,
        digit >= 0x30
      else { return nil }
      value = value << 4 | UInt8(place)
    }
    self = value
  }
}
