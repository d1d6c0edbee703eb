import Foundation

/// A JSON of ten kilobytes in gzip: Vitrine keeps it, nginx compresses it each time.
final class Coded {
  /// As many as a page has.
  private static let products = 20
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  /// 350 bytes of words, another row of them for each number.
  private static func prose(_ number: Int) -> String {
    let words = ["glass", "brass", "walnut", "light", "mirror", "velvet", "clock", "compass", "ivory", "lens", "map"]
    return (0..<56).map { words[($0 * (number + 3) + $0 * $0 / 7) % words.count] }.joined(separator: " ")
  }

  /// Prints the table; answers with the aim.
  func run() throws -> [Aim] {
    guard bench.has(bench.options.nginx), bench.has(bench.options.wrk) else { return [] }
    let items = (0..<Self.products).map { number in
      """
      {"id":"p\(number)","name":"Thing \(number * 7919 % 1000)","description":"\(Self.prose(number))",\
      "price":\(number * 31),"currency":"EUR","tags":["tag-\(number % 5)"],"stock":\(number % 10)}
      """
    }
    let file = try bench.write(Array("[\(items.joined(separator: ","))]".utf8), to: "products.json")
    let (options, path) = (bench.options, "/api/products")
    let vitrine = try Server(
      Recipe(name: .vitrine, logs: false) { port in
        [
          options.binary, "serve", "--host=127.0.0.1", "--port=\(port)", "--loops=1", "--access-log=false",
          "--products=\(file)",
        ]
      }, on: bench, core: options.serverCore)
    let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    guard let client = Client(port: vitrine.port) else { throw Failure("no connection") }
    let model = try client.exchange(request + "\r\n")
    let nginx = try Server(
      bench.nginx(answering: model, logs: false, more: "gzip on; gzip_types application/json;"), on: bench,
      core: options.serverCore)
    let servers = [vitrine, nginx]
    var sizes: [Int] = []
    for server in servers {
      guard let answer = try Client(port: server.port)?.exchange(request + "Connection: close\r\n\r\n") else {
        throw Failure("no connection")
      }
      guard answer.body == model.body else { throw Failure("\(server.recipe.name) answers otherwise") }
    }
    if let coded = try Client(port: vitrine.port)?.exchange(request + "Accept-Encoding: gzip\r\n\r\n") {
      sizes = [model.body.count, coded.body.count]
    }

    var costs: [[Double]] = [[], []]
    for round in 0..<options.rounds {
      for turn in servers.indices {
        let index = (turn + round) % servers.count
        let sample = try Sample(
          of: servers[index], under: .keepAlive64, on: bench, url: "http://127.0.0.1:\(servers[index].port)\(path)",
          fields: ["Accept-Encoding": "gzip"])
        costs[index].append(sample.cpu ?? .nan)
      }
    }
    let ratio = median(zip(costs[0], costs[1]).map { $0 / $1 })
    var table = Table(titles: ["", "nginx", "vitrine", "Vitrine to it"], textColumns: 1)
    table.rows.append([
      "CPU, microseconds a request", rounded(median(costs[1])), rounded(median(costs[0])), rounded(ratio, "×"),
    ])
    show(heading("A JSON of \(sizes.first ?? 0) bytes in gzip, \(sizes.last ?? 0) bytes (64 connections)") + table.text)
    return [Aim(what: "gzip: CPU to nginx's", atMost: 0.25, unit: "×", measured: ratio)]
  }
}
