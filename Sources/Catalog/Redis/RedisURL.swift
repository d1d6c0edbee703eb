#if Redis

/// Where a Redis is: `redis://[[user]:password@]host[:port][/db]`, or `rediss://…` over TLS. It may hold a password, so
/// nothing of it is ever told.
package struct RedisURL: Sendable, Equatable {
  package let isSecure: Bool
  /// Empty: the default user, with whom a password alone is enough.
  package let user: String
  package let password: String?
  /// Without brackets.
  package let host: String
  package let port: UInt16
  package let database: Int

  /// Nil for anything else. User and password may be percent-encoded, RFC 3986 §2.1.
  package init?(_ text: String) {
    var rest: Substring
    if text.hasPrefix("redis://") {
      (isSecure, rest) = (false, text.dropFirst(8))
    } else if text.hasPrefix("rediss://") {
      (isSecure, rest) = (true, text.dropFirst(9))
    } else {
      return nil
    }
    if let slash = rest.lastIndex(of: "/"), !rest[slash...].contains("@") {
      let path = rest[slash...].dropFirst()
      guard path.isEmpty || path.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = path.isEmpty ? 0 : Int(path), !rest[..<slash].contains("/")
      else { return nil }
      (database, rest) = (number, rest[..<slash])
    } else {
      database = 0
    }
    if let at = rest.lastIndex(of: "@") {
      let credentials = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard credentials.count == 2, let user = Self.decoded(credentials[0]), let password = Self.decoded(credentials[1])
      else { return nil }
      (self.user, self.password, rest) = (user, password, rest[rest.index(after: at)...])
    } else {
      (user, password) = ("", nil)
    }
    var portText: Substring?
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
      host = String(rest[..<end].dropFirst())
      let tail = rest[end...].dropFirst()
      guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
      portText = tail.isEmpty ? nil : tail.dropFirst()
    } else {
      let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2 else { return nil }
      host = String(parts[0])
      portText = parts.count == 2 ? parts[1] : nil
    }
    guard !host.isEmpty, let port = portText.map({ UInt16($0) }) ?? 6379, port > 0 else { return nil }
    self.port = port
  }

  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

#endif
