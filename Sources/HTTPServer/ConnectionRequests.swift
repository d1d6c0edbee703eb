internal import HTTP
internal import Metrics
internal import Networking

/// From input to answers: one request after the other, in order.
extension Connection {
  /// Answers are sent when so many bytes of them have come together.
  private static var outputHighWater: Int { 64 << 10 }
  /// A body above this is sent from where it is, not copied behind its head.
  private static var copiedBodyMax: Int { 32 << 10 }

  /// Whether the next request, or the rest of this one, may be taken from the input.
  var takesInput: Bool {
    state.ending == .keep && state.phase != .handling && state.phase != .closed && !isBlocked
      && exchange?.isReady != true
  }

  /// Takes what it can out of the first `count` bytes of the loop's input, and keeps the rest.
  func consume(_ count: Int, on loop: isolated EventLoop) {
    var position = 0
    while position < count, takesInput {
      if let exchange {
        takeBody(of: exchange, from: &position, to: count, on: loop)
      } else if !takeHead(from: &position, to: count, on: loop) {
        break
      }
      if loop.output.count >= Self.outputHighWater { flush(on: loop) }
    }
    if position < count, state.phase != .closed {
      if state.ending == .keep {
        pending = Array(loop.input[position..<count])
      } else {
        // The client has sent more than we will read: closing now would reset the connection under our answer.
        state.end(.linger)
      }
    }
    settle(on: loop)
  }

  /// Takes one head and answers it, or begins its exchange; false when its end has not come.
  private func takeHead(from position: inout Int, to end: Int, on loop: isolated EventLoop) -> Bool {
    // Moved out and back: lending the loop's own would retain and release its arrays for each request.
    var request = Request()
    swap(&request, &loop.scratch)
    defer { swap(&request, &loop.scratch) }
    let began = loop.now
    do throws(RequestError) {
      let rest = loop.input.span.extracting(position..<end)
      guard let length = try loop.context.parser.parse(rest, into: &request) else { return false }
      position += length
    } catch {
      refuse(error, on: loop)
      return true
    }
    let route = loop.context.router.index(for: request)
    let destination = isShed && !loop.context.isProbe(route)
      ? .answer(loop.context.overloaded(request)) : loop.context.router.destination(of: request, at: route)
    let body = BodyReader(request.framing, limits: loop.context.parserLimits)
    switch destination {
    case .handler(.immediate(let answer)) where body == nil:
      respond(with: answer(request), to: request, route: route, began: began, isLast: position == end, on: loop)
    case .answer(let response) where body == nil || request.expectsContinue:
      if body != nil { state.end(.linger) }
      respond(with: response, to: request, route: route, began: began, isLast: position == end, on: loop)
    case .lastAnswer(let response):
      state.end(.linger)
      respond(with: response, to: request, route: route, began: began, isLast: true, on: loop)
    default:
      begin(Exchange(request, route: route, destination, body, began: began), isLast: position == end, on: loop)
    }
    return true
  }

  /// A request that has to wait: for its body, or for its handler.
  private func begin(_ exchange: Exchange, isLast: Bool, on loop: isolated EventLoop) {
    let context = loop.context
    let admitted = context.admission.requestBegan()
    self.exchange = exchange
    guard admitted || context.isProbe(exchange.route) else {
      loop.hit(.inFlightMax)
      if exchange.body != nil { state.end(.linger) }
      return finish(exchange, with: context.overloaded(exchange.request), isLast: isLast, on: loop)
    }
    if exchange.isReady {
      dispatch(exchange, isLast: isLast, on: loop)
    } else {
      if context.router.collectsBody(at: exchange.route) { exchange.content = [] }
      if exchange.request.expectsContinue { loop.output.append(contentsOf: ResponseEncoder.continueLine) }
    }
  }

  private func takeBody(of exchange: Exchange, from position: inout Int, to end: Int, on loop: isolated EventLoop) {
    do throws(RequestError) {
      try exchange.body?.read(loop.input.span.extracting(0..<end), at: &position, into: &exchange.content)
    } catch {
      leaveExchange(on: loop)
      return refuse(error, on: loop)
    }
    guard exchange.isReady else { return }
    exchange.request.body = exchange.content ?? []
    exchange.content = nil
    dispatch(exchange, isLast: position == end, on: loop)
  }

  /// Hands a whole request to its handler. A handler that waits is started when all earlier answers are sent, so that
  /// at most one answer is ever kept for a client that does not read.
  func dispatch(_ exchange: Exchange, isLast: Bool, on loop: isolated EventLoop) {
    switch exchange.destination {
    case .handler(.immediate(let answer)):
      finish(exchange, with: answer(exchange.request), isLast: isLast, on: loop)
    case .answer(let response), .lastAnswer(let response):
      finish(exchange, with: response, isLast: isLast, on: loop)
    case .handler(.suspending(let answer)):
      flush(on: loop)
      guard !isBlocked, state.phase != .closed else { return }
      state.handlerBegan()
      let request = exchange.request
      Task.immediate {
        let response = await answer(request)
        self.handlerAnswered(exchange, with: response, isLast: isLast, on: loop)
      }
    }
  }

  private func handlerAnswered(_ exchange: Exchange, with response: Response, isLast: Bool, on loop: isolated EventLoop) {
    // The client may have gone meanwhile.
    guard self.exchange === exchange else { return }
    loop.tellTime()
    state.handlerEnded()
    finish(exchange, with: response, isLast: isLast, on: loop)
    resume(on: loop)
  }

  private func finish(_ exchange: Exchange, with response: Response, isLast: Bool, on loop: isolated EventLoop) {
    leaveExchange(on: loop)
    respond(
      with: response, to: exchange.request, route: exchange.route, began: exchange.began, isLast: isLast, on: loop)
  }

  /// What cannot be read as a request is answered, and ends the connection: nobody knows where the next one begins.
  func refuse(_ error: RequestError, on loop: isolated EventLoop) {
    if let limit = error.limit { loop.hit(limit) }
    loop.context.metrics.refused.add(shard: loop.shard)
    state.end(.linger)
    let problem = Problem.response(error.status, detail: error.detail, accept: [])
    respond(with: problem, to: nil, route: nil, began: loop.now, isLast: true, on: loop)
  }

  // MARK: Answers

  /// Renders an answer into the loop's output, and tells metrics and log of it.
  ///
  /// - Parameters:
  ///   - request: nil where none could be parsed.
  ///   - route: nil where none was looked up.
  ///   - isLast: no further input of this client has been read.
  func respond(
    with response: Response, to request: Request?, route: Int?, began: Int64, isLast: Bool, on loop: isolated EventLoop
  ) {
    let persistence = persistence(for: request, isLast: isLast, on: loop)
    loop.chooseRequestID(for: request)
    let before = loop.output.count
    let omitsBody = request?.method == .head
    let isLarge = response.body.count > Self.copiedBodyMax && !omitsBody
    loop.context.encoder.append(
      response, omitBody: omitsBody || isLarge, persistence: persistence, dateLine: loop.dateLine,
      requestID: loop.requestID.span, to: &loop.output)
    let bodyBytes = omitsBody ? 0 : response.body.count
    let responseBytes = loop.output.count - before + (isLarge ? bodyBytes : 0)
    hasAnswered = true
    loop.tellTime()
    let answered = Answered(
      method: request?.method ?? .other, route: route ?? loop.context.router.routes.count, status: response.status,
      requestBytes: request.map { $0.bytes.count + $0.body.count } ?? 0, responseBytes: responseBytes,
      bodyBytes: bodyBytes, duration: loop.now - began)
    loop.record(answered, request, peer: peer)
    if isLarge { flush(response.body, on: loop) }
  }

  /// What the answer says of the connection, RFC 9112 §9.3, and how it then ends.
  private func persistence(
    for request: Request?, isLast: Bool, on loop: isolated EventLoop
  ) -> ResponseEncoder.Persistence {
    if let request, !request.keepAlive {
      state.end(.close)
    } else if isShed {
      state.end(.linger)
    } else if loop.now >= expiry {
      loop.hit(.connectionMaxAge)
      state.end(.linger)
    } else if loop.context.drain.isRaised, isLast, socket.unreadCount == 0 {
      // Of pipelined requests already here, all are answered and only the last one says it.
      state.end(.linger)
    }
    guard state.ending == .keep else { return .close }
    return request?.version == .http10 ? .keepAlive : .implied
  }
}

extension RequestError {
  /// The option whose limit was hit.
  fileprivate var limit: Limit? {
    switch self {
    case .requestLineTooLong: .requestLineMax
    case .headTooLarge, .trailersTooLarge: .headerMax
    case .tooManyFields: .headerFieldsMax
    case .contentTooLarge: .bodyMax
    default: nil
    }
  }
}
