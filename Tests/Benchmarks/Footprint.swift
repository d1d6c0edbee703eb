import Foundation

/// What a server takes where nothing happens: memory, start time, size.
struct Footprint {
  private struct Memory {
    let idle: Double
    let idleAnonymous: Double
    let perConnection: Double
  }

  private static let connections = 10_000
  private static let starts = 20

  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  /// Prints the table; answers with the aims that are about the footprint.
  func run() throws -> [Aim] {
    let vitrine = bench.vitrine(logs: false)
    var programs = [(recipe: vitrine, path: bench.options.binary)]
    if bench.has(bench.options.nginx) {
      let model = try Server(vitrine, on: bench, core: bench.options.serverCore)
      guard let answer = try Client(port: model.port)?.exchange(bench.request()) else { throw Failure("no answer") }
      programs.append((bench.nginx(answering: answer, logs: false), bench.options.nginx))
    }
    let memories = try programs.map { try memory(of: $0.recipe) }
    let starts = try startTimes(of: programs.map(\.recipe))
    let sizes = try programs.map { try size(of: $0.path) }

    let titles = [
      "", "RSS idle, MB", "of it anonymous", "bytes/idle connection", "exec to first 200, ms", "binary, MB",
    ]
    var table = Table(titles: titles, textColumns: 1)
    for (index, program) in programs.enumerated() {
      let memory = memories[index]
      let figures = [memory.idle, memory.idleAnonymous, memory.perConnection, starts[index], sizes[index]]
      table.rows.append([program.recipe.name.rawValue] + figures.map { rounded($0) })
    }
    show(heading("Footprint (\(Self.connections) idle connections; start: median of \(Self.starts))") + table.text)
    return [
      Aim(what: "RSS idle", atMost: 10, unit: " MB", measured: memories[0].idle),
      Aim(what: "an idle connection", atMost: 256, unit: " bytes", measured: memories[0].perConnection),
      Aim(what: "exec to first 200", atMost: 10, unit: " ms", measured: starts[0]),
    ]
  }

  /// Each connection makes one request and stays. The growth is divided by their number, so what a server allots for
  /// connections beforehand (nginx does) counts as idle memory, and what it allots once for all of them is shared.
  private func memory(of recipe: Recipe) throws -> Memory {
    let server = try Server(recipe, on: bench, core: bench.options.serverCore)
    sleep(1)
    let idle = try server.process.residentBytes("VmRSS")
    let anonymous = try server.process.residentBytes("RssAnon")
    var clients: [Client] = []
    for _ in 0..<Self.connections {
      guard let client = Client(port: server.port) else { throw Failure("\(recipe.name) refuses a connection") }
      guard try client.exchange(bench.request()).status == 200 else { throw Failure("\(recipe.name): not 200") }
      clients.append(client)
    }
    sleep(1)
    let held = try server.process.residentBytes("VmRSS")
    // Still open on both sides, or the figure is of something else.
    for client in [clients.first, clients.last] { _ = try client?.exchange(bench.request()) }
    let growth = Double(held - idle) / Double(Self.connections)
    return Memory(idle: Double(idle) / 1e6, idleAnonymous: Double(anonymous) / 1e6, perConnection: growth)
  }

  /// Medians, one for each recipe, in turns.
  private func startTimes(of recipes: [Recipe]) throws -> [Double?] {
    var times = recipes.map { _ in [Double]() }
    for _ in 0..<Self.starts {
      for (index, recipe) in recipes.enumerated() {
        times[index].append(try Server(recipe, on: bench, core: nil).startMilliseconds)
      }
    }
    return times.map { median($0) }
  }

  private func size(of path: String) throws -> Double {
    let attributes = try FileManager.default.attributesOfItem(
      atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    return Double((attributes[.size] as? Int) ?? 0) / 1e6
  }
}
