internal import Networking

/// Who probes this instance, where, how often and with which result. Pure: instants and durations are nanoseconds of a
/// monotonic clock.
struct ProbeLedger: Sendable {
  /// Beyond it the entry leaves that was seen longest ago: what probes at all comes back.
  static let entriesMax = 256
  /// Different status codes that an entry counts; the others are counted together.
  static let codesMax = 16

  struct Key: Hashable, Sendable {
    var prober: Prober
    var address: IPAddress
    /// `http` or `management`.
    var listener: String
    var path: String
  }

  struct Entry: Sendable, Equatable {
    private(set) var count = 0
    let first: Int64
    private(set) var last: Int64
    /// Between one probe and the next: nil before there were two.
    private(set) var shortest: Int64?
    private(set) var longest: Int64?
    /// How often each status was answered; by 0 what was none of the first `codesMax`.
    private(set) var results: [UInt16: Int] = [:]
    /// Connections on which no answer came.
    private(set) var unanswered = 0
    private(set) var slowest: Int64 = 0
    private var previous: Int64?
    /// The differences between one interval and the next, added up.
    private var variation: Int64 = 0

    fileprivate init(at now: Int64) {
      first = now
      last = now
    }

    /// The mean of the intervals; nil before there were two probes.
    var interval: Int64? { count > 1 ? (last - first) / Int64(count - 1) : nil }

    /// The mean difference between an interval and the next; nil before there were two intervals.
    var jitter: Int64? { count > 2 ? variation / Int64(count - 2) : nil }

    fileprivate mutating func note(_ status: UInt16?, duration: Int64, at now: Int64) {
      if count > 0 {
        let interval = max(now - last, 0)
        shortest = min(shortest ?? interval, interval)
        longest = max(longest ?? interval, interval)
        if let previous { variation += abs(interval - previous) }
        previous = interval
      }
      count += 1
      last = max(last, now)
      guard let status else { return unanswered += 1 }
      let code = results[status] != nil || results.count < ProbeLedger.codesMax ? status : 0
      results[code, default: 0] += 1
      slowest = max(slowest, duration)
    }
  }

  private(set) var entries: [Key: Entry] = [:]
  /// How many entries have left.
  private(set) var evictions = 0

  /// - Parameter status: nil where no answer came.
  mutating func note(_ key: Key, status: UInt16?, duration: Int64, at now: Int64) {
    if entries[key] == nil, entries.count >= Self.entriesMax,
      let oldest = entries.min(by: { $0.value.last < $1.value.last })?.key
    {
      entries[oldest] = nil
      evictions += 1
    }
    entries[key, default: Entry(at: now)].note(status, duration: duration, at: now)
  }
}
