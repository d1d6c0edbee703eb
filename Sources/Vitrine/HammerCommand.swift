internal import Catalog
internal import Dispatch
internal import Glibc
internal import HTTPServer
internal import Hammer
internal import Networking
internal import TLS

/// `vitrine hammer URL`: puts a load on a server, counts what becomes of each request, and fails when more was lost than
/// is allowed.
package struct HammerCommand: Sendable, Equatable {
  package enum Output: String, CaseIterable, Sendable { case text, json }

  /// Methods whose requests have no body.
  package enum Method: String, CaseIterable, Sendable {
    case get = "GET", head = "HEAD", options = "OPTIONS", delete = "DELETE"
  }

  /// `[WEIGHT:]PATH`.
  package struct Path: Sendable, Equatable {
    package var weight: Int
    package var target: String
  }

  private let url: CheckURL
  private let shownURL: String
  let configuration: Configuration

  /// - Parameter operands: what follows `hammer` on the command line.
  init(operands: [String], configuration: Configuration) throws(UsageError) {
    guard let text = operands.first else { throw UsageError(mistakes: ["hammer: needs a URL"]) }
    do throws(CheckURL.Mistake) { url = try CheckURL(text) } catch {
      throw UsageError(mistakes: ["hammer \(quoted(text))\(CheckFailure.url(error).text)"])
    }
    shownURL = text
    self.configuration = configuration
  }

  func run() -> Exit {
    let addresses: [SocketAddress]
    do throws(ResolutionError) {
      addresses = try SocketAddress.resolve(url.host, port: url.port)
    } catch {
      complain("vitrine: hammer: \(error)")
      return .unavailable
    }
    do throws(CheckFailure) {
      let load = try load(on: addresses)
      let hammer: Hammer
      do throws(Errno) { hammer = try Hammer(load) } catch { throw .connection(error) }
      let signals = StopSignals()
      let isShown = isatty(STDERR_FILENO) == 1
      let tally = hammer.run { hammer, seconds in
        if isShown { show(hammer.tally, after: seconds) }
        return !signals.isRaised
      }
      let report = HammerReport(tally, url: shownURL)
      print(configuration.hammerOutput == .json ? report.json : report.text)
      return verdict(report)
    } catch {
      complain("vitrine: hammer: \(shownURL)\(error.text)")
      return .configuration
    }
  }

  private func load(on addresses: [SocketAddress]) throws(CheckFailure) -> Load {
    var load = Load(addresses: addresses, name: url.host, requests: requests)
    load.isHEAD = configuration.hammerMethod == .head
    load.connections = configuration.hammerConnections
    load.rate = configuration.hammerRate > 0 ? Double(configuration.hammerRate) : nil
    load.closes = configuration.hammerCloses
    load.duration = configuration.hammerDuration.nanoseconds
    load.timeout = configuration.checkTimeout.nanoseconds
    if url.isSecure {
      let trust = try configuration.trust.loaded()
      do throws(TLSError) { load.tls = try TLSContext.client(trust: trust) } catch { throw .tls(reason: error.reason) }
    }
    return load
  }

  private var requests: [Load.Request] {
    // One of the user's takes the place of ours: two Host fields are no request.
    let given = Set(configuration.hammerHeaders.map { $0.prefix { $0 != ":" }.lowercased() })
    let fields =
      [
        ("host", "Host: \(url.authority)"),
        ("user-agent", "User-Agent: vitrine-hammer/\(BuildInformation.current.version)"),
      ]
      .filter { !given.contains($0.0) }.map(\.1)
    let paths = configuration.hammerPaths.isEmpty ? [Path(weight: 1, target: url.target)] : configuration.hammerPaths
    return paths.map { path in
      let lines =
        ["\(configuration.hammerMethod.rawValue) \(path.target) HTTP/1.1"] + fields + configuration.hammerHeaders
        + (configuration.hammerCloses ? ["Connection: close"] : []) + ["", ""]
      return Load.Request(bytes: Array(lines.joined(separator: "\r\n").utf8), weight: path.weight)
    }
  }

  private func show(_ tally: Tally, after seconds: Int) {
    guard let last = tally.timeline.dropLast().last else { return }
    complain("\(seconds) s: \(last.answered) answered, \(last.lost) lost; \(tally.lost) lost in all")
  }

  private func verdict(_ report: HammerReport) -> Exit {
    var isGood = true
    if report.tally.lost > configuration.hammerAllowedLosses {
      complain("vitrine: hammer: \(report.tally.lost) lost, --allow-lost is \(configuration.hammerAllowedLosses)")
      isGood = false
    }
    let max = configuration.hammerP99Max.nanoseconds
    if max > 0, let p99 = report.tally.latencies.quantile(0.99), p99 > UInt64(max) {
      complain("vitrine: hammer: p99 is \(HammerReport.milliseconds(p99)) ms, --max-p99 is \(max / 1_000_000) ms")
      isGood = false
    }
    if report.tally.answered == 0 {
      complain("vitrine: hammer: nothing was answered")
      isGood = false
    }
    return isGood ? .success : .failure
  }
}

/// SIGTERM and SIGINT end a load, and its report is still printed.
private final class StopSignals {
  private let sources: [any DispatchSourceSignal]
  private let raised = DispatchSemaphore(value: 0)

  init() {
    for number in [SIGTERM, SIGINT] { _ = signal(number, SIG_IGN) }
    let (raised, queue) = (raised, DispatchQueue(label: "hammer.signals"))
    sources = [SIGTERM, SIGINT].map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
    for source in sources {
      source.setEventHandler { raised.signal() }
      source.activate()
    }
  }

  /// True once for each signal: the first is enough.
  var isRaised: Bool { raised.wait(timeout: .now()) == .success }
}
