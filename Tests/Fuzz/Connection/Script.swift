import FuzzSupport
import HTTP
import TestSupport

@testable import HTTPServer

/// What a client must hear that sends these bytes, told by the pure parts alone: parser, body reader and router, over
/// the whole input. One answer to each request, in order, then nothing.
struct Script {
  private struct Line {
    var status: Int
    /// nil where only the status is known.
    var body: [UInt8]?
    var toHEAD = false
    var closes = false
  }

  private var lines: [Line] = []
  /// The server ends the connection before the client does.
  private var ends = false

  init(for input: [UInt8]) {
    let context = Stage.loop.context
    var position = 0
    var request = Request()
    while !ends, position < input.count {
      do throws(RequestError) {
        let rest = input.span.extracting(position..<input.count)
        guard let head = try context.parser.parse(rest, into: &request) else { return }
        position += head
        guard try takeBodyAndAnswer(&request, input, &position, context) else { return }
      } catch {
        refuse(error, request.method)
      }
    }
  }

  private mutating func refuse(_ error: RequestError, _ method: Method) {
    let toHEAD = method == .head
    lines.append(Line(status: Int(error.status.code), body: toHEAD ? [] : nil, toHEAD: toHEAD, closes: true))
    ends = true
  }

  /// False when the body is incomplete and nothing is to be said yet.
  private mutating func takeBodyAndAnswer(
    _ request: inout Request, _ input: [UInt8], _ position: inout Int, _ context: ServerContext
  ) throws(RequestError) -> Bool {
    let index = context.router.index(for: request)
    let destination = context.router.destination(of: request, at: index)
    var body = BodyReader(request.framing, limits: context.parserLimits)
    switch destination {
    case .lastAnswer(let response):
      ends = true
      answer(request, response)
      return true
    case .answer(let response) where request.expectsContinue:
      ends = true
      answer(request, response)
      return true
    default: break
    }
    if request.expectsContinue { lines.append(Line(status: 100, body: [])) }
    var content: [UInt8]? = context.router.collectsBody(at: index) ? [] : nil
    try body?.read(input.span, at: &position, into: &content)
    guard body?.isComplete ?? true else { return false }
    if body != nil { request.body = content ?? [] }
    ends = !request.keepAlive
    switch destination {
    case .handler: answer(request, Stage.acts[index].answer(request))
    case .answer(let response), .lastAnswer(let response): answer(request, response)
    }
    return true
  }

  private mutating func answer(_ request: Request, _ response: Response) {
    let toHEAD = request.method == .head
    let body = toHEAD || !response.status.allowsBody ? [] : response.body
    lines.append(Line(status: Int(response.status.code), body: body, toHEAD: toHEAD, closes: ends))
  }

  func hold(for conversation: Conversation) {
    var said: String { "after \(conversation.ends) was heard: \(conversation.heard[...].text)" }
    var rest = conversation.heard[...]
    for (number, line) in lines.enumerated() {
      do throws(MalformedResponse) {
        guard let end = endOfHead(rest) else { fatalError("answer \(number) is missing \(said)") }
        let head = try ResponseHead(rest[..<end], toHEAD: line.toHEAD)
        let body = rest[end...].prefix(head.bodyLength)
        FuzzSupport.hold(head.status == line.status, "answer \(number) is \(line.status) \(said)")
        FuzzSupport.hold(body.count == head.bodyLength, "answer \(number) is whole \(said)")
        if let expected = line.body {
          FuzzSupport.hold(body.elementsEqual(expected), "it is the answer to \(number) \(said)")
        }
        let connection = head.fields.first { $0.name.isName("connection") }?.value
        let closes = connection?.elementsEqual("close".utf8) ?? false
        FuzzSupport.hold(
          closes == line.closes, "answer \(number) says how it goes on \(said)")
        rest = rest[body.endIndex...]
      } catch {
        fatalError("answer \(number) is \(error) \(said)")
      }
    }
    FuzzSupport.hold(rest.isEmpty, "there is one answer to a request \(said)")
    FuzzSupport.hold(conversation.wasEnded == ends, "the server ends it: \(ends) \(said)")
    FuzzSupport.hold(!conversation.wasReset, "it ends with a FIN \(said)")
  }

  private func endOfHead(_ bytes: ArraySlice<UInt8>) -> Int? {
    var position = bytes.startIndex
    while position + 4 <= bytes.endIndex {
      if bytes[position] == 13, bytes[position + 1] == 10, bytes[position + 2] == 13, bytes[position + 3] == 10 {
        return position + 4
      }
      position += 1
    }
    return nil
  }
}
