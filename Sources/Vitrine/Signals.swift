internal import Dispatch
internal import Glibc

/// The signals that end or renew the service, as a stream. A PID 1 without handlers ignores SIGTERM, so they are
/// installed before anything else.
final class Signals: Sendable {
  enum Signal: Sendable {
    /// SIGTERM: the platform stops this instance.
    case terminate
    /// SIGINT: a person at a terminal does.
    case interrupt
    /// SIGHUP: read the files again.
    case reload
  }

  let stream: AsyncStream<Signal>
  private let continuation: AsyncStream<Signal>.Continuation
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  init() {
    let queue = DispatchQueue(label: "signals")
    let (stream, continuation) = AsyncStream.makeStream(of: Signal.self)
    self.stream = stream
    self.continuation = continuation
    // Blocked, a signal that comes before its source is watched waits for it; ignored, it would be lost. Threads inherit
    // this: there is only one yet.
    var blocked = sigset_t()
    unsafe sigemptyset(&blocked)
    for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&blocked, number) }
    unsafe pthread_sigmask(SIG_BLOCK, &blocked, nil)
    unsafe sources = [(SIGTERM, Signal.terminate), (SIGINT, .interrupt), (SIGHUP, .reload)].map { number, signal in
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { continuation.yield(signal) }
      source.activate()
      return source
    }
    _ = Glibc.signal(SIGPIPE, SIG_IGN)
    // A file beyond RLIMIT_FSIZE is then an error of write(2), and told as a full disk.
    _ = Glibc.signal(SIGXFSZ, SIG_IGN)
  }

  /// Ends the stream.
  func end() {
    continuation.finish()
  }
}
