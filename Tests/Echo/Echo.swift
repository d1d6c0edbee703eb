import Glibc
import HTTPServer
import Metrics
import Networking
import TestSupport

/// `echo [PORT]`: the product's server with the routes that other projects' suites want, on 127.0.0.1, until it is
/// killed. For tests only. Port 8080 unless another is given; 0 takes a free one.
@main enum Echo {
  static func main() async throws {
    let port = CommandLine.arguments.dropFirst().first.map { UInt16($0) } ?? 8080
    guard let port else { fatalError("usage: echo [PORT]") }
    let server = try Server(
      service: Server.Endpoint(
        addresses: [SocketAddress(IPAddress(v4: 0x7f00_0001), port: port)], router: Router(EchoRoutes.all)),
      management: nil, configuration: ServerConfiguration(), registry: Registry(shards: 1),
      accessLog: AccessLog(isJSON: true, scope: [], trustedProxies: []) { _, _ in })
    await server.start()
    print("http://\(server.addresses[0])")
    // Whoever started it waits for the line, on a pipe or a file.
    fflush(nil)
    while true { try await Task.sleep(for: .seconds(3600)) }
  }
}
