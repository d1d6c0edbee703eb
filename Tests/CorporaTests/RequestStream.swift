import HTTP

@testable import HTTPServer

/// What parser and body reader make of a client's bytes, as a connection has them read it: one request after the other,
/// in pieces of any size. Pure.
struct RequestStream: Equatable {
  /// A request that was read to its end.
  struct Message: Equatable {
    var head: [UInt8]
    var refusal: RequestError?
    var body: [UInt8] = []
  }

  /// What became of the bytes behind the last message.
  enum End: Equatable {
    /// More of them may follow.
    case open
    case refused(RequestError)
    /// The last message was the last one: what follows is not read.
    case closed
  }

  private static let limits = RequestParser.Limits()

  private(set) var messages: [Message] = []
  private(set) var end = End.open
  /// A head is complete, its body is not.
  private(set) var isInBody = false
  /// Bytes of the piece that were not used, with those before them that were not.
  private var rest: [UInt8] = []
  private var request = Request()
  private var reader: BodyReader?
  private var body: [UInt8]? = []

  /// All bytes so far are the beginning of a head.
  var hasTakenNothing: Bool { messages.isEmpty && !isInBody && end == .open }

  static func == (one: RequestStream, other: RequestStream) -> Bool {
    one.end == other.end && one.isInBody == other.isInBody && one.body == other.body && one.messages == other.messages
      && (one.end != .open || one.rest == other.rest)
  }

  init() {}

  init(_ pieces: ArraySlice<UInt8>...) {
    for piece in pieces { feed(piece) }
  }

  mutating func feed(_ piece: ArraySlice<UInt8>) {
    guard end == .open else { return }
    rest += piece
    let input = rest
    var position = 0
    do throws(RequestError) {
      while end == .open, position < input.count {
        if isInBody {
          try reader?.read(input.span, at: &position, into: &body)
          if reader?.isComplete == true { finish() }
        } else {
          let parser = RequestParser(limits: Self.limits)
          guard let count = try parser.parse(input.span.extracting(position..<input.count), into: &request) else {
            break
          }
          position += count
          reader = BodyReader(request.framing, limits: Self.limits)
          if reader == nil { finish() } else { isInBody = true }
        }
      }
    } catch {
      end = .refused(error)
    }
    if position > 0 { rest.removeFirst(position) }
  }

  private mutating func finish() {
    messages.append(Message(head: request.bytes, refusal: request.refusal, body: body ?? []))
    // What follows a CONNECT may be no HTTP at all.
    if !request.keepAlive || request.method == .connect { end = .closed }
    (isInBody, reader, body) = (false, nil, [])
  }
}
