import Glibc
import Networking
import Synchronization
import TestSupport

/// Busy clients, each on a thread of its own: they ask, read the answer, and ask again, until nobody listens any more.
final class Clients: Sendable {
  private static let targets = ["/", "/api/products", "/api/products/astrolabe-replica", "/version"]
  private static let (kept, last) = (requests([]), requests(["Connection: close"]))
  /// Seconds that a whole answer may take.
  private static let timeout = 30.0

  let tally: Tally
  private let address: SocketAddress
  private let count: Int
  private let requestsPerConnection: Int
  /// Nanoseconds from one request of a client to its next; nil: as soon as it is answered.
  private let interval: Int64?
  /// Clients that have had a few answers.
  private let warm = Atomic<Int>(0)
  private let gone = Atomic<Int>(0)
  private let isOver = Atomic<Bool>(false)

  /// - Parameters:
  ///   - requestsPerConnection: the last of them says `Connection: close`; `.max` for as long as the server likes.
  ///   - rate: requests a second of all clients together; nil: as many as are answered.
  init(_ count: Int, of address: SocketAddress, requestsPerConnection: Int, rate: Double? = nil, tally: Tally = Tally())
  {
    self.tally = tally
    self.address = address
    self.count = count
    self.requestsPerConnection = requestsPerConnection
    interval = rate.map { Int64(1e9 * Double(count) / $0) }
  }

  /// Waits until each client has been answered three times.
  func warmUp() async throws {
    guard await eventually({ self.warm.load(ordering: .relaxed) == self.count }) else {
      let why = ["\(warm.load(ordering: .relaxed)) of \(count) clients are answered", "\(tally.answered) answers"]
      throw Failure((why + tally.complaints).joined(separator: "; "))
    }
  }

  /// Each client has found that nobody listens any more, or was told to end.
  var areGone: Bool { gone.load(ordering: .relaxed) == count }

  /// Runs `body` while they ask; it ends them, unless they find that nobody listens any more.
  func run<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<count { group.addTask { try await onThread { self.ask(number) } } }
      // The clients end in every case: a group waits for its tasks.
      defer { end() }
      return try await body()
    }
  }

  /// Each client has its last answer and goes.
  func end() { isOver.store(true, ordering: .relaxed) }

  private func ask(_ number: Int) {
    var pace = interval.map { Pace(from: Clock.monotonic + $0 * Int64(number) / Int64(count), every: $0) }
    var asked = 0
    while !isOver.load(ordering: .relaxed), let client = connect() {
      var left = requestsPerConnection
      var isKept = true
      while isKept {
        pace?.wait()
        left -= 1
        let isLast = left == 0 || isOver.load(ordering: .relaxed)
        let requests = isLast ? Self.last : Self.kept
        isKept = exchange(requests[(number + asked) % requests.count], isLast: isLast, on: client)
        asked += 1
        if asked == 3 { warm.add(1, ordering: .relaxed) }
      }
    }
    gone.add(1, ordering: .relaxed)
  }

  private func connect() -> RawClient? {
    do {
      return try RawClient(address, timeout: Self.timeout)
    } catch let error as Errno where error.code == ECONNREFUSED {
      tally.refuse()
    } catch {
      tally.failToConnect("\(error)")
    }
    return nil
  }

  /// One request and its answer; whether the connection is kept.
  private func exchange(_ request: [UInt8], isLast: Bool, on client: RawClient) -> Bool {
    do {
      try client.send(request)
      let answer = try client.response()
      tally.answer(answer.status)
      if !isLast, !answer.closes { return true }
    } catch {
      tally.lose("\(error)")
      return false
    }
    // A reset behind the answer can overtake it on its way to a slower client.
    if client.end() != .finished { tally.lose("no FIN behind the last answer") }
    return false
  }

  private static func requests(_ fields: [String]) -> [[UInt8]] {
    targets.map { target in
      Array((["GET \(target) HTTP/1.1", "Host: vitrine"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
    }
  }
}

/// When an open-loop client sends next: by the clock, however long the last answer took.
struct Pace {
  /// Who is later than this was stopped: what it missed it does not make up for.
  private static let behindMax: Int64 = 1_000_000_000

  private var next: Int64
  private let interval: Int64

  /// Nanoseconds of the monotonic clock.
  init(from first: Int64, every interval: Int64) {
    next = first
    self.interval = interval
  }

  /// Blocks until it is time.
  mutating func wait() {
    let ahead = next - Clock.monotonic
    if ahead > 0 { usleep(UInt32(ahead / 1000)) }
    if -ahead > Self.behindMax { next -= ahead }
    next += interval
  }
}
