/// The command line.
struct Options {
  enum Part: String, CaseIterable { case micro, wire, tls, gzip, footprint, catalogue }

  var parts: [Part] = []
  var binary = ".build/release/vitrine"
  var nginx = "/usr/sbin/nginx"
  var wrk = "/usr/bin/wrk"
  var path = "/"
  var loads = Load.allCases
  var rounds = 5
  var seconds = 3
  var serverCore = 0
  var loadCore = 1
  var help = false

  static let usage = """
    usage: benchmarks [micro] [wire] [tls] [gzip] [footprint] [catalogue] [option…]   (all where none is named)

      micro      parse and encode, in nanoseconds
      wire       vitrine, nginx and the bare epoll loop under wrk, interleaved
      tls        HTTPS beside nginx: requests, handshakes, memory
      gzip       a JSON of ten kilobytes, compressed, beside nginx
      footprint  memory, start time, binary size
      catalogue  100,000 products in a file: import, pages, changes, memory

      --binary PATH    the release binary      (.build/release/vitrine)
      --nginx PATH     the peer                (/usr/sbin/nginx)
      --wrk PATH       the load                (/usr/bin/wrk)
      --path PATH      what is asked for       (/)
      --load TEXT      of wire: those whose names have it
      --rounds N       medians are over these  (5)
      --seconds N      of load a run           (3)
      --server-core N  the servers' core       (0)
      --load-core N    the load's core         (1)
    """

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if let part = Part(rawValue: argument) {
        parts.append(part)
      } else if argument == "--help" {
        help = true
      } else {
        guard let value = rest.popFirst() else {
          throw Failure("\(argument): no such part, or no value\n\(Self.usage)")
        }
        try set(argument, to: value)
      }
    }
    if parts.isEmpty { parts = Part.allCases }
  }

  private mutating func set(_ name: String, to value: String) throws {
    func number(atLeast least: Int) throws -> Int {
      guard let number = Int(value), number >= least else { throw Failure("\(name) wants a number ≥ \(least)") }
      return number
    }
    switch name {
    case "--binary": binary = value
    case "--nginx": nginx = value
    case "--wrk": wrk = value
    case "--path": path = value
    case "--load":
      loads = Load.allCases.filter { $0.rawValue.contains(value) }
      guard !loads.isEmpty else { throw Failure("--load \(value): none of \(Load.allCases.map(\.rawValue))") }
    case "--rounds": rounds = try number(atLeast: 1)
    case "--seconds": seconds = try number(atLeast: 1)
    case "--server-core": serverCore = try number(atLeast: 0)
    case "--load-core": loadCore = try number(atLeast: 0)
    default: throw Failure("\(name): no such option\n\(Self.usage)")
    }
  }
}
