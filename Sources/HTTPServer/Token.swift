/// What epoll hands back with an event: one of a few numbers, or the address of a connection. An address is found
/// without a look-up; it is good because the loop keeps every registered connection, and each closed one until the
/// batch is over.
enum Token {
  static let doorbell: UInt64 = 0
  static let timer: UInt64 = 1
  private static let firstListener: UInt64 = 2
  /// Every address is at least this: page 0 is never mapped.
  static let connections: UInt64 = 4096

  static func listener(_ index: Int) -> UInt64 { firstListener + UInt64(index) }
  static func listenerIndex(_ token: UInt64) -> Int { Int(token - firstListener) }

  static func of(_ connection: Connection) -> UInt64 {
    UInt64(UInt(bitPattern: unsafe Unmanaged.passUnretained(connection).toOpaque()))
  }

  /// Hands the connection of `token` to `body`, without counting a reference to it.
  static func withConnection(_ token: UInt64, _ body: (Connection) -> Void) {
    guard let address = unsafe UnsafeRawPointer(bitPattern: UInt(token)) else { preconditionFailure() }
    unsafe Unmanaged<Connection>.fromOpaque(address)._withUnsafeGuaranteedRef { body($0) }
  }
}
