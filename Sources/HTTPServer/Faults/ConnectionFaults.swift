internal import HTTP
internal import Metrics
internal import Networking

/// Answers that do not come as they should: those of requests that a fault takes, and those that a handler wants
/// delivered piece by piece.
extension Connection {
  /// Between two looks at whether somebody still waits for an answer that is withheld.
  private static var withholdingStep: Int64 { 100_000_000 }

  /// Begins the exchange of the workspace's request when a fault takes it; false when none does.
  @inline(never)
  func takeFaulted(
    bytes: Int, route: Int, isLast: Bool, in workspace: inout Workspace, on loop: isolated EventLoop
  ) -> Bool {
    let context = loop.context
    guard workspace.request.refusal == nil, !isShed else { return false }
    let client = context.accessLog.client(peer, workspace.request)
    let known = route < context.router.routes.count ? context.router.routes[route] : nil
    guard
      let injection = context.faults.injection(into: workspace.request, at: known, from: client, now: loop.now)
    else { return false }
    let destination = context.router.destination(of: workspace.request, at: route)
    var framing = workspace.request.framing
    if case .lastAnswer = destination {
      state.end(.linger)
      // What follows is not read any more.
      framing = .none
    }
    let body = framing == .none ? nil : BodyReader(framing, limits: context.parserLimits)
    let exchange = Exchange(workspace.request, bytes: bytes, route: route, destination, body, began: loop.now)
    exchange.injection = injection
    begin(exchange, isLast: isLast, in: &workspace, on: loop)
    return true
  }

  /// As `start`, for a request whose answer waits or is delivered in pieces: always later, for that takes more than one
  /// loan of the workspace.
  func startDelivery(_ exchange: Exchange, on loop: isolated EventLoop) {
    state.handlerBegan()
    Task {
      let injection = exchange.injection
      if let delay = injection?.delay, delay > 0 { await loop.context.alarm.sleep(until: Clock.monotonic + delay) }
      let (response, delivery) = await exchange.answer()
      guard self.exchange === exchange else { return }
      switch delivery {
      case nil:
        loop.lend { workspace in
          self.finishHandled(exchange, with: response, in: &workspace, on: loop)
          self.takePending(in: &workspace, on: loop)
          self.settle(in: &workspace, on: loop)
        }
      case .withheld?:
        await self.withhold(exchange, on: loop)
      case let delivery?:
        let plan = loop.lend { self.plan(delivery, of: response, to: exchange, in: &$0, on: loop) }
        await self.deliver(plan, exchange, on: loop)
      }
    }
  }

  /// Waits until the client gives up, or the fault is over.
  private func withhold(_ exchange: Exchange, on loop: isolated EventLoop) async {
    let context = loop.context
    while exchange.isHeldUp, !stream.peerHasFinished {
      await context.alarm.sleep(until: Clock.monotonic + Self.withholdingStep)
      guard self.exchange === exchange else { return }
    }
    loop.lend { workspace in
      loop.tellTime(in: &workspace)
      tellOfSilence(exchange, on: loop)
      perform(.abandon, in: &workspace, on: loop)
    }
  }

  private func plan(
    _ delivery: Delivery, of response: Response, to exchange: Exchange, in workspace: inout Workspace,
    on loop: isolated EventLoop
  ) -> DeliveryPlan {
    loop.tellTime(in: &workspace)
    workspace.request = exchange.request
    workspace.request.body = []
    let takesChunks = workspace.request.version != .http10
    // Its end is the end of the answer.
    if case .lines = delivery, !takesChunks { state.end(.linger) }
    let level = loop.context.gzipLevel
    let coded =
      response.isCompressible && level > 0
      ? workspace.coded(response, level: level) { loop.hit(.gzipKeptMax) } : response
    let persistence = persistence(
      asked: workspace.request.keepAlive, version: workspace.request.version, isLast: pending.isEmpty, on: loop)
    workspace.chooseRequestID()
    var output = OutputBuffer()
    ResponseEncoder.append(
      coded, omitBody: true, persistence: persistence, commonFields: workspace.calendar.commonFields,
      requestID: workspace.requestID, to: &output)
    let head = output.bytes()
    let omitsBody = workspace.request.method == .head || !coded.status.allowsBody
    let plan = DeliveryPlan(delivery, head: head, body: omitsBody ? nil : coded.body, takesChunks: takesChunks)
    guard !plan.bytes.isEmpty else {
      tellOfSilence(exchange, on: loop)
      return plan
    }
    hasAnswered = true
    let answered = Answered(
      method: workspace.request.method, route: exchange.route, status: coded.status, requestBytes: exchange.bytes,
      responseBytes: plan.bytes.count, bodyBytes: max(plan.bytes.count - head.count, 0),
      duration: loop.now - exchange.began)
    loop.record(answered, of: self, in: &workspace)
    return plan
  }

  /// Sends the plan's pieces with their pauses, while the fault is in force that wants them; then the rest at once.
  private func deliver(_ plan: DeliveryPlan, _ exchange: Exchange, on loop: isolated EventLoop) async {
    var sent = 0
    var due = Clock.monotonic
    var progress = due
    while sent < plan.bytes.count {
      loop.lend { workspace in
        if isBlocked { sendKept(in: &workspace, on: loop) }
        guard !isBlocked else { return }
        let piece = exchange.isHeldUp ? plan.piece(from: sent) : plan.bytes[sent...]
        sent = piece.endIndex
        progress = Clock.monotonic
        send(Array(piece), in: &workspace, on: loop)
      }
      // What is blocked at the end is sent as that of any other answer.
      guard self.exchange === exchange, sent < plan.bytes.count else { break }
      if Clock.monotonic - progress > loop.context.timeouts.write {
        return loop.lend { perform(.cut(.writeTimeout), in: &$0, on: loop) }
      }
      // A client that does not read holds the pieces up, and they do not come the faster for it.
      due = max(due, Clock.monotonic - plan.pause) + plan.pause
      await loop.context.alarm.sleep(until: due)
    }
    guard self.exchange === exchange else { return }
    loop.lend { workspace in
      loop.tellTime(in: &workspace)
      switch plan.ending {
      case .kept: break
      case .finished: state.end(.linger)
      case .reset:
        // Nor does TLS say goodbye: to its peer that would be a whole answer.
        session = nil
        stream.resetOnClose()
        _ = cut(in: &workspace, on: loop)
        return
      }
      state.handlerEnded()
      leaveExchange(on: loop)
      takePending(in: &workspace, on: loop)
      settle(in: &workspace, on: loop)
    }
  }

  /// No answer is given, which a prober takes for a failure.
  private func tellOfSilence(_ exchange: Exchange, on loop: isolated EventLoop) {
    let context = loop.context
    guard context.isProbe(exchange.route) else { return }
    context.tellOfProbe(
      exchange.request, at: exchange.route, from: peer, status: nil, duration: loop.now - exchange.began, now: loop.now)
  }
}
