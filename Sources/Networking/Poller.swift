internal import CLinux
internal import Glibc

/// One epoll instance, epoll(7), level-triggered.
@safe
package struct Poller: ~Copyable {
  /// What a descriptor is watched for.
  package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let read = Interest(rawValue: EPOLLIN.rawValue)
    package static let write = Interest(rawValue: EPOLLOUT.rawValue)
  }

  /// What happened on a descriptor, with the token that it was added with.
  package struct Event: Sendable {
    package let token: UInt64
    fileprivate let flags: UInt32
    /// An error and a hang-up count as readable: the next read tells which.
    package var isReadable: Bool { flags & (EPOLLIN.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 }
    package var isWritable: Bool { flags & EPOLLOUT.rawValue != 0 }
    /// Both directions are over: EPOLLHUP, EPOLLERR.
    package var isHangUp: Bool { flags & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 }
  }

  /// At most so many events come of one wait.
  package static let batch = 256

  package let descriptor: Int32
  private let events: UnsafeMutablePointer<epoll_event>

  package init() throws(Errno) {
    descriptor = clinux_epoll_create()
    unsafe events = .allocate(capacity: Self.batch)
    guard descriptor >= 0 else { throw Errno("epoll_create1") }
  }

  deinit {
    _ = close(descriptor)
    unsafe events.deallocate()
  }

  package func add(_ descriptor: Int32, _ interest: Interest, token: UInt64) throws(Errno) {
    try control(EPOLL_CTL_ADD, descriptor, interest, token)
  }

  package func change(_ descriptor: Int32, _ interest: Interest, token: UInt64) throws(Errno) {
    try control(EPOLL_CTL_MOD, descriptor, interest, token)
  }

  package func remove(_ descriptor: Int32) {
    _ = clinux_epoll_control(self.descriptor, EPOLL_CTL_DEL, descriptor, 0, 0)
  }

  /// epoll_wait(2): the number of events, read by `event(_:)`; 0 after `milliseconds` without any (-1: never), and
  /// when a signal interrupted.
  package func wait(milliseconds: Int32) -> Int {
    let count = unsafe clinux_epoll_wait(descriptor, events, Int32(Self.batch), milliseconds)
    return max(Int(count), 0)
  }

  /// The event at `index` of the last wait.
  package func event(_ index: Int) -> Event {
    precondition(index < Self.batch)
    return unsafe Event(
      token: clinux_event_token(events, Int32(index)), flags: clinux_event_flags(events, Int32(index)))
  }

  private func control(_ operation: Int32, _ descriptor: Int32, _ interest: Interest, _ token: UInt64) throws(Errno) {
    guard clinux_epoll_control(self.descriptor, operation, descriptor, interest.rawValue, token) == 0 else {
      throw Errno("epoll_ctl")
    }
  }
}
