internal import Catalog
internal import HTTPServer

/// What a fault does, as `PUT /faults/{name}` has it.
struct FaultSpecification: Sendable {
  /// A closed set: it is a metric's label.
  enum Kind: String, CaseIterable, Sendable {
    // On requests.
    case delay, status, body, abort, truncate, throttle, hang
    // On the process.
    case stuckLoop = "stuck-loop"
    case cpu, memory, descriptors, exit, crash
  }

  enum Target: Sendable {
    case requests(FaultScope, FaultEffect, FaultSelection)
    case process(ProcessFault)
  }

  static let millisecondsMax = 15 * 60 * 1000

  let kind: Kind
  let target: Target
  /// From its beginning to its end.
  let milliseconds: Int
  /// As it was given.
  let json: JSON
}

/// What a fault does to the process itself.
enum ProcessFault: Sendable, Equatable {
  /// A loop of the service's serves nobody: its number from 0.
  case stuckLoop(Int)
  /// So many threads do nothing but run.
  case cpu(cores: Int)
  /// So much more memory is held, and written to, so that it counts.
  case memory(mebibytes: Int)
  /// So many more descriptors are open, or as many as there are.
  case descriptors(count: Int)
  case exit(code: Int)
  case crash(Signal)

  /// Those that a process can cause itself even as PID 1, to which kill(2) sends nothing.
  enum Signal: String, CaseIterable, Sendable {
    case segmentationFault = "SIGSEGV"
    case busError = "SIGBUS"
    case illegalInstruction = "SIGILL"
    case abort = "SIGABRT"
  }
}
