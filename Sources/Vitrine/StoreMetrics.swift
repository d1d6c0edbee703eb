internal import Catalog
internal import Metrics
internal import Networking

/// What the store is asked, how that ends and how long it takes. What memory answers on a loop is not asked of a store.
struct StoreMetrics: Sendable {
  enum Operation: String, CaseIterable {
    case list, get, create, replace, delete
  }

  private static let results = [
    "ok", "missing", "taken", "precondition", "read-only", "full", "unavailable", "uncertain", "timeout",
  ]
  /// 100 µs to 10 s.
  private static let durations: [UInt64] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000,
    10_000_000,
  ].map { $0 * 1000 }

  private let operations: Counter
  private let durations: Histogram

  init(_ registry: Registry, store: any ProductStore) {
    let operation = Label("operation", Operation.allCases.map(\.rawValue))
    operations = registry.counter(
      "vitrine_store_operations_total", "What the store was asked, by operation and result.",
      labels: [operation, Label("result", Self.results)], initial: { $0[1] == "ok" })
    durations = registry.histogram(
      "vitrine_store_operation_duration_seconds", "Seconds until the store answered, by operation.",
      labels: [operation], bounds: Self.durations, unitsPerBase: 1_000_000_000, initial: { _ in true })
    registry.collectedGauge("vitrine_store_up", "1 while the store answers.") { store.status.isReachable ? 1 : 0 }
    registry.collectedGauge("vitrine_catalog_products", "Products in the catalogue.") {
      store.count.map(Double.init)
    }
    registry.collectedGauge("vitrine_catalog_revision", "Revision of the catalogue: one more with each commit.") {
      store.status.revision.map(Double.init)
    }
  }

  /// Asks the store and counts.
  func measure<Answer: Sendable>(
    _ operation: Operation, _ ask: () async throws(StoreError) -> Answer, result: (Answer) -> String
  ) async throws(StoreError) -> Answer {
    let began = Clock.monotonic
    do throws(StoreError) {
      let answer = try await ask()
      count(operation, result(answer), since: began)
      return answer
    } catch {
      count(operation, error.label, since: began)
      throw error
    }
  }

  private func count(_ operation: Operation, _ result: String, since began: Int64) {
    if let cell = operations.cell(operation.rawValue, result) { operations.addShared(at: cell) }
    let index = Operation.allCases.firstIndex(of: operation) ?? 0
    durations.observeShared(UInt64(max(Clock.monotonic - began, 0)), at: index)
  }
}

extension StoreError {
  fileprivate var label: String {
    switch self {
    case .readOnly: "read-only"
    case .full: "full"
    case .unavailable: "unavailable"
    case .uncertain: "uncertain"
    case .timedOut: "timeout"
    }
  }
}

extension ChangeOutcome {
  /// A `result` of the metrics.
  var label: String {
    switch self {
    case .created, .replaced, .unchanged, .deleted: "ok"
    case .missing: "missing"
    case .taken: "taken"
    case .preconditionFailed: "precondition"
    }
  }
}
