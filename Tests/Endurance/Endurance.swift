import Glibc

/// `swift run -c release endurance`: the release binary, a real process, stopped under load again and again, or loaded
/// for a long time. Unlike the benchmarks it judges: it exits 1 when a request was lost or a bound was passed.
@main enum Endurance {
  static func main() async {
    do {
      let options = try Options(Array(CommandLine.arguments.dropFirst()))
      let isGood =
        switch options.command {
        case .help: true
        case .stops: try await Stops(options).run()
        case .soak: try await Soak(options).run()
        }
      if options.command == .help { show(Options.usage) }
      exit(isGood ? 0 : 1)
    } catch {
      complain("\(error)")
      exit(1)
    }
  }
}

/// What ends the run, in words for the one who started it.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Prints at once, into a pipe too: minutes may pass between two lines.
func show(_ line: String) {
  print(line)
  fflush(nil)
}

func complain(_ line: String) {
  let bytes = Array("endurance: \(line)\n".utf8)
  _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
}
