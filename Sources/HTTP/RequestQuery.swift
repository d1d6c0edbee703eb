extension Request {
  /// Is there an item of this name, with or without a value? (`verbose`, `verbose=1`, `a=b&verbose`)
  package func hasQueryItem(_ name: StaticString) -> Bool {
    queryItems.contains { $0.name.elementsEqual(name.description.utf8) }
  }

  /// All items in their order, decoded as a form's, with names and values that are whatever bytes they are. Empty items
  /// (`a&&b`) are none.
  package var queryItems: [(name: [UInt8], value: [UInt8])] {
    guard let query else { return [] }
    return query.split(separator: UInt8(ascii: "&")).map { item in
      let nameEnd = item.firstIndex(of: UInt8(ascii: "=")) ?? item.endIndex
      return (item[..<nameEnd].formDecoded, item[nameEnd...].dropFirst().formDecoded)
    }
  }
}

extension ArraySlice<UInt8> {
  /// Decoded as application/x-www-form-urlencoded. The parser has refused malformed escapes.
  fileprivate var formDecoded: [UInt8] {
    var decoded: [UInt8] = []
    var rest = self
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): decoded.append(.space)
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst()?.hexValue, let low = rest.popFirst()?.hexValue else { return decoded }
        decoded.append(high << 4 | low)
      default: decoded.append(byte)
      }
    }
    return decoded
  }
}
