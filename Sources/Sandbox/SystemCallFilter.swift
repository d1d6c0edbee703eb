package import CLinux
internal import Glibc

/// Gives up the system calls that no service needs: seccomp(2).
package enum SystemCallFilter {
  /// From now on `DeniedCall.table` fails with EPERM on every thread of the process, and so does every call by the
  /// numbers of another architecture. It cannot be undone.
  package static func install() -> Protection {
    guard let architecture = Architecture.current else { return .unavailable("not on this architecture") }
    let program = program(for: architecture)
    guard clinux_no_new_privileges() == 0 else { return .failed }
    let thread = unsafe program.withUnsafeBufferPointer { unsafe clinux_seccomp($0.baseAddress, UInt16($0.count)) }
    guard thread >= 0 else { return .failed }
    guard thread == 0 else { return .unavailable("thread \(thread) has a filter of its own") }
    return .on("denies \(DeniedCall.numbers(on: architecture).count) calls")
  }

  /// Classic BPF over `struct seccomp_data`. It looks at architecture and number alone: then Linux since 5.11 works out
  /// once which numbers are always allowed, and does not run it for them. For older ones a request's own calls come
  /// first.
  package static func program(for architecture: Architecture) -> [sock_filter] {
    var tests: [Test] = architecture.requestCalls.map { Test(BPF_JEQ, $0, isDenied: false) }
    // There are the x32 ABI's numbers for the same calls, at 512 and behind bit 30; x86-64's own end below.
    if architecture == .x64 { tests.append(Test(BPF_JGE, 512, isDenied: true)) }
    tests += DeniedCall.numbers(on: architecture).map { Test(BPF_JEQ, $0, isDenied: true) }

    // Both ways lead to the end: first allow, then deny.
    var program = [
      load(offset: 4),
      sock_filter(code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jt: 0, jf: UInt8(tests.count + 2), k: architecture.audit),
      load(offset: 0),
    ]
    for (index, test) in tests.enumerated() {
      let toAllow = tests.count - index - 1
      program.append(
        sock_filter(
          code: UInt16(BPF_JMP | test.comparison | BPF_K), jt: UInt8(test.isDenied ? toAllow + 1 : toAllow), jf: 0,
          k: test.number))
    }
    program.append(answer(SECCOMP_RET_ALLOW))
    program.append(answer(SECCOMP_RET_ERRNO | UInt32(EPERM)))
    return program
  }

  private struct Test {
    let comparison: Int32
    let number: UInt32
    let isDenied: Bool

    init(_ comparison: Int32, _ number: UInt32, isDenied: Bool) {
      self.comparison = comparison
      self.number = number
      self.isDenied = isDenied
    }
  }

  /// The word at this offset of `struct seccomp_data`: the number stands at 0, the architecture at 4.
  private static func load(offset: UInt32) -> sock_filter {
    sock_filter(code: UInt16(BPF_LD | BPF_W | BPF_ABS), jt: 0, jf: 0, k: offset)
  }

  private static func answer(_ value: UInt32) -> sock_filter {
    sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: value)
  }
}

/// Whose numbers of system calls are known here.
package enum Architecture: CaseIterable, Sendable {
  case x64, arm64

  /// Nil on any other.
  package static var current: Architecture? {
    #if arch(x86_64)
      .x64
    #elseif arch(arm64)
      .arm64
    #else
      nil
    #endif
  }

  /// AUDIT_ARCH_…: what the kernel calls it in `seccomp_data.arch`.
  package var audit: UInt32 {
    switch self {
    case .x64: 0xC000_003E
    case .arm64: 0xC000_00B7
    }
  }

  /// epoll_wait (aarch64: epoll_pwait), recvfrom, sendto, accept4, close.
  fileprivate var requestCalls: [UInt32] {
    switch self {
    case .x64: [232, 45, 44, 288, 3]
    case .arm64: [22, 207, 206, 242, 57]
    }
  }
}
