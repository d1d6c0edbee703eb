internal import CLinux
internal import Dispatch
internal import Glibc
internal import HTTPServer
internal import Synchronization

/// Does to the process what a fault says, on threads of its own, and undoes it when the fault is over.
final class ProcessFaultEffects: Sendable {
  /// Between two looks at whether the fault is over, microseconds.
  private static let step: UInt32 = 10_000
  /// Before an end that the client who asked for it is to be told of, microseconds.
  private static let farewell: UInt32 = 200_000
  private static let mebibyte = 1 << 20

  private let log: Log
  /// The one whose loops get stuck, when it is there.
  private let servers = Mutex<[Server]>([])

  init(log: Log) {
    self.log = log
  }

  func attach(to server: Server) {
    servers.withLock { $0 = [server] }
  }

  func begin(_ fault: ProcessFault, while isInForce: @escaping @Sendable () -> Bool) {
    switch fault {
    case .stuckLoop(let index):
      for server in servers.withLock({ $0 }) {
        server.occupyLoop(index) { Self.wait(while: isInForce) }
      }
    case .cpu(let cores):
      for _ in 0..<cores { Self.onThread { while isInForce() {} } }
    case .memory(let mebibytes):
      Self.onThread { Self.hold(mebibytes: mebibytes, while: isInForce) }
    case .descriptors(let count):
      Self.onThread { Self.holdDescriptors(count, while: isInForce) }
    case .exit(let code):
      endProcess { _exit(Int32(code)) }
    case .crash(let signal):
      endProcess { Self.crash(signal) }
    }
  }

  /// A serial queue without a target has a thread.
  private static func onThread(_ body: @escaping @Sendable () -> Void) {
    DispatchQueue(label: "fault").async(execute: body)
  }

  private static func wait(while isInForce: () -> Bool) {
    while isInForce() { usleep(step) }
  }

  /// mmap(2) and not malloc(3), which may keep what is freed. Memory counts when it is written to.
  private static func hold(mebibytes: Int, while isInForce: () -> Bool) {
    let count = mebibytes * mebibyte
    let region = unsafe mmap(
      nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let region = unsafe region, unsafe region != MAP_FAILED else { return }
    for offset in stride(from: 0, to: count, by: mebibyte) where isInForce() {
      unsafe (region + offset).initializeMemory(as: UInt8.self, repeating: 1, count: mebibyte)
    }
    wait(while: isInForce)
    unsafe munmap(region, count)
  }

  private static func holdDescriptors(_ count: Int, while isInForce: () -> Bool) {
    var held: [Int32] = []
    while held.count < count, isInForce() {
      let descriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { break }
      held.append(descriptor)
    }
    wait(while: isInForce)
    for descriptor in held { close(descriptor) }
  }

  /// The answer that announces it goes first, and then the lines of the log.
  private func endProcess(_ end: @escaping @Sendable () -> Void) {
    Self.onThread { [log] in
      usleep(Self.farewell)
      _ = log.writer.flush(timeout: .milliseconds(500))
      end()
    }
  }

  private static func crash(_ signal: ProcessFault.Signal) {
    switch signal {
    case .segmentationFault: clinux_crash(SIGSEGV)
    case .busError: clinux_crash(SIGBUS)
    case .illegalInstruction: clinux_crash(SIGILL)
    case .abort: clinux_crash(SIGABRT)
    }
  }
}
