internal import HTTP

/// What a loop's connections work with, one after the other: buffers, clock and timing wheel.
///
/// The loop lends it to whatever runs on it, which hands it down as an argument: as a local it is free of the checks that
/// Swift makes on each access to a class's fields, which were a fifth of a request's instructions.
struct Workspace: ~Copyable {
  /// Where every connection's bytes are received.
  var input: [UInt8]
  /// Answers that are not sent yet.
  var output = OutputBuffer()
  /// The request being read or answered; its arrays keep their storage.
  var request = Request()
  /// The id of the request being answered.
  private(set) var requestID: FieldValue = ""
  private var requestIDs = RequestIDs(seed: .random(in: .min ... .max))
  var calendar: Calendar
  var deadlines: Deadlines<Connection>
  /// Closed in this batch of events: a later one may still point at them.
  var closed: [Connection] = []
  /// Access lines that are not handed over yet.
  var log: [UInt8] = []
  var logCount = 0

  init(inputCapacity: Int, calendar: Calendar, deadlines: Deadlines<Connection>) {
    input = [UInt8](repeating: 0, count: inputCapacity)
    self.calendar = calendar
    self.deadlines = deadlines
  }

  /// Takes in the client's `X-Request-Id` where it is valid, else makes one.
  mutating func chooseRequestID() {
    if let given = request.value(of: .requestID), RequestIDs.isValid(given), let id = FieldValue(bytes: Array(given)) {
      requestID = id
    } else {
      requestID.write(hexadecimal: requestIDs.next())
    }
  }
}
