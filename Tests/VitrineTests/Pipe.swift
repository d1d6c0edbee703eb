import Dispatch
import Glibc
import Synchronization

/// pipe(2), both ends closed with it.
final class Pipe: Sendable {
  let readEnd: Int32
  let writeEnd: Int32
  private let isReadEndOpen = Mutex(true)

  init() {
    var ends: [Int32] = [-1, -1]
    precondition(unsafe pipe(&ends) == 0)
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    closeReadEnd()
    close(writeEnd)
  }

  /// Leaves no room: the next write(2) blocks. The filler is one line.
  func fill() {
    // F_GETPIPE_SZ of fcntl(2), which the Glibc module hides.
    let size = Int(fcntl(writeEnd, 1032))
    let filler = [UInt8](repeating: UInt8(ascii: "."), count: size - 1) + [UInt8(ascii: "\n")]
    precondition(unsafe write(writeEnd, filler, filler.count) == size)
  }

  func closeReadEnd() {
    isReadEndOpen.withLock { isOpen in
      if isOpen { close(readEnd) }
      isOpen = false
    }
  }

  /// What the pipe holds now; never waits for more.
  func readAvailable() -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      var readable = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&readable, 1, 0) == 1 else { break }
      let count = unsafe read(readEnd, &chunk, chunk.count)
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Reads a pipe on a thread of its own until `finish`.
final class PipeReader: Sendable {
  private let pipe: Pipe
  private let text = Mutex("")
  private let isFinished = Atomic(false)
  private let queue = DispatchQueue(label: "pipe reader")

  init(_ pipe: Pipe) {
    self.pipe = pipe
    queue.async {
      while !self.isFinished.load(ordering: .acquiring) {
        let more = pipe.readAvailable()
        self.text.withLock { $0 += more }
        usleep(1000)
      }
    }
  }

  /// What was read in all, the pipe's rest included.
  func finish() -> String {
    isFinished.store(true, ordering: .releasing)
    return queue.sync { self.text.withLock { $0 + pipe.readAvailable() } }
  }
}
