internal import Catalog
internal import Networking

/// The store that a configuration names.
enum OpenedStore {
  /// Why there is none.
  struct Failure: Error {
    let mistakes: [String]
    let exit: Exit

    init(mistakes: [String], exit: Exit) {
      self.mistakes = mistakes
      self.exit = exit
    }

    /// Another writer may be gone the next time; `exit` is for the rest.
    init(_ error: StoreOpeningError, otherwise exit: Exit) {
      mistakes = error.lines
      if case .locked = error { self.exit = .unavailable } else { self.exit = exit }
    }
  }

  /// Opens the store for the service. A database is not asked before it is told to connect.
  ///
  /// - Parameter mayWrite: whether anybody may change something; else nothing is made and nothing locked.
  static func forService(
    _ configuration: Configuration, mayWrite: Bool, log: Log
  ) throws(Failure) -> any ProductStore {
    if configuration.namesDatabase {
      return try database(configuration, timeout: configuration.storeTimeout, log: log)
    }
    guard let path = configuration.products else {
      return EmbeddedProductStore.inMemory(
        SampleProducts.products, readOnlyReason: mayWrite ? nil : nobodyMay, limits: configuration.catalogLimits,
        timeout: configuration.storeTimeout,
        milliseconds: wallClock)
    }
    let purpose: EmbeddedProductStore.Purpose =
      mayWrite ? .writing(SampleProducts.products) : .reading(nobodyMay)
    return try file(path, for: purpose, configuration, timeout: configuration.storeTimeout)
  }

  static func file(
    _ path: String, for purpose: EmbeddedProductStore.Purpose, _ configuration: Configuration, timeout: Duration
  ) throws(Failure) -> EmbeddedProductStore {
    do throws(StoreOpeningError) {
      return try .open(
        path: path, for: purpose, limits: configuration.catalogLimits, timeout: timeout,
        milliseconds: wallClock)
    } catch {
      throw Failure(error, otherwise: .configuration)
    }
  }

  private static let nobodyMay = "no --write-token-file is given"

  static let wallClock: @Sendable () -> Int64 = { Clock.realtime / 1_000_000 }
}

extension Configuration {
  var catalogLimits: CatalogLimits {
    CatalogLimits(productsMax: productsMax, fileBytesMax: productsFileBytesMax, waitingMax: productsWaitingMax)
  }
}
