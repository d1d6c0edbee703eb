internal import HTTP
internal import Networking

/// The wall clock of a loop: read once a second, so that a step of the clock is followed within one.
struct Calendar {
  private static let second: Int64 = 1_000_000_000

  /// What every answer carries: `Date: Sat, 21 Nov 2026 12:00:00 GMT\r\n` (RFC 9110 §6.6.1), then `fields`.
  private(set) var commonFields: [UInt8] = []
  private let fields: [UInt8]
  private var goodUntil = Int64.min
  /// What the wall clock is ahead of the monotonic one.
  private var offset: Int64 = 0
  private let realtime: () -> Int64

  init(fields: [UInt8], realtime: @escaping () -> Int64 = { Clock.realtime }) {
    self.fields = fields
    self.realtime = realtime
  }

  /// Renders the line anew where the second has changed. `now` is monotonic nanoseconds.
  mutating func turn(to now: Int64) {
    guard now >= goodUntil else { return }
    let wall = realtime()
    offset = wall - now
    goodUntil = now + Self.second - wall % Self.second
    commonFields.removeAll(keepingCapacity: true)
    commonFields.append(literal: "Date: ")
    HTTPDate.append(wall / Self.second, to: &commonFields)
    commonFields.append(literal: "\r\n")
    commonFields += fields
  }

  /// Milliseconds since 1970 at the monotonic instant `now`.
  func milliseconds(at now: Int64) -> Int64 {
    (now + offset) / 1_000_000
  }
}
