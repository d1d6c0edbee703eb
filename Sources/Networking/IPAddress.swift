internal import Glibc

/// An IPv6 address, or an IPv4 one mapped into `::ffff:0:0/96`.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  package init(v4: UInt32) {
    self.init(high: 0, low: 0xffff_0000_0000 | UInt64(v4))
  }

  /// Reads a literal as inet_pton(3) does: `127.0.0.1`, `::1`; nil for anything else, names included.
  package init?(_ literal: String) {
    var v4 = in_addr()
    var v6 = in6_addr()
    if unsafe inet_pton(AF_INET, literal, &v4) == 1 {
      self.init(v4: UInt32(bigEndian: v4.s_addr))
    } else if unsafe inet_pton(AF_INET6, literal, &v6) == 1 {
      let halves = unsafe withUnsafeBytes(of: &v6) {
        unsafe (
          UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
          UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
      }
      self.init(high: halves.0, low: halves.1)
    } else {
      return nil
    }
  }

  package static let anyV6 = IPAddress(high: 0, low: 0)
  package static let anyV4 = IPAddress(v4: 0)

  package var isV4: Bool { high == 0 && low >> 32 == 0xffff }

  /// The four numbers of an IPv4 address; nil for IPv6.
  package var v4: (UInt8, UInt8, UInt8, UInt8)? {
    guard isV4 else { return nil }
    return (
      UInt8(truncatingIfNeeded: low >> 24), UInt8(truncatingIfNeeded: low >> 16), UInt8(truncatingIfNeeded: low >> 8),
      UInt8(truncatingIfNeeded: low)
    )
  }

  /// The shortest text form, RFC 5952; a mapped address as plain IPv4.
  package var description: String {
    if let (a, b, c, d) = v4 { return "\(a).\(b).\(c).\(d)" }
    var address = in6_addr()
    unsafe withUnsafeMutableBytes(of: &address) {
      unsafe $0.storeBytes(of: high.bigEndian, as: UInt64.self)
      unsafe $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    return unsafe String(unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) {
        guard let start = $0.baseAddress, unsafe inet_ntop(AF_INET6, &address, start, socklen_t($0.count)) != nil
        else { return 0 }
        return unsafe strlen(start)
      }
    }
  }
}

/// An address prefix in CIDR notation, RFC 4632: `10.0.0.0/8`, `fd00::/8`, or one address.
package struct IPNetwork: Sendable, Hashable {
  package let address: IPAddress
  /// Of 128 bits; an IPv4 prefix counts 96 more.
  package let prefixLength: Int

  /// Nil when `text` is not CIDR notation or a single address.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first.flatMap({ IPAddress(String($0)) }) else { return nil }
    let longest = address.isV4 ? 32 : 128
    var length = longest
    if parts.count == 2 {
      guard parts[1].allSatisfy({ $0.isASCII && $0.isNumber }), let given = Int(parts[1]), given <= longest
      else { return nil }
      length = given
    }
    self.address = address
    self.prefixLength = length + (128 - longest)
  }

  package func contains(_ other: IPAddress) -> Bool {
    let highBits = min(prefixLength, 64)
    let lowBits = prefixLength - highBits
    return (address.high ^ other.high) & Self.mask(highBits) == 0 && (address.low ^ other.low) & Self.mask(lowBits) == 0
  }

  private static func mask(_ bits: Int) -> UInt64 {
    bits == 0 ? 0 : ~0 << UInt64(64 - bits)
  }
}
