import Foundation

/// 100,000 products in a file: what it costs to bring them in, to read them, to change them and to hold them.
struct Catalogue {
  private static let products = 100_000
  /// In each of the benchmark's rounds.
  private static let requests = 500
  private static let changes = 20
  private static let token = "benchmark-token-0123456789"

  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  /// Prints the tables; answers with the aims that are about the catalogue.
  func run() throws -> [Aim] {
    let input = try bench.write(Self.json, to: "input.json")
    let tokens = try bench.write(Array((Self.token + "\n").utf8), to: "token")
    let store = bench.file("store.json")
    let importing = try seconds { try finish(["products", "import", input, "--products", store]) }
    let exporting = try seconds { try finish(["products", "export", "--products", store]) }

    let recipe = Recipe(name: .vitrine, logs: false) { [options = bench.options] port in
      [
        options.binary, "serve", "--host=127.0.0.1", "--port=\(port)", "--loops=1", "--access-log=false",
        "--products=\(store)", "--write-token-file=\(tokens)",
      ]
    }
    let server = try Server(recipe, on: bench, core: bench.options.serverCore)
    guard let client = Client(port: server.port) else { throw Failure("no connection") }
    let loaded = try server.process.residentBytes()
    let pages = try measurePages(client, server)
    show(
      heading(
        "Pages of \(Self.products) products (CPU microseconds a request, medians of \(bench.options.rounds) rounds of \(Self.requests))"
      )
        + pages.table)

    let search = try milliseconds { try get("/api/products?q=nothing-has-this", client) }
    let change = try milliseconds { try put(client) }
    var table = Table(titles: ["", "measured"], textColumns: 1)
    for (what, figure) in [
      ("the file, MB", rounded(Double(try size(of: store)) / 1e6)), ("import, s", rounded(importing)),
      ("export, s", rounded(exporting)), ("exec to first 200, ms", rounded(server.startMilliseconds)),
      ("a search that finds nothing, ms", rounded(search)), ("a change, ms", rounded(change)),
      ("RSS once loaded, MB", rounded(Double(loaded) / 1e6)),
      ("RSS after all of this, MB", rounded(Double(try server.process.residentBytes()) / 1e6)),
    ] {
      table.rows.append([what, figure])
    }
    show(heading("The whole catalogue (medians of \(Self.changes))") + table.text)
    return [
      Aim(what: "import of \(Self.products) products", atMost: 10, unit: " s", measured: importing),
      Aim(what: "last page to second page, CPU", atMost: 1.1, unit: "×", measured: pages.lastToSecond),
      Aim(what: "first page from memory to /healthz, CPU", atMost: 1.1, unit: "×", measured: pages.hotToHealthz),
    ]
  }

  // MARK: Pages

  private func measurePages(
    _ client: Client, _ server: Server
  ) throws -> (table: String, lastToSecond: Double?, hotToHealthz: Double) {
    var table = Table(
      titles: ["asked for", "second page", "in the middle", "last page", "last to second"], textColumns: 1)
    var ratios: [Double] = []
    for parameters in ["", "sort=name&", "sort=-price&"] {
      let path = "/api/products?" + parameters
      // A page ends with a cursor: 100 at a time lead to the last 20.
      var cursors: [String] = []
      var after = ""
      while true {
        let body = try get("\(path)limit=100\(after)", client)
        guard let next = Self.next(in: body) else { break }
        cursors.append(next)
        after = "&after=\(next)"
      }
      guard cursors.count == Self.products / 100 - 1 else { throw Failure("\(cursors.count + 1) pages of 100") }
      let places = [
        "&after=\(cursors[0])", "&after=\(cursors[cursors.count / 2])", "&after=\(cursors[cursors.count - 1])",
      ]
      let costs = try costs(of: places.map { "\(path)limit=20\($0)" }, client, server)
      ratios.append(costs[2] / costs[0])
      table.rows.append([path] + costs.map { rounded($0) } + [rounded(costs[2] / costs[0], "×")])
    }
    let memory = try costs(of: ["/api/products", "/healthz"], client, server)
    let bytes = try get("/api/products", client).count
    table.rows.append(["/api/products, \(bytes) bytes, from memory", rounded(memory[0]), "–", "–", "–"])
    table.rows.append(["/healthz", rounded(memory[1]), "–", "–", "–"])
    return (table.text, median(ratios), memory[0] / memory[1])
  }

  /// Microseconds of the server's CPU for a request, medians of rounds in turns: the machine's speed changes.
  private func costs(of paths: [String], _ client: Client, _ server: Server) throws -> [Double] {
    var rounds = paths.map { _ in [Double]() }
    for _ in 0..<bench.options.rounds {
      for (index, path) in paths.enumerated() { rounds[index].append(try cost(of: path, client, server)) }
    }
    return rounds.compactMap { median($0) }
  }

  private func cost(of path: String, _ client: Client, _ server: Server) throws -> Double {
    for _ in 0..<100 { _ = try get(path, client) }
    let before = try server.process.cpuNanoseconds()
    for _ in 0..<Self.requests { _ = try get(path, client) }
    return (try server.process.cpuNanoseconds() - before) / Double(Self.requests) / 1000
  }

  private static func next(in body: [UInt8]) -> String? {
    guard let start = body.lastRange(of: Array("\"next\":\"".utf8)) else { return nil }
    return String(decoding: body[start.upperBound...].prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
  }

  // MARK: Requests

  @discardableResult
  private func get(_ path: String, _ client: Client) throws -> [UInt8] {
    let answer = try client.exchange("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    guard answer.status == 200 else { throw Failure("\(path): \(answer.status)") }
    return answer.body
  }

  private func put(_ client: Client) throws {
    let body = Self.product(Int.random(in: 0..<Self.products), price: Int.random(in: 0..<1_000_000))
    let id = "p\(Int.random(in: 0..<Self.products))"
    let request = """
      PUT /api/products/\(id) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(Self.token)\r\n\
      Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
      """
    let answer = try client.exchange(request)
    guard answer.status == 200 else { throw Failure("PUT \(id): \(answer.status)") }
  }

  /// Nothing of an id: the path has it.
  private static func product(_ number: Int, price: Int) -> String {
    """
    {"name":"Thing \(number * 7919 % products) of the catalogue","description":"One of many, made up to be counted.",\
    "price":\(price),"currency":"EUR","tags":["tag-\(number % 50)","kind-\(number % 7)"],"stock":\(number % 1000)}
    """
  }

  private static var json: [UInt8] {
    let items = (0..<products).map { "{\"id\":\"p\($0)\"," + product($0, price: $0 * 31 % 100_000).dropFirst() }
    return Array("[\(items.joined(separator: ",\n"))]".utf8)
  }

  // MARK: Figures

  private func finish(_ arguments: [String]) throws {
    let process = try Child([bench.options.binary] + arguments, core: nil, errors: bench.file("command.err"))
    guard process.ends(within: 120) else { throw Failure("\(arguments): no end in 120 s") }
    guard process.lastErrors == "it left no message" else { throw Failure(process.lastErrors) }
  }

  private func seconds(_ work: () throws -> Void) throws -> Double {
    let began = ContinuousClock.now
    try work()
    return (ContinuousClock.now - began) / .seconds(1)
  }

  private func milliseconds(_ work: () throws -> Void) throws -> Double? {
    median(try (0..<Self.changes).map { _ in try seconds(work) * 1000 })
  }

  private func size(of path: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
  }
}

extension [UInt8] {
  fileprivate func lastRange(of part: [UInt8]) -> Range<Int>? {
    guard count >= part.count else { return nil }
    for start in stride(from: count - part.count, through: 0, by: -1)
    where self[start..<start + part.count].elementsEqual(part) {
      return start..<start + part.count
    }
    return nil
  }
}
