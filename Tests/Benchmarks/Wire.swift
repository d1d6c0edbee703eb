/// Vitrine, nginx and the floor side by side: each round puts each load on each server in turn, so that what the
/// machine does meanwhile falls on all of them, and a ratio is the median of the rounds' own ratios.
final class Wire {
  private struct Run: Hashable {
    let load: Load
    let name: Recipe.Name
    let logs: Bool
  }

  private let bench: Bench
  private var servers: [Server] = []
  /// One sample a round; nil where the run had errors.
  private var samples: [Run: [Sample?]] = [:]
  private var failures: [String] = []

  init(_ bench: Bench) { self.bench = bench }

  /// Prints the tables; answers with the aims that are about the wire.
  func run() throws -> [Aim] {
    try start()
    guard bench.has(bench.options.wrk) else { return [] }
    for round in 0..<bench.options.rounds {
      for load in bench.options.loads {
        // Another one begins each round: nobody always follows the same neighbour.
        for index in servers.indices { measure(servers[(index + round) % servers.count], under: load) }
      }
    }
    let medians = "medians of \(bench.options.rounds) rounds of \(bench.options.seconds) s, one core each"
    show(heading("Access log off on both sides (\(medians); microseconds)") + table(logs: false))
    show(heading("Access log on for both, to /dev/null (\(medians); microseconds)") + table(logs: true))
    for failure in failures { show("No figures: \(failure)") }
    return aims()
  }

  /// Starts every server, and checks that each answers like Vitrine: alone, pipelined, and at a connection's end.
  private func start() throws {
    let options = bench.options
    let vitrine = try Server(bench.vitrine(logs: false), on: bench, core: options.serverCore)
    let model = try Wire.answer(of: vitrine, to: bench.request())
    let closing = try Wire.answer(of: vitrine, to: bench.request(closing: true))
    var recipes = [try bench.floor(answering: model, closing: closing), bench.vitrine(logs: true)]
    if bench.has(options.nginx) {
      recipes += [false, true].map { bench.nginx(answering: model, logs: $0) }
    }
    servers = try [vitrine] + recipes.map { try Server($0, on: bench, core: options.serverCore) }

    var sizes = Table(titles: ["server", "answer, bytes", "head", "body"], textColumns: 1)
    for server in servers {
      let answer = try Wire.answer(of: server, to: bench.request(), count: 3)
      let last = try Wire.answer(of: server, to: bench.request(closing: true))
      guard answer.shape == model.shape, last.shape == model.shape, answer.status == 200, last.status == 200 else {
        throw Failure("\(server.recipe.name) answers \(String(decoding: answer.bytes, as: UTF8.self))")
      }
      let (whole, body) = (answer.bytes.count, answer.body.count)
      sizes.rows.append([server.recipe.title, String(whole), String(whole - body), String(body)])
    }
    show(heading("What is answered to GET \(options.path)") + sizes.text)
  }

  private static func answer(of server: Server, to request: String, count: Int = 1) throws -> Answer {
    guard let client = Client(port: server.port) else { throw Failure("\(server.recipe.name) refuses a connection") }
    return try client.exchange(request, count: count)
  }

  private func measure(_ server: Server, under load: Load) {
    let run = Run(load: load, name: server.recipe.name, logs: server.recipe.logs)
    do {
      samples[run, default: []].append(try Sample(of: server, under: load, on: bench))
    } catch {
      samples[run, default: []].append(nil)
      failures.append("\(load.rawValue), \(server.recipe.title): \(error)")
    }
  }
}

/// The figures.
extension Wire {
  /// What is looked at in each sample; nil where the load has none.
  private typealias Figure = (Sample) -> Double?

  private func figure(_ load: Load, _ name: Recipe.Name, logs: Bool, _ figure: Figure) -> Double? {
    Wire.medianOfAll(rounds(load, name, logs: logs).map { $0.flatMap(figure) })
  }

  /// `figure` of Vitrine over that of the peer, as the median of the rounds' ratios.
  private func ratio(_ load: Load, to peer: Recipe.Name, logs: Bool, _ figure: Figure) -> Double? {
    let pairs = zip(rounds(load, .vitrine, logs: logs), rounds(load, peer, logs: logs))
    let ratios = pairs.map { ours, theirs -> Double? in
      guard let ours = ours.flatMap(figure), let theirs = theirs.flatMap(figure) else { return nil }
      return ours / theirs
    }
    return Wire.medianOfAll(ratios)
  }

  /// nil where one is missing: a run with errors is enough to distrust the rest.
  private static func medianOfAll(_ numbers: [Double?]) -> Double? {
    let present = numbers.compactMap { $0 }
    return present.count == numbers.count ? median(present) : nil
  }

  /// The floor writes no log: it is the same in both tables.
  private func rounds(_ load: Load, _ name: Recipe.Name, logs: Bool) -> [Sample?] {
    samples[Run(load: load, name: name, logs: logs && name != .floor)] ?? []
  }

  private func table(logs: Bool) -> String {
    let titles = ["load", "server", "CPU a request", "requests/s", "p50", "p99", "Vitrine to it: CPU", "p99"]
    var table = Table(titles: titles, textColumns: 2)
    for load in bench.options.loads {
      for name in [Recipe.Name.floor, .nginx, .vitrine] where !rounds(load, name, logs: logs).isEmpty {
        let own = [\Sample.cpu, \.requestsPerSecond, \.p50, \.p99].map { path in
          rounded(figure(load, name, logs: logs) { $0[keyPath: path] })
        }
        let ratios = [\Sample.cpu, \.p99].map { path in
          name == .vitrine ? "" : rounded(ratio(load, to: name, logs: logs) { $0[keyPath: path] }, "×")
        }
        table.rows.append([load.rawValue, name.rawValue] + own + ratios)
      }
    }
    return table.text
  }

  /// Everything on but the access log.
  private func aims() -> [Aim] {
    func cpu(_ load: Load, to peer: Recipe.Name, atMost: Double) -> Aim {
      let what = "CPU to \(peer)'s: \(load.rawValue)"
      return Aim(what: what, atMost: atMost, unit: "×", measured: ratio(load, to: peer, logs: false, \.cpu))
    }
    return [
      cpu(.keepAlive64, to: .floor, atMost: 1.10),
      cpu(.keepAlive1, to: .floor, atMost: 1.10),
      cpu(.keepAlive64, to: .nginx, atMost: 0.95),
      cpu(.keepAlive1, to: .nginx, atMost: 0.95),
      cpu(.oneShot, to: .nginx, atMost: 0.80),
      cpu(.pipelined, to: .nginx, atMost: 0.12),
      Aim(
        what: "p99 to nginx's: \(Load.keepAlive64.rawValue)", atMost: 1.1, unit: "×",
        measured: ratio(.keepAlive64, to: .nginx, logs: false, \.p99)),
    ]
  }
}
