import Foundation
import TLS

/// HTTPS beside nginx: one certificate, one suite, both with their tickets.
final class Secure {
  private struct Run: Hashable {
    let what: What
    let name: Recipe.Name
  }

  /// What is measured as the server's CPU for each of something.
  private enum What: String, CaseIterable {
    case request = "a request, keep-alive, 64 connections"
    case full = "a connection, full handshake"
    case resumed = "a connection, resumed"
  }

  private struct Peer {
    let server: Server
    let port: Int
  }

  private static let connections = 1_000

  private let bench: Bench
  private var costs: [Run: [Double]] = [:]

  init(_ bench: Bench) { self.bench = bench }

  /// Prints the table; answers with the aims that are about TLS.
  func run() throws -> [Aim] {
    guard bench.has(bench.options.nginx), bench.has(bench.options.wrk), bench.has("/usr/bin/openssl") else { return [] }
    let peers = try start()
    for round in 0..<bench.options.rounds {
      for what in What.allCases {
        for index in peers.indices {
          let peer = peers[(index + round) % peers.count]
          costs[Run(what: what, name: peer.server.recipe.name), default: []].append(try cost(what, of: peer))
        }
      }
    }
    let memory = try peers.map { try bytesOfIdleConnection(to: $0) }

    var table = Table(titles: ["CPU, microseconds, of", "nginx", "vitrine", "Vitrine to it"], textColumns: 1)
    var aims: [Aim] = []
    for what in What.allCases {
      let (ours, theirs) = (rounds(what, .vitrine), rounds(what, .nginx))
      let ratio = median(zip(ours, theirs).map { $0 / $1 })
      table.rows.append([
        what.rawValue, rounded(median(theirs)), rounded(median(ours)), rounded(ratio, "×"),
      ])
      // So many a second for each core: 0.95 of nginx's is 1/0.95 of its cost.
      let aim = what == .request ? 1 : 1 / 0.95
      aims.append(Aim(what: "TLS: CPU to nginx's: \(what.rawValue)", atMost: aim, unit: "×", measured: ratio))
    }
    show(
      heading("HTTPS, TLS 1.3 (medians of \(bench.options.rounds) rounds of \(bench.options.seconds) s, one core each)")
        + table.text)
    show(
      "Bytes for each of \(Self.connections) idle connections: vitrine \(rounded(memory[0])), nginx \(rounded(memory[1]))"
    )
    aims.append(
      Aim(what: "TLS: an idle connection to nginx's", atMost: 1, unit: "×", measured: memory[0] / memory[1]))
    return aims
  }

  private func rounds(_ what: What, _ name: Recipe.Name) -> [Double] { costs[Run(what: what, name: name)] ?? [] }

  /// Vitrine and nginx, in this order.
  private func start() throws -> [Peer] {
    let pair = try SelfSignedPair(names: ["localhost"], validity: -60...86_400)
    let certificate = try bench.write(pair.certificate, to: "tls.crt")
    let key = try bench.write(pair.key, to: "tls.key")
    let (options, ports) = (bench.options, [try Client.freePort(), try Client.freePort()])
    let vitrine = try Server(
      Recipe(name: .vitrine, logs: false) { port in
        [
          options.binary, "serve", "--host=127.0.0.1", "--port=\(port)", "--loops=1", "--access-log=false",
          "--https-port=\(ports[0])", "--tls-certificate=\(certificate)", "--tls-key=\(key)",
        ]
      }, on: bench, core: options.serverCore)
    guard let model = try Client(port: vitrine.port)?.exchange(bench.request()) else { throw Failure("no answer") }
    let nginx = bench.nginx(
      answering: model, logs: false,
      more: "listen 127.0.0.1:\(ports[1]) ssl reuseport backlog=4096; ssl_certificate \(certificate); "
        + "ssl_certificate_key \(key); ssl_protocols TLSv1.2 TLSv1.3;")
    let peers = [
      Peer(server: vitrine, port: ports[0]),
      Peer(server: try Server(nginx, on: bench, core: options.serverCore), port: ports[1]),
    ]
    for peer in peers {
      let answer = try Client(port: peer.port, tls: TLSContext.client(trust: .anyone))?.exchange(bench.request())
      guard answer?.shape == model.shape else { throw Failure("\(peer.server.recipe.name) answers otherwise over TLS") }
    }
    return peers
  }

  private func cost(_ what: What, of peer: Peer) throws -> Double {
    guard what == .request else { return try costOfConnection(isResumed: what == .resumed, to: peer) }
    let url = "https://127.0.0.1:\(peer.port)\(bench.options.path)"
    guard let cpu = try Sample(of: peer.server, under: .keepAlive64, on: bench, url: url).cpu else {
      throw Failure("no figures")
    }
    return cpu
  }

  /// By `openssl s_time`, a connection after the other, each with one request.
  private func costOfConnection(isResumed: Bool, to peer: Peer) throws -> Double {
    let report = bench.file("s_time.out")
    let command = [
      "/usr/bin/openssl", "s_time", "-connect", "127.0.0.1:\(peer.port)", isResumed ? "-reuse" : "-new", "-tls1_3",
      "-time", String(bench.options.seconds), "-www", bench.options.path,
    ]
    let before = try peer.server.process.cpuNanoseconds()
    let client = try Child(command, core: bench.options.loadCore, output: report, errors: bench.file("s_time.err"))
    guard client.ends(within: bench.options.seconds + 10) else { throw Failure("s_time did not end") }
    let spent = try peer.server.process.cpuNanoseconds() - before
    let text = try String(contentsOfFile: report, encoding: .utf8)
    // `1234 connections in 2 real seconds, 166 bytes read per connection`
    guard let line = text.split(separator: "\n").last(where: { $0.contains("real seconds") }),
      let count = line.split(separator: " ").first.flatMap({ Double($0) }), count > 0
    else { throw Failure("s_time gave no figures: \(text.suffix(200)) \(client.lastErrors)") }
    return spent / 1e3 / count
  }

  /// Each connection makes one request and stays.
  private func bytesOfIdleConnection(to peer: Peer) throws -> Double {
    let context = try TLSContext.client(trust: .anyone)
    var clients: [Client] = []
    func connect(_ count: Int) throws {
      for _ in 0..<count {
        guard let client = try Client(port: peer.port, tls: context) else { throw Failure("refused") }
        guard try client.exchange(bench.request()).status == 200 else { throw Failure("not 200") }
        clients.append(client)
      }
    }
    // What is allotted once for all of them is not theirs.
    try connect(100)
    sleep(1)
    let before = try peer.server.process.residentBytes()
    try connect(Self.connections)
    sleep(1)
    return Double(try peer.server.process.residentBytes() - before) / Double(Self.connections)
  }
}
