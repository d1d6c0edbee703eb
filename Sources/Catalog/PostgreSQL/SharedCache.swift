#if PostgreSQL

/// A cache that replicas share, in front of the store that they share. It never fails: what it cannot do is told, and
/// the store is asked. No call takes longer than a deadline of its own.
package protocol SharedCache: Sendable {
  func value(for key: String) async -> SharedCacheAnswer
  /// Keeps it for the cache's time to live, if it can.
  func set(_ value: [UInt8], for key: String) async
}

package enum SharedCacheAnswer: Sendable {
  case found([UInt8])
  /// It has none. `isMine`: whoever got this first is to set it; the others had better wait a moment.
  case missing(isMine: Bool)
  /// It is down or slow.
  case unavailable
}

#endif
