internal import HTTP
internal import Networking

/// The wall clock of a loop: read once a second, so that a step of the clock is followed within one.
struct Calendar {
  private static let nanoseconds: Int64 = 1_000_000_000

  /// What every answer carries: Date, then `fields`.
  private(set) var commonFields: ResponseFields = [:]
  private let fields: ResponseFields
  /// The second of both, since 1970.
  private var second: Int64 = 0
  /// `2026-11-21T12:00:00.`
  private var timestampPrefix: [UInt8] = []
  private var goodUntil = Int64.min
  /// What the wall clock is ahead of the monotonic one.
  private var offset: Int64 = 0
  private let realtime: () -> Int64

  init(fields: ResponseFields, realtime: @escaping () -> Int64 = { Clock.realtime }) {
    self.fields = fields
    self.realtime = realtime
  }

  /// Renders the line anew where the second has changed. `now` is monotonic nanoseconds.
  mutating func turn(to now: Int64) {
    guard now >= goodUntil else { return }
    let wall = realtime()
    offset = wall - now
    goodUntil = now + Self.nanoseconds - wall % Self.nanoseconds
    commonFields.removeAll()
    commonFields.addDate(wall / Self.nanoseconds)
    commonFields.add(fields)
    second = wall / Self.nanoseconds
    timestampPrefix.removeAll(keepingCapacity: true)
    Timestamp.append(milliseconds: second * 1000, to: &timestampPrefix)
    timestampPrefix.removeLast("000Z".utf8.count)
  }

  /// Appends the monotonic instant `now` as RFC 3339 with milliseconds: of a second that has been rendered, only those.
  func appendTimestamp(at now: Int64, to output: inout OutputSpan<UInt8>) {
    let milliseconds = (now + offset) / 1_000_000
    if milliseconds / 1000 == second {
      output.append(copying: timestampPrefix.span)
      output.append(decimal: Int(milliseconds % 1000), width: 3)
      output.append(UInt8(ascii: "Z"))
    } else {
      var timestamp: [UInt8] = []
      Timestamp.append(milliseconds: milliseconds, to: &timestamp)
      output.append(copying: timestamp.span)
    }
  }
}
