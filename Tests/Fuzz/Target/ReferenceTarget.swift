import FuzzSupport
import Glibc

/// The origin form by RFC 3986 §3.3 and §3.4 and by our policy, written without a look at the parser; nil for what is to
/// be refused.
struct ReferenceTarget {
  let path: [UInt8]
  let query: [UInt8]?

  init?(_ target: [UInt8]) {
    let mark = target.firstIndex(of: UInt8(ascii: "?"))
    let rawPath = target[..<(mark ?? target.endIndex)]
    query = mark.map { Array(target[($0 + 1)...]) }
    // `GET `, ` HTTP/1.1`: the whole line is within 8192 bytes.
    guard target.count + 13 <= 8192, let decoded = Self.pieces(rawPath, others: "/"),
      let queryPieces = Self.pieces(query?[...] ?? [], others: "/?")
    else { return nil }
    // An escaped slash or percent sign stays escaped, so that the decoded path says which it was.
    path = decoded.flatMap { ["%2F", "%2f", "%25"].contains($0.text) ? Array($0.text.utf8) : [$0.byte] }
    let isControlled = decoded.contains { $0.byte < 0x20 || $0.byte == 0x7F }
    let segments = decoded.map(\.byte).split(separator: UInt8(ascii: "/"))
    guard !isControlled, !segments.contains([0x2E, 0x2E]),
      !queryPieces.contains(where: { $0.byte == 0 })
    else { return nil }
  }

  /// The characters and escapes of a part; nil when one is not allowed there.
  private static func pieces(_ part: ArraySlice<UInt8>, others: String) -> [(text: String, byte: UInt8)]? {
    let allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@" + others
    var pieces: [(String, UInt8)] = []
    var rest = part
    while let byte = rest.first {
      let isEscape = byte == UInt8(ascii: "%")
      let text = String(decoding: rest.prefix(isEscape ? 3 : 1), as: UTF8.self)
      if isEscape {
        let decoded = unescaped(rest.prefix(3))
        guard rest.count >= 3, decoded.count == 1 else { return nil }
        pieces.append((text, decoded[0]))
      } else {
        guard allowed.utf8.contains(byte) else { return nil }
        pieces.append((text, byte))
      }
      rest = rest.dropFirst(isEscape ? 3 : 1)
    }
    return pieces
  }
}

/// inet_pton(3) of AF_INET6.
func isIPv6Address(_ text: [UInt8]) -> Bool {
  guard !text.contains(0) else { return false }
  var address = in6_addr()
  return unsafe inet_pton(AF_INET6, String(decoding: text, as: UTF8.self), &address) == 1
}
