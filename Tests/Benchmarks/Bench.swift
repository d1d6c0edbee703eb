import Foundation

/// A server's name and how it is started: its command line for a port.
struct Recipe {
  enum Name: String { case floor, nginx, vitrine }

  let name: Name
  let logs: Bool
  let command: (_ port: Int) throws -> [String]

  var title: String { name.rawValue + (logs ? ", access log" : "") }
}

/// The options, a temporary folder that goes when the run ends, and the servers that answer the same bytes.
final class Bench {
  let options: Options
  private let folder: String

  init(_ options: Options) throws {
    self.options = options
    folder = NSTemporaryDirectory() + "/vitrine-benchmarks-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    guard FileManager.default.isExecutableFile(atPath: options.binary) else {
      throw Failure("\(options.binary): no such program; `swift build -c release --product vitrine` makes it")
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func file(_ name: String) -> String { folder + "/" + name }

  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  func has(_ program: String) -> Bool {
    let found = FileManager.default.isExecutableFile(atPath: program)
    if !found { show("\(program) is not installed: left out") }
    return found
  }

  func request(closing: Bool = false) -> String {
    "GET \(options.path) HTTP/1.1\r\nHost: 127.0.0.1\r\n" + (closing ? "Connection: close\r\n" : "") + "\r\n"
  }

  func vitrine(logs: Bool) -> Recipe {
    Recipe(name: .vitrine, logs: logs) { [options] port in
      [options.binary, "serve", "--host=127.0.0.1", "--port=\(port)", "--loops=1", "--access-log=\(logs)"]
    }
  }

  /// nginx that gives the same answer.
  ///
  /// - Parameter more: directives of its server.
  func nginx(answering answer: Answer, logs: Bool, more: String = "") -> Recipe {
    Recipe(name: .nginx, logs: logs) { [unowned self] port in
      // A folder of its own: nginx makes its temporary folders there.
      let prefix = file("nginx-\(port)")
      try FileManager.default.createDirectory(atPath: prefix, withIntermediateDirectories: true)
      let configuration = nginxConfiguration(answering: answer, port: port, logs: logs, more: more)
      let path = try write(Array(configuration.utf8), to: "nginx-\(port)/nginx.conf")
      return [options.nginx, "-p", prefix, "-c", path, "-e", "\(prefix)/error.log"]
    }
  }

  /// The bare epoll loop that sends the same bytes. SwiftPM puts it beside this program.
  func floor(answering answer: Answer, closing: Answer) throws -> Recipe {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let floor = URL(fileURLWithPath: own).deletingLastPathComponent().path + "/epoll-floor"
    let files = [try write(answer.bytes, to: "answer"), try write(closing.bytes, to: "closing")]
    return Recipe(name: .floor, logs: false) { port in [floor, String(port)] + files }
  }
}

/// A server that runs and has answered.
final class Server {
  let recipe: Recipe
  let port: Int
  let process: Child
  /// From just before the fork to the first 200, in milliseconds.
  let startMilliseconds: Double

  /// Without a core it is started unpinned, and with nothing before its own start to be timed.
  init(_ recipe: Recipe, on bench: Bench, core: Int?) throws {
    self.recipe = recipe
    port = try Client.freePort()
    let command = try recipe.command(port)
    let began = ContinuousClock.now
    process = try Child(command, core: core, errors: bench.file("\(recipe.name)-\(port).err"))
    try Server.awaitFirstAnswer(bench.request(), port: port, of: process)
    startMilliseconds = (ContinuousClock.now - began) / .milliseconds(1)
  }

  private static func awaitFirstAnswer(_ request: String, port: Int, of process: Child) throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      if let client = Client(port: port) {
        let status = try client.exchange(request).status
        guard status == 200 else { throw Failure("the first answer on port \(port) has status \(status)") }
        return
      }
      guard !process.hasEnded() else { break }
      usleep(50)
    }
    throw Failure("no server on port \(port): \(process.lastErrors)")
  }
}
