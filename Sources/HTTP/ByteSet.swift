/// A set of ASCII bytes as a mask of 128 bits: a look-up is a shift and a test, without memory access.
///
/// The tests spell the members out and try every byte.
struct ByteSet {
  /// Bit n: is byte n in the set?
  let low: UInt64
  /// Bit n: is byte 64 + n in the set?
  let high: UInt64

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    let word = byte < 64 ? low : high
    return byte < 128 && word &>> UInt64(byte) & 1 != 0
  }

  // Computed, so that the masks become immediate operands where they are used.

  /// tchar, RFC 9110 §5.6.2.
  static var token: ByteSet { ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE) }
  /// What any form of request target may contain: unreserved, reserved without "#", and "%" (RFC 3986 §2).
  static var target: ByteSet { ByteSet(low: 0xAFFF_FFF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFF) }
  /// pchar and "/", "%" included (RFC 3986 §3.3).
  static var path: ByteSet { ByteSet(low: 0x2FFF_FFF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF) }
  /// `path` without "%" and ".": such bytes need neither decoding nor a look for "..".
  static var plainPath: ByteSet { ByteSet(low: 0x2FFF_BFD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF) }
  /// pchar, "/" and "?" without "%" (RFC 3986 §3.4).
  static var plainQuery: ByteSet { ByteSet(low: 0xAFFF_FFD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF) }
  /// unreserved without "." and sub-delims, of which a label of a reg-name consists besides "%HH" (RFC 3986 §3.2.2).
  static var plainLabel: ByteSet { ByteSet(low: 0x2BFF_3FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }
  /// HEXDIG in either case.
  static var hexDigit: ByteSet { ByteSet(low: 0x03FF_0000_0000_0000, high: 0x0000_007E_0000_007E) }
  /// DIGIT.
  static var digit: ByteSet { ByteSet(low: 0x03FF_0000_0000_0000, high: 0) }
}

extension UInt8 {
  static var tab: UInt8 { 0x09 }
  static var lineFeed: UInt8 { 0x0A }
  static var carriageReturn: UInt8 { 0x0D }
  static var space: UInt8 { 0x20 }

  /// SP or HTAB: the optional whitespace of RFC 9110 §5.6.3.
  @inline(__always)
  var isWhitespace: Bool { self == .space || self == .tab }

  /// 00–1F or 7F.
  @inline(__always)
  var isControl: Bool { self < 0x20 || self == 0x7F }

  /// May this stand in a field value? HTAB, SP, VCHAR and obs-text (RFC 9110 §5.5); no other control.
  @inline(__always)
  var isFieldContent: Bool { !isControl || self == .tab }

  /// The letter in lower case; other bytes unchanged.
  @inline(__always)
  var lowercased: UInt8 { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self ? self | 0x20 : self }

  /// The value of a hexadecimal digit, nil for other bytes.
  var hexValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self &- UInt8(ascii: "A") &+ 10
    default: nil
    }
  }
}
