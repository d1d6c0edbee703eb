/// Why a store cannot be opened.
package enum StoreOpeningError: Error, Sendable {
  case catalog(CatalogError)
  /// The file that is missing cannot be made.
  case store(StoreError)
  /// Another process writes this file.
  case locked(path: String)

  /// One line for each mistake.
  package var lines: [String] {
    switch self {
    case .catalog(let error): error.lines
    case .store(let error): [error.reason]
    case .locked(let path): ["\(path): another process has it open for writing"]
    }
  }
}

extension StoreError {
  /// In a few words: `its file is read-only`.
  package var reason: String {
    switch self {
    case .readOnly(let reason), .full(let reason), .unavailable(let reason), .uncertain(let reason): reason
    case .timedOut(let isUncertain):
      isUncertain ? "it did not answer in time, and may do it yet" : "it did not answer in time"
    }
  }
}

extension EmbeddedProductStore {
  /// What is to be had of a file.
  package enum Purpose: Sendable, Equatable {
    /// To be read, and read again; why nothing is to be written.
    case reading(String)
    /// To be written if that is possible; a file that is missing is made, with these products.
    case writing([Product])
  }

  /// Products in memory alone: `products` at the start.
  ///
  /// - Parameter readOnlyReason: why no change is taken; nil when they are.
  package static func inMemory(
    _ products: [Product], readOnlyReason: String? = nil, limits: CatalogLimits, timeout: Duration,
    milliseconds: @escaping @Sendable () -> Int64
  ) -> EmbeddedProductStore {
    EmbeddedProductStore(
      CatalogSnapshot(products: products, revision: 1), readOnlyReason: readOnlyReason, limits: limits,
      timeout: timeout, milliseconds: milliseconds)
  }

  /// Reads and checks the file, and keeps other processes from writing it where it is to be written. Blocks: call it at
  /// start.
  package static func open(
    path: String, for purpose: Purpose, limits: CatalogLimits, timeout: Duration,
    milliseconds: @escaping @Sendable () -> Int64
  ) throws(StoreOpeningError) -> EmbeddedProductStore {
    let file = CatalogFile(path: path, limits: limits)
    var readOnlyReason: String?
    var lock: Int32?
    switch purpose {
    case .reading(let reason): readOnlyReason = reason
    case .writing(let products):
      switch try claim(file) {
      case .readOnly(let reason): readOnlyReason = reason
      case .taken: throw .locked(path: path)
      case .mine(let held):
        lock = held
        if file.input.identity == nil { try make(file, with: products) }
      }
    }
    let identity = file.input.identity
    do throws(CatalogError) {
      let loaded = try file.load(time: 0)
      return EmbeddedProductStore(
        CatalogSnapshot(products: loaded.products, revision: loaded.revision ?? 0), file: file, identity: identity,
        readOnlyReason: readOnlyReason, lock: lock, limits: limits, timeout: timeout, milliseconds: milliseconds)
    } catch {
      throw .catalog(error)
    }
  }

  private static func claim(_ file: CatalogFile) throws(StoreOpeningError) -> CatalogFile.Claim {
    do throws(CatalogError) { return try file.claim() } catch { throw .catalog(error) }
  }

  private static func make(_ file: CatalogFile, with products: [Product]) throws(StoreOpeningError) {
    let snapshot = CatalogSnapshot(products: products, revision: 1)
    do throws(StoreError) {
      _ = try file.replace(with: ProductFile.json(of: snapshot.entries, revision: snapshot.revision))
    } catch {
      throw .store(error)
    }
  }
}
