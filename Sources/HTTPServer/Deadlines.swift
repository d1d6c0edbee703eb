/// What a timing wheel keeps: something with a deadline, and the place where the wheel holds it.
protocol Deadlined: AnyObject {
  /// Nanoseconds of the monotonic clock; `Int64.max` is never.
  var deadline: Int64 { get }
  var place: DeadlinePlace { get set }
}

struct DeadlinePlace {
  /// The tick in whose bucket the entry stands; nil when it is in none.
  var tick: Int64?
  var index = 0
}

/// A coarse timing wheel. An entry whose deadline moves later stays where it is and is looked at again when its bucket
/// is due: a request on a kept connection costs the wheel nothing.
struct Deadlines<Entry: Deadlined> {
  /// 50 ms.
  static var tick: Int64 { 50_000_000 }
  private static var size: Int64 { 512 }

  private var buckets: [[Entry]]
  private var current: Int64
  private(set) var count = 0

  init(now: Int64) {
    buckets = Array(repeating: [], count: Int(Self.size))
    current = now / Self.tick
  }

  /// Holds `entry` for its deadline; called again whenever that has changed.
  mutating func schedule(_ entry: Entry) {
    let due = min(max(dueTick(entry.deadline), current), current + Self.size - 1)
    if let tick = entry.place.tick {
      if tick <= due { return }
      remove(entry)
    }
    insert(entry, at: due)
  }

  mutating func remove(_ entry: Entry) {
    guard let tick = entry.place.tick else { return }
    let bucket = Int(tick % Self.size)
    let last = buckets[bucket].removeLast()
    if last !== entry {
      buckets[bucket][entry.place.index] = last
      last.place.index = entry.place.index
    }
    entry.place.tick = nil
    count -= 1
  }

  /// Takes out an entry whose deadline has passed; nil when there is none left.
  mutating func popExpired(at now: Int64) -> Entry? {
    let end = now / Self.tick
    // After a silence longer than a round, one round visits every bucket.
    current = max(current, end - Self.size + 1)
    while true {
      if let entry = buckets[Int(current % Self.size)].last {
        remove(entry)
        if entry.deadline <= now { return entry }
        insert(entry, at: min(max(dueTick(entry.deadline), end + 1), current + Self.size - 1))
      } else if current < end {
        current += 1
      } else {
        return nil
      }
    }
  }

  /// The instant at which the next bucket wants looking at; nil when the wheel is empty.
  var next: Int64? {
    guard count > 0 else { return nil }
    let tick = (current..<current + Self.size).first { !buckets[Int($0 % Self.size)].isEmpty }
    return tick.map { $0 * Self.tick }
  }

  private func dueTick(_ deadline: Int64) -> Int64 {
    // Rounded up: a bucket is looked at when all its deadlines have passed.
    deadline / Self.tick + 1
  }

  private mutating func insert(_ entry: Entry, at tick: Int64) {
    let bucket = Int(tick % Self.size)
    entry.place = DeadlinePlace(tick: tick, index: buckets[bucket].count)
    buckets[bucket].append(entry)
    count += 1
  }
}
