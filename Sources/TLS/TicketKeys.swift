internal import COpenSSL
internal import Networking
internal import Synchronization

/// The keys that session tickets are sealed with, RFC 8446 §4.6.1: they never leave the process, and change by
/// themselves, so that who takes them later cannot read what was said long before.
///
/// A certificate that is exchanged leaves them as they are: clients go on with the sessions that they have.
package final class TicketKeys: Sendable {
  let lifetime: Int64
  private let ring: Mutex<Ring>

  /// - Parameter lifetime: nanoseconds that a key seals new tickets; for as long again it opens them.
  package init(lifetime: Int64) {
    precondition(OpenSSL.isReady)
    self.lifetime = lifetime
    ring = Mutex(Ring(at: Clock.monotonic, make: Self.random))
  }

  /// The key for new tickets.
  func newest() -> [UInt8] {
    ring.withLock { $0.newest(at: Clock.monotonic, lifetime: lifetime, make: Self.random) }
  }

  /// The key with this name, and whether a new ticket is due; nil when it is too old, or was never here.
  func key(named name: UnsafeRawBufferPointer) -> (key: [UInt8], isOld: Bool)? {
    let name = unsafe Array(name)
    return ring.withLock { $0.key(named: name, at: Clock.monotonic, lifetime: lifetime, make: Self.random) }
  }

  private static func random() -> [UInt8] {
    var key = [UInt8](repeating: 0, count: Ring.keySize)
    let status = unsafe RAND_bytes(&key, Int32(key.count))
    precondition(status == 1, "RAND_bytes(3) has no randomness")
    return key
  }

  /// The newest key and the one before it.
  struct Ring {
    /// A name of 16 bytes, 32 of AES, 32 of HMAC.
    static let keySize = 80
    static let nameSize = 16

    private var current: [UInt8]
    private var previous: [UInt8]?
    private var began: Int64

    init(at now: Int64, make: () -> [UInt8]) {
      current = make()
      began = now
    }

    mutating func newest(at now: Int64, lifetime: Int64, make: () -> [UInt8]) -> [UInt8] {
      turn(to: now, lifetime, make)
      return current
    }

    mutating func key(
      named name: [UInt8], at now: Int64, lifetime: Int64, make: () -> [UInt8]
    ) -> (key: [UInt8], isOld: Bool)? {
      turn(to: now, lifetime, make)
      if current.starts(with: name) { return (current, false) }
      if let previous, previous.starts(with: name) { return (previous, true) }
      return nil
    }

    private mutating func turn(to now: Int64, _ lifetime: Int64, _ make: () -> [UInt8]) {
      let age = now - began
      guard age >= lifetime else { return }
      previous = age < 2 * lifetime ? current : nil
      current = make()
      began = now
    }
  }
}
