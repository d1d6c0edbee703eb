#if PostgreSQL

internal import Catalog
internal import Metrics

/// What is to be known of a database, besides what is known of every store.
enum DatabaseMetrics {
  static func register(_ store: PostgreSQLProductStore, connectionsMax: Int, in registry: Registry) {
    registry.collectedGauge("vitrine_store_connections_busy", "Connections to the database in use.") {
      Double(store.connectionsBusy)
    }
    registry.collectedGauge("vitrine_store_connections_max", "Connections to the database at most.") {
      Double(connectionsMax)
    }
    registry.collectedCounter("vitrine_store_connection_waits_total", "Calls that found all connections in use.") {
      Double(store.connectionWaits)
    }
    registry.collectedCounter(
      "vitrine_cache_results_total", "Reads of a database's products, by where the answer came from.",
      labels: ["result"]
    ) {
      zip(["hit", "miss", "stale", "bypass"], store.results).map { (labels: [$0], value: Double($1)) }
    }
    #if Redis
    if let cache = store.cache as? RedisCache {
      registry.collectedCounter(
        "vitrine_cache_failures_total", "Calls of Redis that failed, by reason.", labels: ["reason"]
      ) {
        zip(RedisCache.failureReasons, cache.failures).map { (labels: [$0], value: Double($1)) }
      }
    }
    #endif
    registry.collectedCounter(
      "vitrine_memory_cache_evictions_total", "The database's answers that left memory for others."
    ) {
      Double(store.evictions)
    }
  }
}

#endif
