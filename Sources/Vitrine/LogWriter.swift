import Dispatch
import Glibc
import Networking
import Synchronization

/// Takes rendered lines from any thread without ever blocking it, and writes them on a queue of its own.
///
/// Standard output may be a pipe that nobody reads. Making it non-blocking is no way out: O_NONBLOCK belongs to the
/// open file, which is shared with the shell and its other children. So one queue blocks in write(2), the lines wait in
/// memory up to a limit, and what does not fit is dropped and counted.
package final class LogWriter: Sendable {
  /// How the lines look that the writer itself adds, and `Log`'s.
  package let format: LogFormat
  private let descriptor: Int32
  private let waitingBytesMax: Int
  private let state = Mutex(State())
  /// Serial and without a target queue: a blocked write(2) holds this queue's thread and no other's.
  private let queue = DispatchQueue(label: "vitrine.log")

  private struct State {
    /// Lines that nobody has begun to write.
    var pending: [UInt8] = []
    var pendingLines: UInt64 = 0
    /// The storage of the last batch, empty: it takes turns with `pending`. New storage for each batch, come from one
    /// thread and given back by another, leaves a hole of a batch's size in every arena of malloc(3).
    var spare: [UInt8] = []
    /// Bytes of `pending` and of the batch that is being written: what the limit bounds.
    var waitingBytes = 0
    /// A batch is being written or will be looked for: whoever adds lines need not wake the queue.
    var isAwake = false
    var written: UInt64 = 0
    var dropped: UInt64 = 0
    /// Dropped since the last line that told of it.
    var untold: UInt64 = 0
  }

  /// - Parameters:
  ///   - descriptor: borrowed, never closed, its flags never changed.
  ///   - waitingBytesMax: lines that may wait while the descriptor blocks, in bytes.
  ///   - format: `auto` is decided here by isatty(3) on the descriptor.
  package init(descriptor: Int32, waitingBytesMax: Int, format: LogFormat) {
    self.descriptor = descriptor
    self.waitingBytesMax = waitingBytesMax
    self.format = format.resolved(onTerminal: isatty(descriptor) == 1)
    // A closed pipe must be an error of write(2) and not the end of the process; write(2) has no MSG_NOSIGNAL.
    _ = signal(SIGPIPE, SIG_IGN)
  }

  /// Lines that write(2) took.
  package var written: UInt64 { state.withLock { $0.written } }

  /// Lines that were lost: no room while the descriptor blocked, or an error of write(2).
  package var dropped: UInt64 { state.withLock { $0.dropped } }

  /// Takes whole lines; those that do not fit are dropped and counted. Never blocks: under the lock little more is done
  /// than to copy the bytes.
  ///
  /// - Parameters:
  ///   - lines: each with its newline.
  ///   - count: how many they are.
  package func write(_ lines: [UInt8], count: Int) {
    let mustWake = state.withLock { state in
      let room = waitingBytesMax - state.waitingBytes
      let fitting = lines.count <= room ? lines[...] : Self.wholeLines(lines.prefix(max(room, 0)))
      let taken = fitting.count == lines.count ? count : fitting.count { $0 == UInt8(ascii: "\n") }
      state.dropped += UInt64(count - taken)
      state.untold += UInt64(count - taken)
      guard taken > 0 else { return false }
      state.pending.append(contentsOf: fitting)
      state.pendingLines += UInt64(taken)
      state.waitingBytes += fitting.count
      defer { state.isAwake = true }
      return !state.isAwake
    }
    if mustWake { queue.async { self.writeUntilEmpty() } }
  }

  private static func wholeLines(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    bytes.lastIndex(of: UInt8(ascii: "\n")).map { bytes[...$0] } ?? []
  }

  /// Waits until the lines handed in so far are written, at most `timeout`. For the exit: it blocks the caller.
  ///
  /// - Returns: false when they still wait.
  package func flush(timeout: Duration) -> Bool {
    let done = DispatchSemaphore(value: 0)
    queue.async {
      self.writePending()
      done.signal()
    }
    let milliseconds = Int(timeout / .milliseconds(1))
    return done.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
  }
}

extension LogWriter {
  /// After a batch the queue looks again this much later instead of falling asleep. Under load the threads that log
  /// then wake nobody, and many lines share one write(2).
  private static let pause = DispatchTimeInterval.milliseconds(5)

  private func writeUntilEmpty() {
    if writePending() {
      queue.asyncAfter(deadline: .now() + Self.pause) { self.writeUntilEmpty() }
      return
    }
    // Lines that came since are seen here, or their writer sees that the queue sleeps: one of the two, by the lock.
    let mustGoOn = state.withLock { state in
      state.isAwake = !state.pending.isEmpty
      return state.isAwake
    }
    if mustGoOn { queue.async { self.writeUntilEmpty() } }
  }

  /// Writes what is pending, as one batch; false when nothing was. Runs on `queue` only.
  @discardableResult
  private func writePending() -> Bool {
    var batch: [UInt8] = []
    let lines = state.withLock { state in
      guard !state.pending.isEmpty else { return UInt64(0) }
      swap(&state.spare, &batch)
      swap(&state.pending, &batch)
      defer { state.pendingLines = 0 }
      return state.pendingLines
    }
    if batch.isEmpty { return false }
    let isWritten = writeBlocking(batch)
    let count = batch.count
    batch.removeAll(keepingCapacity: true)
    let untold = state.withLock { state in
      state.waitingBytes -= count
      swap(&state.spare, &batch)
      guard isWritten else {
        state.dropped += lines
        state.untold += lines
        return UInt64(0)
      }
      state.written += lines
      defer { state.untold = 0 }
      return state.untold
    }
    if untold > 0 { tell(dropped: untold) }
    return true
  }

  /// The gap is told where it is, right after the last lines before it.
  private func tell(dropped count: UInt64) {
    var line: [UInt8] = []
    LogLine.append(
      milliseconds: Clock.realtime / 1_000_000, level: .warning, message: "log lines dropped",
      fields: [(key: "count", value: .uint(count))], format: format, to: &line)
    guard !writeBlocking(line) else { return }
    state.withLock { $0.untold += count }
  }

  /// write(2) until all bytes are taken; false when the descriptor is broken, a closed pipe for instance.
  private func writeBlocking(_ bytes: [UInt8]) -> Bool {
    unsafe bytes.withUnsafeBytes { buffer in
      var rest = unsafe buffer[...]
      while unsafe !rest.isEmpty {
        let count = unsafe Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count >= 0 {
          unsafe rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
          // Another process made the open file non-blocking: wait for room as a blocking write would.
          var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = unsafe poll(&writable, 1, -1)
        } else if errno != EINTR {
          return false
        }
      }
      return true
    }
  }
}
