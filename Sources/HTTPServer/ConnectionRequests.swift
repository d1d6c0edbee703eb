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

  /// Takes what it can out of the first `count` bytes of the workspace's input, and keeps the rest.
  func takeRequests(_ count: Int, in workspace: inout Workspace, on loop: isolated EventLoop) {
    // Taken out meanwhile: what is parsed goes into the workspace too.
    var input: [UInt8] = []
    swap(&input, &workspace.input)
    var position = 0
    while position < count, takesInput {
      if let exchange {
        takeBody(of: exchange, from: input.span, at: &position, to: count, in: &workspace, on: loop)
      } else if !takeHead(from: input.span, at: &position, to: count, in: &workspace, on: loop) {
        break
      }
      if workspace.output.count >= Self.outputHighWater { flush(in: &workspace, on: loop) }
    }
    if position < count { pending = Array(input[position..<count]) }
    swap(&input, &workspace.input)
  }

  /// Goes on with input that waited for an answer before it.
  func takePending(in workspace: inout Workspace, on loop: isolated EventLoop) {
    guard takesInput, !pending.isEmpty else { return }
    let count = pending.count
    workspace.input.replaceSubrange(0..<count, with: pending)
    pending = []
    takeRequests(count, in: &workspace, on: loop)
  }

  /// Takes one head and answers it, or begins its exchange; false when its end has not come.
  private func takeHead(
    from input: Span<UInt8>, at position: inout Int, to end: Int, in workspace: inout Workspace,
    on loop: isolated EventLoop
  ) -> Bool {
    let length: Int
    do throws(RequestError) {
      let rest = input.extracting(position..<end)
      guard let head = try loop.context.parser.parse(rest, into: &workspace.request) else { return false }
      length = head
    } catch {
      refuse(error, workspace.request, in: &workspace, on: loop)
      return true
    }
    position += length
    state.headEnded()
    let context = loop.context
    if workspace.request.refusal != nil { context.metrics.refused.add(shard: loop.shard) }
    let route = context.router.index(for: workspace.request)
    if context.faults.areInForce,
      takeFaulted(bytes: length, route: route, isLast: position == end, in: &workspace, on: loop)
    {
      return true
    }
    let body = BodyReader(workspace.request.framing, limits: context.parserLimits)
    let isLast = position == end
    let isTooMuch = isShed && !context.isProbe(route)
    if body == nil, !isTooMuch, workspace.request.refusal == nil,
      let place = context.router.place(of: workspace.request.method, at: route),
      let response = context.router.answerFromMemory(to: workspace.request, at: place)
    {
      respond(
        with: response, bytes: length, route: route, began: loop.now, isLast: isLast, in: &workspace, on: loop)
      return true
    }
    let destination =
      isTooMuch
      ? .answer(context.overloaded(workspace.request)) : context.router.destination(of: workspace.request, at: route)
    switch destination {
    case .answer(let response) where body == nil || workspace.request.expectsContinue:
      if body != nil { state.end(.linger) }
      respond(
        with: response, bytes: length, route: route, began: loop.now, isLast: isLast, in: &workspace, on: loop)
    case .lastAnswer(let response):
      state.end(.linger)
      respond(
        with: response, bytes: length, route: route, began: loop.now, isLast: true, in: &workspace, on: loop)
    default:
      let exchange = Exchange(workspace.request, bytes: length, route: route, destination, body, began: loop.now)
      begin(exchange, isLast: isLast, in: &workspace, on: loop)
    }
    return true
  }

  /// A request that has to wait: for its body, or for its handler.
  func begin(
    _ exchange: Exchange, isLast: Bool, in workspace: inout Workspace, on loop: isolated EventLoop
  ) {
    let context = loop.context
    let isAdmitted = context.admission.requestBegan()
    self.exchange = exchange
    guard isAdmitted || context.isProbe(exchange.route) else {
      loop.hit(.inFlightMax)
      if exchange.body != nil { state.end(.linger) }
      let answer = context.overloaded(exchange.request)
      return finish(exchange, with: answer, isLast: isLast, in: &workspace, on: loop)
    }
    if context.router.collectsBody(for: exchange.destination, at: exchange.route) { exchange.content = [] }
    if exchange.request.expectsContinue { ResponseEncoder.appendContinue(to: &workspace.output) }
  }

  private func takeBody(
    of exchange: Exchange, from input: Span<UInt8>, at position: inout Int, to end: Int,
    in workspace: inout Workspace, on loop: isolated EventLoop
  ) {
    let before = position
    do throws(RequestError) {
      try exchange.body?.read(input.extracting(0..<end), at: &position, into: &exchange.content)
    } catch {
      leaveExchange(on: loop)
      return refuse(error, exchange.request, in: &workspace, on: loop)
    }
    exchange.bytes += position - before
    guard exchange.isReady else { return }
    exchange.request.body = exchange.content ?? []
    exchange.content = nil
    guard exchange.injection == nil else { return }
    switch exchange.destination {
    case .handler(.suspending), .handler(.cached), .handler(.admitting), .handler(.delivering): break
    case .handler(.immediate(let answer)):
      finish(exchange, with: answer(exchange.request), isLast: position == end, in: &workspace, on: loop)
    case .answer(let response), .lastAnswer(let response):
      finish(exchange, with: response, isLast: position == end, in: &workspace, on: loop)
    }
  }

  /// Hands a whole request to its handler, which may wait or not.
  func start(_ exchange: Exchange, in workspace: inout Workspace, on loop: isolated EventLoop) {
    if exchange.isDelivered { return startDelivery(exchange, on: loop) }
    state.handlerBegan()
    isStarting = true
    Task.immediate {
      let (response, _) = await exchange.answer()
      // The client may have gone meanwhile.
      guard self.exchange === exchange else { return }
      if self.isStarting {
        exchange.response = response
      } else {
        loop.lend { workspace in
          self.finishHandled(exchange, with: response, in: &workspace, on: loop)
          self.takePending(in: &workspace, on: loop)
          self.settle(in: &workspace, on: loop)
        }
      }
    }
    isStarting = false
    if let response = exchange.response { finishHandled(exchange, with: response, in: &workspace, on: loop) }
  }

  func finishHandled(
    _ exchange: Exchange, with response: Response, in workspace: inout Workspace, on loop: isolated EventLoop
  ) {
    loop.tellTime(in: &workspace)
    state.handlerEnded()
    finish(exchange, with: response, isLast: pending.isEmpty, in: &workspace, on: loop)
  }

  private func finish(
    _ exchange: Exchange, with response: Response, isLast: Bool, in workspace: inout Workspace,
    on loop: isolated EventLoop
  ) {
    leaveExchange(on: loop)
    workspace.request = exchange.request
    workspace.request.body = []
    respond(
      with: response, bytes: exchange.bytes, route: exchange.route, began: exchange.began, isLast: isLast,
      in: &workspace, on: loop)
  }

  /// What cannot be read as a request is answered, and ends the connection: nobody knows where the next one begins.
  ///
  /// - Parameter request: as far as it is known: HEAD is refused without a body too, and Accept says in which form.
  func refuse(
    _ error: RequestError, _ request: Request?, in workspace: inout Workspace, on loop: isolated EventLoop
  ) {
    if let limit = error.limit { loop.hit(limit) }
    loop.context.metrics.refused.add(shard: loop.shard)
    state.end(.linger)
    // Without the whole head there are no bytes that its fields could point to.
    let accept = request.map { $0.bytes.isEmpty ? [] : $0.values(of: .accept) } ?? []
    workspace.request.reset(method: request?.method ?? .other)
    let errors = error == .contentTooLarge ? [Problem.RequestMistake(.pointer(""), "is too large")] : []
    let problem = Problem.response(error.status, detail: error.detail, errors: errors, accept: accept)
    respond(with: problem, bytes: 0, route: nil, began: loop.now, isLast: true, in: &workspace, on: loop)
  }

  // MARK: Answers

  /// Renders the answer to the workspace's request, an empty one where none could be parsed, and tells metrics and log
  /// of it.
  ///
  /// - Parameters:
  ///   - bytes: what the request took of the input, head and body.
  ///   - route: nil where none was looked up.
  ///   - isLast: no further input of this client has been read.
  func respond(
    with response: Response, bytes: Int, route: Int?, began: Int64, isLast: Bool,
    in workspace: inout Workspace, on loop: isolated EventLoop
  ) {
    let level = loop.context.gzipLevel
    // Without the field nobody copies the response.
    if response.isCompressible, level > 0, workspace.request.fields.has(.acceptEncoding) {
      render(
        workspace.coded(response, level: level) { loop.hit(.gzipKeptMax) }, bytes: bytes, route: route, began: began,
        isLast: isLast,
        in: &workspace, on: loop)
    } else {
      render(response, bytes: bytes, route: route, began: began, isLast: isLast, in: &workspace, on: loop)
    }
  }

  private func render(
    _ response: Response, bytes: Int, route: Int?, began: Int64, isLast: Bool,
    in workspace: inout Workspace, on loop: isolated EventLoop
  ) {
    let persistence = persistence(
      asked: workspace.request.keepAlive, version: workspace.request.version, isLast: isLast, on: loop)
    workspace.chooseRequestID()
    let before = workspace.output.count
    // A comparison by == would go through a table of witnesses.
    let omitsBody = if case .head = workspace.request.method { true } else { !response.status.allowsBody }
    let isLarge = response.body.count > Self.copiedBodyMax && !omitsBody
    ResponseEncoder.append(
      response, omitBody: omitsBody || isLarge, persistence: persistence, commonFields: workspace.calendar.commonFields,
      requestID: workspace.requestID, to: &workspace.output)
    let bodyBytes = omitsBody ? 0 : response.body.count
    let responseBytes = workspace.output.count - before + (isLarge ? bodyBytes : 0)
    hasAnswered = true
    loop.tellTime(in: &workspace)
    let answered = Answered(
      method: workspace.request.method, route: route ?? loop.context.router.routes.count, status: response.status,
      requestBytes: bytes, responseBytes: responseBytes,
      bodyBytes: bodyBytes, duration: loop.now - began)
    loop.record(answered, of: self, in: &workspace)
    if isLarge { flush(response.body, in: &workspace, on: loop) }
  }

  /// What the answer says of the connection, RFC 9112 §9.3, and how it then ends.
  func persistence(
    asked isKept: Bool, version: Version, isLast: Bool, on loop: isolated EventLoop
  ) -> ResponseEncoder.Persistence {
    if !isKept {
      state.end(.close)
    } else if isShed {
      state.end(.linger)
    } else if loop.now >= expiry {
      loop.hit(.connectionMaxAge)
      state.end(.linger)
    } else if loop.context.drain.isRaised, isLast, !transport.hasUnread {
      // Of pipelined requests already here, all are answered and only the last one says it.
      state.end(.linger)
    }
    guard state.ending == .keep else { return .close }
    return switch version {
    case .http10: .keepAlive
    case .http11: .implied
    }
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
