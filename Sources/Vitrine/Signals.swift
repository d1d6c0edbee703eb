internal import Dispatch
internal import Glibc
internal import HTTPServer
internal import Networking
internal import Synchronization

/// The signals that end or renew the service, as a stream.
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
  private let isEndAsked: IsEndAsked
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  /// Has signals wait until they are watched: to a PID 1 that neither blocks nor watches it, SIGTERM is lost. Threads
  /// inherit this, so the first one calls it before there is another.
  static func block() {
    var blocked = sigset_t()
    unsafe sigemptyset(&blocked)
    for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&blocked, number) }
    unsafe pthread_sigmask(SIG_BLOCK, &blocked, nil)
  }

  /// Watches them. `block` was called.
  init() {
    let queue = DispatchQueue(label: "signals")
    let (stream, continuation) = AsyncStream.makeStream(of: Signal.self)
    let isEndAsked = IsEndAsked()
    self.isEndAsked = isEndAsked
    self.stream = stream
    self.continuation = continuation
    unsafe sources = [(SIGTERM, Signal.terminate), (SIGINT, .interrupt), (SIGHUP, .reload)].map { number, signal in
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if signal != .reload { isEndAsked.flag.store(true, ordering: .relaxed) }
        continuation.yield(signal)
      }
      source.activate()
      return source
    }
    _ = Glibc.signal(SIGPIPE, SIG_IGN)
    // A file beyond RLIMIT_FSIZE is then an error of write(2), and told as a full disk.
    _ = Glibc.signal(SIGXFSZ, SIG_IGN)
  }

  /// Blocks for so long, or until a signal asks for the end; the stream tells of that one too.
  func wait(for duration: Duration) {
    let end = Clock.monotonic + duration.nanoseconds
    while Clock.monotonic < end, !isEndAsked.flag.load(ordering: .relaxed) { usleep(10_000) }
  }

  private final class IsEndAsked: Sendable {
    let flag = Atomic<Bool>(false)
  }

  /// Ends the stream.
  func end() {
    continuation.finish()
  }
}
