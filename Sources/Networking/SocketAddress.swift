internal import CLinux
internal import Glibc

/// An IPv4 or IPv6 address and port: sockaddr_in, sockaddr_in6. 18 bytes; an IPv4 address is held IPv4-mapped
/// (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), as a dual-stack listener reports it.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
  /// The address in network order, IPv4 mapped.
  package let address: IPAddress
  package let port: UInt16

  package init(_ address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// Nil for a family other than AF_INET and AF_INET6.
  init?(_ storage: sockaddr_storage) {
    var storage = storage
    switch Int32(storage.ss_family) {
    case AF_INET:
      let v4 = unsafe withUnsafePointer(to: &storage) {
        unsafe $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { unsafe $0.pointee }
      }
      self.init(IPAddress(v4: UInt32(bigEndian: v4.sin_addr.s_addr)), port: UInt16(bigEndian: v4.sin_port))
    case AF_INET6:
      let v6 = unsafe withUnsafePointer(to: &storage) {
        unsafe $0.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { unsafe $0.pointee }
      }
      var address = v6.sin6_addr
      let halves = unsafe withUnsafeBytes(of: &address) {
        unsafe (
          UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
          UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
      }
      self.init(IPAddress(high: halves.0, low: halves.1), port: UInt16(bigEndian: v6.sin6_port))
    default:
      return nil
    }
  }

  /// `127.0.0.1:8080` or `[::1]:8080`.
  package var description: String {
    address.isV4 ? "\(address):\(port)" : "[\(address)]:\(port)"
  }

  /// What getaddrinfo(3) knows of a name or a literal, in its order; it may ask a name server, so never on a loop.
  package static func resolve(_ host: String, port: UInt16) throws(ResolutionError) -> [SocketAddress] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(host, nil, &hints, &first)
    guard status == 0 else {
      throw ResolutionError(host: host, reason: unsafe String(cString: gai_strerror(status)))
    }
    defer { unsafe freeaddrinfo(first) }
    var addresses: [SocketAddress] = []
    var entry = unsafe first
    while let current = unsafe entry {
      var storage = sockaddr_storage()
      unsafe memcpy(&storage, current.pointee.ai_addr, Int(current.pointee.ai_addrlen))
      if let found = SocketAddress(storage) {
        addresses.append(SocketAddress(found.address, port: port))
      }
      unsafe entry = current.pointee.ai_next
    }
    return addresses
  }

  /// Calls `body` with the sockaddr that `family` takes and its size.
  func withSockaddr<Result>(
    family: Int32, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    if family == AF_INET {
      var v4 = sockaddr_in()
      v4.sin_family = sa_family_t(AF_INET)
      v4.sin_port = port.bigEndian
      v4.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
      return unsafe withUnsafePointer(to: &v4) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    var v6 = sockaddr_in6()
    v6.sin6_family = sa_family_t(AF_INET6)
    v6.sin6_port = port.bigEndian
    unsafe withUnsafeMutableBytes(of: &v6.sin6_addr) {
      unsafe $0.storeBytes(of: address.high.bigEndian, as: UInt64.self)
      unsafe $0.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    return unsafe withUnsafePointer(to: &v6) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
  }
}

/// A name that getaddrinfo(3) does not know, with its reason.
package struct ResolutionError: Error, CustomStringConvertible {
  package let host: String
  package let reason: String
  package var description: String { "\(host): \(reason)" }
}
