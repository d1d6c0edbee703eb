internal import Catalog
internal import Glibc
internal import Networking

/// `vitrine products import FILE` and `export [FILE]`: between a file and the store that the options name.
package struct ProductsCommand: Sendable, Equatable {
  package enum Action: Sendable, Equatable {
    /// Creates or replaces the file's products, all or none; the store's others stay.
    case importing(file: String)
    /// Nil: to standard output.
    case exporting(file: String?)
  }

  package let action: Action
  package let configuration: Configuration

  /// - Parameter operands: what follows `products` on the command line.
  init(operands: [String], configuration: Configuration) throws(UsageError) {
    self.configuration = configuration
    switch (operands.first, operands.dropFirst().first) {
    case ("import", let file?): action = .importing(file: file)
    case ("import", nil): throw UsageError(mistakes: ["products import: needs a file"])
    case ("export", let file): action = .exporting(file: file)
    case (let word?, _): throw UsageError(mistakes: ["products \(word): must be import or export"])
    case (nil, _): throw UsageError(mistakes: ["products: needs import or export"])
    }
    guard configuration.products != nil || configuration.namesDatabase else {
      throw UsageError(mistakes: ["products: needs a store, which --products or --database-url names"])
    }
  }

  func run() async -> Exit {
    do throws(OpenedStore.Failure) {
      switch action {
      case .importing(let file): try await importAll(of: file)
      case .exporting(let file): try await exportAll(to: file)
      }
      return .success
    } catch {
      for mistake in error.mistakes { complain("vitrine: \(mistake)") }
      return error.exit
    }
  }

  private func importAll(of path: String) async throws(OpenedStore.Failure) {
    let products: [Product]
    do throws(CatalogError) {
      products = try CatalogFile(path: path, limits: configuration.catalogLimits).load(
        time: Clock.realtime / 1_000_000
      ).products
    } catch {
      throw OpenedStore.Failure(mistakes: error.lines, exit: .configuration)
    }
    let store = try await store(for: .writing([]))
    let changes = products.map { ProductChange(id: $0.id, .restore($0)) }
    let outcomes = try await asked { () async throws(StoreError) in try await store.apply(changes) }
    let changed = outcomes.count { $0.stored != nil }
    print("imported \(products.count) products, \(changed) of them new or changed: \(store.status.note)")
    store.finish()
  }

  private func exportAll(to path: String?) async throws(OpenedStore.Failure) {
    let store = try await store(for: .reading("it is only read"))
    let bytes = try await wholeFile(of: store)
    store.finish()
    guard let path else {
      return try written(bytes, to: STDOUT_FILENO, name: "standard output")
    }
    do throws(StoreOpeningError) {
      try CatalogFile(path: path, limits: configuration.catalogLimits).replaceUnclaimed(with: bytes)
    } catch {
      throw OpenedStore.Failure(error, otherwise: .failure)
    }
  }

  /// All pages, of one revision: a store knows at least that of each page that it has answered, so when it is the same
  /// before and after, nothing was changed in between.
  private func wholeFile(of store: any ProductStore) async throws(OpenedStore.Failure) -> [UInt8] {
    for _ in 0..<Self.triesMax {
      let revision = store.status.revision ?? 0
      var entries: [CatalogEntry] = []
      var query = ProductQuery(limit: 1000)
      repeat {
        let page = try await asked { () async throws(StoreError) in try await store.page(query) }
        entries += page.value.entries
        query.after = page.value.next
      } while query.after != nil
      if store.status.revision ?? 0 == revision { return ProductFile.json(of: entries, revision: revision) }
    }
    throw OpenedStore.Failure(
      mistakes: ["the database: was changed in the midst of each of \(Self.triesMax) exports"], exit: .failure)
  }

  private static let triesMax = 10

  private func store(for purpose: EmbeddedProductStore.Purpose) async throws(OpenedStore.Failure) -> any ProductStore {
    // An import is one call, and may take longer than a request should.
    let timeout = max(configuration.storeTimeout, .seconds(600))
    guard configuration.namesDatabase else {
      return try OpenedStore.file(configuration.products ?? "", for: purpose, configuration, timeout: timeout)
    }
    let log = Log(level: .error, writer: LogWriter(descriptor: STDERR_FILENO, waitingBytesMax: 1 << 16, format: .text))
    let store = try OpenedStore.database(configuration, timeout: timeout, log: log)
    #if PostgreSQL
    store.connect()
    do throws(StoreError) { try await store.connected() } catch {
      throw OpenedStore.Failure(mistakes: ["the database: \(error.reason)"], exit: .unavailable)
    }
    #endif
    return store
  }

  private func asked<Answer: Sendable>(
    _ ask: () async throws(StoreError) -> Answer
  ) async throws(OpenedStore.Failure) -> Answer {
    do throws(StoreError) {
      return try await ask()
    } catch {
      throw OpenedStore.Failure(
        mistakes: ["\(configuration.products ?? "the database"): \(error.reason)"], exit: .failure)
    }
  }

  private func written(_ bytes: [UInt8], to descriptor: Int32, name: String) throws(OpenedStore.Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw OpenedStore.Failure(mistakes: ["\(name): \(Errno("write"))"], exit: .failure)
      }
      rest = rest.dropFirst(count)
    }
  }
}
