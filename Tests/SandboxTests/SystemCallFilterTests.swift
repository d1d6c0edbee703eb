import CLinux
import FoundationEssentials
import Glibc
import Sandbox
import Testing

@Suite struct SystemCallFilterTests {
  private static let denial = SECCOMP_RET_ERRNO | UInt32(EPERM)

  @Test(arguments: Architecture.allCases)
  func eachDeniedCallFailsWithEPERM(architecture: Architecture) throws {
    let program = SystemCallFilter.program(for: architecture)
    for call in DeniedCall.table {
      guard let number = call.number(on: architecture) else { continue }
      #expect(try answer(of: program, architecture.audit, number) == Self.denial, "\(call.name)")
    }
  }

  /// Every number that is not in the table, up to some that no kernel has yet.
  @Test(arguments: Architecture.allCases)
  func allElseIsAllowed(architecture: Architecture) throws {
    let program = SystemCallFilter.program(for: architecture)
    let denied = Set(DeniedCall.numbers(on: architecture))
    for number in UInt32(0)..<512 where !denied.contains(number) {
      #expect(try answer(of: program, architecture.audit, number) == SECCOMP_RET_ALLOW, "\(number)")
    }
  }

  /// The same number is another call there: 11 is execve on i386 and munmap on x86-64.
  @Test(arguments: Architecture.allCases)
  func theNumbersOfAnotherArchitectureAreDenied(architecture: Architecture) throws {
    let program = SystemCallFilter.program(for: architecture)
    let (i386, arm): (UInt32, UInt32) = (0x4000_0003, 0x4000_0028)
    for other in Architecture.allCases.map(\.audit) + [i386, arm, 0] where other != architecture.audit {
      for number in UInt32(0)..<512 {
        #expect(try answer(of: program, other, number) == Self.denial, "\(number) of \(other)")
      }
    }
  }

  @Test func theNumbersOfX32AreDenied() throws {
    let program = SystemCallFilter.program(for: .x64)
    // read, execve, and execve where it stands for x32 alone.
    for number: UInt32 in [0x4000_0000, 0x4000_003B, 0x4000_0208, 520, 547, .max] {
      #expect(try answer(of: program, Architecture.x64.audit, number) == Self.denial, "\(number)")
    }
  }

  /// Without it Linux cannot know beforehand what is always allowed, and runs the filter at every call: its
  /// seccomp_is_const_allow understands these instructions and no others.
  @Test(arguments: Architecture.allCases)
  func itLooksAtNothingButArchitectureAndNumber(architecture: Architecture) {
    for step in SystemCallFilter.program(for: architecture) {
      switch Int32(step.code) {
      case BPF_LD | BPF_W | BPF_ABS: #expect(step.k == 0 || step.k == 4)
      case BPF_JMP | BPF_JEQ | BPF_K, BPF_JMP | BPF_JGE | BPF_K, BPF_RET | BPF_K: break
      default: Issue.record("instruction \(step.code)")
      }
    }
  }

  private static let headers: [(Architecture, String)] = [
    (.x64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), (.arm64, "/usr/include/asm-generic/unistd.h"),
  ].filter { FileManager.default.fileExists(atPath: $0.1) }

  @Test(.enabled(if: !headers.isEmpty, "skipped: no kernel headers"), arguments: headers)
  func theNumbersAreTheKernelHeaders(architecture: Architecture, header: String) throws {
    let lines = try String(contentsOfFile: header, encoding: .utf8).split(separator: "\n")
    let numbers = Dictionary(
      lines.compactMap { line -> (Substring, UInt32)? in
        let words = line.split(separator: " ").flatMap { $0.split(separator: "\t") }
        guard words.count == 3, words[0] == "#define", words[1].hasPrefix("__NR"), let number = UInt32(words[2])
        else { return nil }
        return (words[1].drop { $0 != "_" }.dropFirst(2).drop { $0 != "_" }.dropFirst(), number)
      }, uniquingKeysWith: { first, _ in first })
    try #require(numbers["execve"] != nil)
    for call in DeniedCall.table {
      // The headers may be older than the call, and numbers from 424 on are the same everywhere.
      guard let number = numbers[call.name[...]] else { continue }
      #expect(call.number(on: architecture) == number, "\(call.name)")
    }
    #expect(DeniedCall.table.count { numbers[$0.name[...]] != nil } > 45)
  }
}

private struct BadProgram: Error {}

/// What a classic BPF program, bpf(4), says to `struct seccomp_data`.
private func answer(of program: [sock_filter], _ architecture: UInt32, _ number: UInt32) throws -> UInt32 {
  var accumulator: UInt32 = 0
  var index = 0
  while program.indices.contains(index) {
    let step = program[index]
    index += 1
    func jump(_ isTaken: Bool) { index += Int(isTaken ? step.jt : step.jf) }
    switch (Int32(step.code), step.k) {
    case (BPF_LD | BPF_W | BPF_ABS, 0): accumulator = number
    case (BPF_LD | BPF_W | BPF_ABS, 4): accumulator = architecture
    case (BPF_JMP | BPF_JEQ | BPF_K, _): jump(accumulator == step.k)
    case (BPF_JMP | BPF_JGE | BPF_K, _): jump(accumulator >= step.k)
    case (BPF_RET | BPF_K, _): return step.k
    default: throw BadProgram()
    }
  }
  throw BadProgram()
}
