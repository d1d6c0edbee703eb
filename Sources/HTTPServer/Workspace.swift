internal import Compression
internal import HTTP

/// What a loop's connections work with, one after the other: buffers, clock and timing wheel.
///
/// The loop lends it to whatever runs on it, which hands it down as an argument: as a local it is free of the checks that
/// Swift makes on each access to a class's fields, which were a fifth of a request's instructions.
struct Workspace: ~Copyable {
  /// A body of so many bytes is in one packet anyway.
  private static var codedMin: Int { 256 }

  /// Where every connection's bytes are received.
  var input: [UInt8]
  /// Answers that are not sent yet.
  var output = OutputBuffer()
  /// The request being read or answered; its arrays keep their storage.
  var request = Request()
  /// The id of the request being answered.
  private(set) var requestID: FieldValue = ""
  private var requestIDs = RequestIDs(seed: .random(in: .min ... .max))
  /// Made for the first answer that is compressed.
  private var gzip: GzipEncoder?
  private var codedBodies: CodedBodies
  var calendar: Calendar
  var deadlines: Deadlines<Connection>
  /// Connections with bytes that wait inside OpenSSL.
  var unread: [Connection] = []
  /// Closed in this batch of events: a later one may still point at them.
  var closed: [Connection] = []
  /// Access lines that are not handed over yet.
  var log: [UInt8] = []
  var logCount = 0

  init(inputCapacity: Int, codedBodies: CodedBodies, calendar: Calendar, deadlines: Deadlines<Connection>) {
    input = [UInt8](repeating: 0, count: inputCapacity)
    self.codedBodies = codedBodies
    self.calendar = calendar
    self.deadlines = deadlines
  }

  /// `response` in the coding that the request's client prefers: gzip, or the identity where that is not smaller.
  ///
  /// - Parameters:
  ///   - level: of gzip, 1 to 9.
  ///   - hit: called when what is kept has no more room.
  mutating func coded(_ response: Response, level: Int, hit: () -> Void) -> Response {
    guard response.body.count > Self.codedMin,
      ContentNegotiation.prefersGzip(acceptEncoding: request.values(of: .acceptEncoding))
    else { return response }
    let key = CodedBodies.Key(response, of: request)
    let body: [UInt8]
    if let key, let kept = codedBodies[key] {
      body = kept
    } else {
      var encoder = gzip.take() ?? GzipEncoder(level: level)
      body = encoder.encode(response.body)
      gzip = consume encoder
      if let key, !codedBodies.keep(body, for: key) { hit() }
    }
    return body.count < response.body.count ? response.gzipped(body) : response
  }

  /// Takes in the client's `X-Request-Id` where it is valid, else makes one.
  mutating func chooseRequestID() {
    // Whether there is one is asked of the fields alone: a request is a large value, which a call copies.
    if request.fields.has(.requestID), let given = request.value(of: .requestID), RequestIDs.isValid(given),
      let id = FieldValue(bytes: Array(given))
    {
      requestID = id
    } else {
      requestID.write(hexadecimal: requestIDs.next())
    }
  }
}
