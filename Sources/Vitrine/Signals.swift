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
    unsafe sources = [(SIGTERM, Signal.terminate), (SIGINT, .interrupt), (SIGHUP, .reload)].map { number, signal in
      // The default action would end the process before the source sees the signal.
      _ = Glibc.signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { continuation.yield(signal) }
      source.activate()
      return source
    }
    _ = Glibc.signal(SIGPIPE, SIG_IGN)
  }

  /// Ends the stream.
  func end() {
    continuation.finish()
  }
}
