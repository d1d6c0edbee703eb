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

  /// Classic BPF over `struct seccomp_data`. It looks at architecture and number alone: Linux since 5.11 then works out
  /// once which numbers are always allowed, and does not run it for them. So the order of its tests costs nothing.
  package static func program(for architecture: Architecture) -> [sock_filter] {
    var denied = DeniedCall.numbers(on: architecture).map { (comparison: BPF_JEQ, number: $0) }
    // There are the x32 ABI's numbers for the same calls, at 512 and behind bit 30; x86-64's own end below.
    if architecture == .x64 { denied.append((BPF_JGE, 512)) }
    let toDenial = denied.count + 1
    let architectureTest = [
      load(offset: 4), jump(BPF_JEQ, architecture.audit, then: 0, otherwise: toDenial + 1), load(offset: 0),
    ]
    let numberTests = denied.enumerated().map { index, test in
      jump(test.comparison, test.number, then: toDenial - index - 1, otherwise: 0)
    }
    return architectureTest + numberTests + [answer(SECCOMP_RET_ALLOW), answer(SECCOMP_RET_ERRNO | UInt32(EPERM))]
  }

  /// The word at this offset of `struct seccomp_data`: the number stands at 0, the architecture at 4.
  private static func load(offset: UInt32) -> sock_filter {
    sock_filter(code: UInt16(BPF_LD | BPF_W | BPF_ABS), jt: 0, jf: 0, k: offset)
  }

  /// How many instructions to leave out, at most 255, by how the word loaded compares with `value`.
  private static func jump(_ comparison: Int32, _ value: UInt32, then: Int, otherwise: Int) -> sock_filter {
    sock_filter(code: UInt16(BPF_JMP | comparison | BPF_K), jt: UInt8(then), jf: UInt8(otherwise), k: value)
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
}
