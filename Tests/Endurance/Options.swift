/// The command line.
struct Options {
  enum Command: String { case stops, soak, help = "--help" }

  let command: Command
  var binary = ".build/release/vitrine"
  var clients = 60
  var stops = 100
  var kills = false
  var seconds = 60
  var idle = 10_000
  var every = 10
  /// What is not ours is handed to the service.
  var service: [String] = []

  static let usage = """
    usage: endurance stops [option…] [option of the service…]
           endurance soak [option…] [option of the service…]

      stops  SIGTERM under busy clients: with kept connections, with a connection per request, and a second
             SIGTERM that cuts; no request may be lost, each exit must be the right one
      soak   70 % of the load that the machine takes, and idle connections: memory and descriptors must not
             grow, each answer is 2xx, none is lost

      --binary PATH  the release binary                             (.build/release/vitrine)
      --clients N    busy at once                                   (60)
      --stops N      stops: of each kind                            (100)
      --kill         stops: SIGKILL instead, which must lose some: proves that the count counts
      --seconds N    soak: how long, from 8                         (60)
      --idle N       soak: idle connections                         (10000)
      --every N      soak: seconds from one line to the next        (10)

    Any other option is the service's: --drain-delay 0.3.
    """

  init(_ arguments: [String]) throws(Failure) {
    var rest = arguments[...]
    guard let word = rest.popFirst(), let command = Command(rawValue: word) else { throw Failure("\n" + Self.usage) }
    self.command = command
    while let argument = rest.popFirst() {
      switch argument {
      case "--kill": kills = true
      case "--binary": binary = rest.popFirst() ?? ""
      case "--clients": clients = try Self.number(&rest, of: argument, atLeast: 1)
      case "--stops": stops = try Self.number(&rest, of: argument, atLeast: 1)
      case "--seconds": seconds = try Self.number(&rest, of: argument, atLeast: 8)
      case "--idle": idle = try Self.number(&rest, of: argument, atLeast: 0)
      case "--every": every = try Self.number(&rest, of: argument, atLeast: 1)
      default: service.append(argument)
      }
    }
  }

  private static func number(
    _ rest: inout ArraySlice<String>, of option: String, atLeast least: Int
  ) throws(Failure) -> Int {
    guard let number = rest.popFirst().flatMap({ Int($0) }), number >= least else {
      throw Failure("\(option) wants a number, \(least) or above")
    }
    return number
  }

  /// What the service was told last of this option of its own.
  func service(_ option: String) -> String? {
    for (index, argument) in service.enumerated().reversed() {
      if argument == option { return service.dropFirst(index + 1).first }
      if argument.hasPrefix(option + "=") { return String(argument.dropFirst(option.count + 1)) }
    }
    return nil
  }
}
