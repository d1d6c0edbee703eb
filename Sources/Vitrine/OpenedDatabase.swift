internal import Catalog

extension Configuration {
  var namesDatabase: Bool {
    databaseURL != nil || databaseURLFile != nil || cacheURL != nil || cacheURLFile != nil
  }

  /// What is wrong with the options of the database together, and with asking for it in this build.
  fileprivate var databaseMistakes: [String] {
    var mistakes: [String] = []
    let (database, cache) = (databaseURL ?? databaseURLFile, cacheURL ?? cacheURLFile)
    if database != nil, !StoreTraits.hasPostgreSQL {
      mistakes.append("--database-url: this build has no PostgreSQL; build it with --traits PostgreSQL")
    }
    if cache != nil, !StoreTraits.hasRedis {
      mistakes.append("--cache-url: this build has no Redis; build it with --traits Redis")
    }
    if database == nil { mistakes.append("--cache-url: needs a database, which --database-url names") }
    if database != nil, products != nil { mistakes.append("--products: must not be given with a database") }
    if databaseURL != nil, databaseURLFile != nil {
      mistakes.append("--database-url-file: must not be given with --database-url")
    }
    if cacheURL != nil, cacheURLFile != nil {
      mistakes.append("--cache-url-file: must not be given with --cache-url")
    }
    return mistakes
  }
}

#if PostgreSQL

extension OpenedStore {
  /// The database that a configuration names; it is not connected yet.
  ///
  /// - Parameters:
  ///   - timeout: for each call.
  ///   - log: hears of the database coming and going.
  static func database(
    _ configuration: Configuration, timeout: Duration, log: Log
  ) throws(Failure) -> PostgreSQLProductStore {
    let mistakes = configuration.databaseMistakes
    guard mistakes.isEmpty else { throw Failure(mistakes: mistakes, exit: .usage) }
    var settings = PostgreSQLProductStore.Settings()
    settings.connectionsMax = configuration.databaseConnectionsMax
    settings.timeout = timeout
    settings.productsMax = configuration.productsMax
    settings.memoryBytesMax = configuration.memoryCacheBytesMax
    settings.staleMax = configuration.staleMax
    settings.isHardDependency = configuration.storeDependency == .hard
    let url = configuration.databaseSource
    // What is wrong now is a mistake; later, when the file has changed, it is a reason not to reach the database.
    do throws(StoreError) { _ = try url() } catch {
      throw Failure(
        mistakes: [error.reason], exit: configuration.databaseURLFile == nil ? .usage : .configuration)
    }
    let cache = try cache(configuration, log: log)
    return PostgreSQLProductStore(url: url, settings: settings, cache: cache, milliseconds: wallClock) { event in
      switch event {
      case .reachable(let note): log.info("database is reachable", ["store": .string(note)])
      case .unreachable(let reason): log.warning("database cannot be reached", ["reason": .string(reason)])
      }
    }
  }

  #if Redis
  private static func cache(_ configuration: Configuration, log: Log) throws(Failure) -> (any SharedCache)? {
    guard configuration.cacheURL != nil || configuration.cacheURLFile != nil else { return nil }
    let url = configuration.cacheSource
    do throws(StoreError) { _ = try url() } catch {
      throw Failure(mistakes: [error.reason], exit: configuration.cacheURLFile == nil ? .usage : .configuration)
    }
    return RedisCache(
      url: url, connectionsMax: configuration.databaseConnectionsMax, timeToLive: configuration.cacheTTL,
      timeout: configuration.cacheTimeout
    ) { event in
      switch event {
      case .used: log.info("cache is used again")
      case .bypassed(let reason): log.warning("cache is bypassed", ["reason": .string(reason)])
      }
    }
  }
  #else
  private static func cache(_ configuration: Configuration, log: Log) throws(Failure) -> (any SharedCache)? { nil }
  #endif
}

extension Configuration {
  /// The connection string as it is now: given, or read from its file. Blocks.
  fileprivate var databaseSource: @Sendable () throws(StoreError) -> String {
    let (text, file) = (databaseURL, databaseURLFile.map { InputFile(path: $0, bytesMax: Self.urlBytesMax) })
    return { () throws(StoreError) in
      let line = if let text { text } else if let file { try Self.line(of: file) } else { "" }
      guard ConnectionString(line) != nil else {
        // libpq would repeat the part that it does not understand, which may be the password.
        throw .unavailable("\(file?.path ?? "--database-url"): must be a connection string of libpq")
      }
      return line
    }
  }

  #if Redis
  /// Where the cache is now: as given, or read from its file. Blocks.
  fileprivate var cacheSource: @Sendable () throws(StoreError) -> RedisURL {
    let (text, file) = (cacheURL, cacheURLFile.map { InputFile(path: $0, bytesMax: Self.urlBytesMax) })
    return { () throws(StoreError) in
      let line = if let text { text } else if let file { try Self.line(of: file) } else { "" }
      guard let url = RedisURL(line) else {
        throw .unavailable(
          "\(file?.path ?? "--cache-url"): must be redis://[[USER]:PASSWORD@]HOST[:PORT][/DB] or rediss://…")
      }
      return url
    }
  }
  #endif

  private static let urlBytesMax = 64 << 10

  /// What stands in the file, without the newline at its end.
  static func line(of file: InputFile) throws(StoreError) -> String {
    do throws(CatalogError) {
      var bytes = try file.contents()
      while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
      return String(decoding: bytes, as: UTF8.self)
    } catch {
      throw .unavailable(error.lines.first ?? "")
    }
  }

  /// The files that libpq and OpenSSL read by themselves.
  func databaseFiles(_ environment: (String) -> String?) -> [String] {
    guard namesDatabase, let text = try? databaseSource() else { return [] }
    let home = environment("HOME").flatMap { $0 == "/" || $0.isEmpty ? nil : $0 }
    // Debian's authorities are links from /etc to here.
    let authorities = [environment("SSL_CERT_FILE"), environment("SSL_CERT_DIR"), "/usr/share/ca-certificates"]
    return (ConnectionString(text)?.files(home: home) ?? []) + authorities.compactMap(\.self).filter { !$0.isEmpty }
  }
}

#else

extension OpenedStore {
  /// There is none in this build: tells why the options of one are refused.
  static func database(
    _ configuration: Configuration, timeout: Duration, log: Log
  ) throws(Failure) -> EmbeddedProductStore {
    throw Failure(mistakes: configuration.databaseMistakes, exit: .usage)
  }
}

extension Configuration {
  func databaseFiles(_ environment: (String) -> String?) -> [String] { [] }
}

#endif
