internal import Catalog
internal import HTTP
internal import HTTPServer
internal import Networking

/// What a JSON object says of a fault, with every mistake in it. Pure.
struct FaultReading {
  private(set) var specification: FaultSpecification?
  private(set) var mistakes: [Mistake]
  private var fields: ObjectReading
  private let routes: [String]
  private let loops: Int

  /// - Parameters:
  ///   - routes: templates that a scope may name.
  ///   - loops: how many the service has.
  ///   - seed: of the choices where the scope gives none.
  init(_ json: JSON, routes: [String], loops: Int, seed: UInt64) {
    self.routes = routes
    self.loops = loops
    mistakes = []
    fields = ObjectReading(json)
    let kinds = FaultSpecification.Kind.allCases.map(\.rawValue)
    let kind = fields.word("kind", among: kinds, isRequired: true).flatMap(FaultSpecification.Kind.init)
    let milliseconds = fields.seconds("seconds", 1...FaultSpecification.millisecondsMax, isRequired: true)
    guard let kind else {
      // Which fields there may be is the kind's to say.
      mistakes = fields.mistakes
      return
    }
    var target: FaultSpecification.Target?
    if let effect = effect(of: kind) {
      let (scope, selection) = readScope(seed: seed)
      target = effect.map { .requests(scope, $0, selection) }
    } else {
      target = processFault(of: kind).map { .process($0) }
    }
    mistakes += fields.finish("the kind \(kind.rawValue)")
    guard mistakes.isEmpty, let target, let milliseconds else { return }
    specification = FaultSpecification(kind: kind, target: target, milliseconds: milliseconds, json: json)
  }

  /// Nil for a kind on the process; a present nil where a field is missing or wrong.
  private mutating func effect(of kind: FaultSpecification.Kind) -> FaultEffect?? {
    switch kind {
    case .delay:
      let milliseconds = fields.integer("milliseconds", 1...60_000, isRequired: true)
      let jitter = fields.integer("jitter", 0...(milliseconds ?? 60_000))
      return .some(milliseconds.map { .delay(milliseconds: $0, jitter: jitter ?? 0) })
    case .status:
      let code = fields.integer("code", 200...599, isRequired: true)
      let retryAfter = fields.integer("retryAfter", 0...86_400)
      return .some(code.map { .status(Status(code: UInt16($0)), retryAfter: retryAfter) })
    case .body:
      let rule = "must be a string of at most 1000 characters"
      let text = fields.text("text", rule, isRequired: true) { $0.unicodeScalars.count <= 1000 }
      return .some(text.map { .body(Array($0.utf8)) })
    case .abort:
      let at = fields.word("at", among: Delivery.Cut.allCases.map(\.rawValue), isRequired: true)
      return .some(at.flatMap(Delivery.Cut.init).map { .delivery(.reset($0)) })
    case .truncate:
      let how = fields.word("how", among: ["length", "chunk"], isRequired: true)
      return .some(how.map { .delivery(.truncated(isChunked: $0 == "chunk")) })
    case .throttle:
      let rate = fields.integer("bytesPerSecond", 1...1_000_000_000, isRequired: true)
      return .some(rate.map { .delivery(.throttled(bytesPerSecond: $0)) })
    case .hang: return .some(.delivery(.withheld))
    case .stuckLoop, .cpu, .memory, .descriptors, .exit, .crash: return nil
    }
  }

  private mutating func processFault(of kind: FaultSpecification.Kind) -> ProcessFault? {
    switch kind {
    case .stuckLoop: fields.integer("loop", 0...loops - 1, isRequired: true).map { .stuckLoop($0) }
    case .cpu: fields.integer("cores", 1...64, isRequired: true).map { .cpu(cores: $0) }
    case .memory: fields.integer("mebibytes", 1...65_536, isRequired: true).map { .memory(mebibytes: $0) }
    case .descriptors: fields.integer("count", 1...1_000_000, isRequired: true).map { .descriptors(count: $0) }
    case .exit: fields.integer("code", 0...255, isRequired: true).map { .exit(code: $0) }
    case .crash:
      fields.word("signal", among: ProcessFault.Signal.allCases.map(\.rawValue), isRequired: true)
        .flatMap(ProcessFault.Signal.init).map { .crash($0) }
    case .delay, .status, .body, .abort, .truncate, .throttle, .hang: nil
    }
  }

  private mutating func readScope(seed: UInt64) -> (FaultScope, FaultSelection) {
    var scope = FaultScope()
    guard var fields = fields.object("scope") else { return (scope, FaultSelection(seed: seed)) }
    scope.route = fields.word("route", among: routes)
    let methods = Method.allCases.filter { $0 != .other }
    scope.method = fields.word("method", among: methods.map(\.name)).flatMap { name in
      methods.first { $0.name == name }
    }
    let header = fields.text("header", "must be a field's name, or a name, a colon and a value") {
      FaultScope.Header($0) != nil
    }
    scope.header = header.flatMap { FaultScope.Header($0) }
    let client = fields.text("client", "must be an address or a network in CIDR notation") { IPNetwork($0) != nil }
    scope.clients = client.flatMap { IPNetwork($0) }
    let percentage = fields.integer("percentage", 1...100)
    var selection = FaultSelection(seed: fields.integer("seed", 0...Self.seedMax).map { UInt64($0) } ?? seed)
    selection.percentage = percentage ?? 100
    selection.count = fields.integer("count", 1...1_000_000)
    selection.period = fields.seconds("period", 2...FaultSpecification.millisecondsMax).map { Int64($0) * 1_000_000 }
    mistakes += fields.finish("a scope")
    return (scope, selection)
  }

  /// What every reader of JSON keeps exact, RFC 8259 §6.
  static let seedMax = 9_007_199_254_740_991
}

extension FaultScope.Header {
  /// `X-Canary` for any value, `X-Canary: yes` for one; nil for anything else.
  fileprivate init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    // With the prefix, the names that only the encoder may write are tokens like any other.
    guard !name.isEmpty, ResponseFieldName("X-" + name) != nil else { return nil }
    let value = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : nil
    if let value, FieldValue(value) == nil { return nil }
    self.init(name: name, value: value)
  }
}
