import Foundation

/// What wrk does to a server.
enum Load: String, CaseIterable {
  case keepAlive1 = "keep-alive, 1 connection"
  case keepAlive64 = "keep-alive, 64 connections"
  case keepAlive512 = "keep-alive, 512 connections"
  /// The others send the same head all the time, which Vitrine's parser knows again.
  case otherHeads = "64 connections, another head each time"
  case pipelined = "64 connections, pipelining 16"
  case oneShot = "a connection per request, 64"

  var connections: Int {
    switch self {
    case .keepAlive1: 1
    case .keepAlive512: 512
    case .keepAlive64, .otherHeads, .pipelined, .oneShot: 64
    }
  }

  /// wrk's script: what is sent, and one line of figures at the end, since wrk's own report is rounded.
  var script: String {
    let sending =
      switch self {
      case .keepAlive1, .keepAlive64, .keepAlive512: ""
      case .otherHeads:
        """
        local heads, last = {}, 0
        init = function()
          for number = 1, 97 do heads[number] = wrk.format(nil, nil, {["X-Number"] = 100 + number}) end
        end
        request = function()
          last = last % #heads + 1
          return heads[last]
        end
        """
      case .oneShot: #"wrk.headers["Connection"] = "close""#
      case .pipelined:
        """
        local batch
        init = function() batch = string.rep(wrk.format(), 16) end
        request = function() return batch end
        """
      }
    return sending + """

      done = function(summary, latency)
        local e = summary.errors
        -- wrk 4.1 counts a bad status as a timeout here, so the two go together.
        print(string.format("figures %d %d %d %d %d %d %d %d", summary.requests, summary.duration,
          latency:percentile(50), latency:percentile(99), e.connect, e.read, e.write, e.status + e.timeout))
      end

      """
  }
}

/// One run of wrk against one server.
struct Sample {
  /// The server's CPU time over the requests that wrk counted, in microseconds.
  let cpu: Double?
  let requestsPerSecond: Double?
  /// Latency in microseconds. None with pipelining: there wrk fills its histogram up as if every request had been sent
  /// alone, and its percentiles mean nothing.
  let p50: Double?
  let p99: Double?

  /// Throws where a single request failed: figures of a run with errors are figures of the errors.
  ///
  /// - Parameters:
  ///   - url: the server's own, at the path of the options, unless given.
  ///   - fields: of each request.
  init(
    of server: Server, under load: Load, on bench: Bench, url: String? = nil, fields: [String: String] = [:]
  ) throws {
    let options = bench.options
    let headers = fields.map { "wrk.headers[\"\($0.key)\"] = \"\($0.value)\"\n" }.joined()
    let script = try bench.write(Array((headers + load.script).utf8), to: "\(load).lua")
    let report = bench.file("wrk.out")
    let command = [
      options.wrk, "-t1", "-c\(load.connections)", "-d\(options.seconds)s", "-s", script,
      url ?? "http://127.0.0.1:\(server.port)\(options.path)",
    ]
    let before = try server.process.cpuNanoseconds()
    let wrk = try Child(command, core: options.loadCore, output: report, errors: bench.file("wrk.err"))
    guard wrk.ends(within: options.seconds + 10) else { throw Failure("wrk did not end") }
    let spent = try server.process.cpuNanoseconds() - before

    let text = try String(contentsOfFile: report, encoding: .utf8)
    guard let line = text.split(separator: "\n").last(where: { $0.hasPrefix("figures ") }) else {
      throw Failure("wrk gave no figures: \(wrk.lastErrors)")
    }
    let figures = line.split(separator: " ").dropFirst().compactMap { Double($0) }
    guard figures.count == 8, figures[0] > 0 else { throw Failure("wrk gave no figures: \(line)") }
    let kinds = zip(["connect", "read", "write", "status or timeout"], figures[4...]).filter { $0.1 > 0 }
    let errors = kinds.map { "\($0.0) \(rounded($0.1))" }.joined(separator: ", ")
    guard errors.isEmpty else { throw Failure("of \(rounded(figures[0])) requests failed: \(errors)") }
    cpu = spent / 1e3 / figures[0]
    requestsPerSecond = figures[0] / (figures[1] / 1e6)
    p50 = load == .pipelined ? nil : figures[2]
    p99 = load == .pipelined ? nil : figures[3]
  }
}
