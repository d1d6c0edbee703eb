/// Which stores this build can talk to: package traits decide.
package enum StoreTraits {
  #if PostgreSQL
  package static let hasPostgreSQL = true
  #else
  package static let hasPostgreSQL = false
  #endif

  #if Redis
  package static let hasRedis = true
  #else
  package static let hasRedis = false
  #endif

  /// For the title of their options: ` (not in this build)`.
  static var note: String {
    hasRedis ? "" : hasPostgreSQL ? " (no Redis in this build)" : " (not in this build)"
  }
}
