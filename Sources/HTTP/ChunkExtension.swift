/// Where in a chunk's extensions a byte stands: `*( BWS ";" BWS name [ BWS "=" BWS value ] )` (RFC 9112 §7.1.1).
///
/// Checked to the letter although all of them are ignored: here bare CRs and LFs have hidden requests.
enum ChunkExtension: Sendable {
  /// Behind white space that only another ";" can follow: what ends in it is refused.
  case gap
  /// Behind ";".
  case start
  case name
  /// Behind white space after a name.
  case nameGap
  /// Behind "=".
  case valueStart
  case token
  case quoted
  /// Behind a backslash within quotes.
  case quotedPair
  /// Behind the closing quote.
  case quotedEnd

  /// May the line end here?
  var mayEnd: Bool {
    switch self {
    case .name, .token, .quotedEnd: true
    case .gap, .start, .nameGap, .valueStart, .quoted, .quotedPair: false
    }
  }

  /// The state behind `byte`; nil when it is not allowed here.
  func next(_ byte: UInt8) -> ChunkExtension? {
    switch self {
    case .gap, .quotedEnd:
      switch byte {
      case UInt8(ascii: ";"): .start
      case .space, .tab: .gap
      default: nil
      }
    case .start:
      ByteSet.token.contains(byte) ? .name : byte.isWhitespace ? .start : nil
    case .name:
      ByteSet.token.contains(byte) ? .name : afterName(byte)
    case .nameGap:
      afterName(byte)
    case .valueStart:
      switch byte {
      case UInt8(ascii: "\""): .quoted
      case .space, .tab: .valueStart
      default: ByteSet.token.contains(byte) ? .token : nil
      }
    case .token:
      ByteSet.token.contains(byte) ? .token : ChunkExtension.gap.next(byte)
    case .quoted:
      switch byte {
      case UInt8(ascii: "\""): .quotedEnd
      case UInt8(ascii: "\\"): .quotedPair
      default: byte.isFieldContent ? .quoted : nil
      }
    case .quotedPair:
      byte.isFieldContent ? .quoted : nil
    }
  }

  private func afterName(_ byte: UInt8) -> ChunkExtension? {
    switch byte {
    case UInt8(ascii: "="): .valueStart
    case UInt8(ascii: ";"): .start
    case .space, .tab: .nameGap
    default: nil
    }
  }
}
