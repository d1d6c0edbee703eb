package import Networking
internal import TLS

/// Puts a load on a server, on one thread, and counts what becomes of each request.
///
/// With a rate it is an open loop: a request counts from when it was due, so that a server that stalls is charged with
/// all who would have asked meanwhile (no coordinated omission). Without one each connection asks again when it is
/// answered.
package final class Hammer {
  /// Between two looks at who has waited too long.
  private static let step: Int64 = 10_000_000
  private static let stepMilliseconds: Int32 = 10
  /// Before a connection is tried again that could not be made, where no rate says when.
  private static let rest: Int64 = 10_000_000

  private let load: Load
  private let poller: Poller
  private let timer: Timer
  private let connections: [Client]
  /// Without a request.
  private var idle: Turns
  /// Idle again from these instants on, the earliest first.
  private var resting: [(index: Int, until: Int64)] = []
  private var input = [UInt8](repeating: 0, count: 64 << 10)
  /// Requests given to connections so far.
  private var begun = 0
  private var inFlight = 0
  private var armed: Int64?
  private var start: Int64 = 0
  package private(set) var tally = Tally()

  package init(_ load: Load) throws(Errno) {
    self.load = load
    poller = try Poller()
    timer = try Timer()
    connections = (0..<load.connections).map { Client(address: load.addresses[$0 % load.addresses.count]) }
    idle = Turns(0..<load.connections)
    try poller.add(timer.descriptor, .read, token: UInt64.max)
  }

  /// Blocks until all that was begun is answered or lost.
  ///
  /// - Parameter tick: called about once a second with the seconds since the beginning; false ends the load early, and
  ///   what is under way is still counted.
  package func run(tick: (Hammer, Int) -> Bool) -> Tally {
    start = Clock.monotonic
    var end = start + load.duration
    var looked = start
    var seconds = 0
    while true {
      let now = Clock.monotonic
      begin(at: now, until: end)
      if inFlight == 0, isExhausted(at: now, end) { break }
      armTimer()
      for index in 0..<poller.wait(milliseconds: Self.stepMilliseconds) { handle(poller.event(index).token) }
      let after = Clock.monotonic
      if after - looked >= Self.step {
        looked = after
        loseTheLate(at: after)
      }
      if Int((after - start) / 1_000_000_000) > seconds {
        seconds = Int((after - start) / 1_000_000_000)
        if !tick(self, seconds), after < end { end = after }
      }
    }
    // What was due and found no connection.
    if let total = load.total, end == start + load.duration {
      for _ in begun..<max(total, begun) { tally.lose(.unsent, at: load.duration) }
    }
    return tally
  }

  /// Nothing is to be begun any more. What was due before the end is still begun for as long as an answer may take.
  private func isExhausted(at now: Int64, _ end: Int64) -> Bool {
    guard now >= end else { return false }
    guard let total = load.total else { return true }
    return begun >= total || now >= end + load.timeout || end < start + load.duration
  }

  private func begin(at now: Int64, until end: Int64) {
    while let first = resting.first, first.until <= now {
      resting.removeFirst()
      idle.append(first.index)
    }
    guard !isExhausted(at: now, end) else { return }
    while !idle.isEmpty {
      var due = now
      if load.rate != nil {
        due = start + load.due(begun)
        guard begun < load.total ?? .max, due <= now else { return }
      } else if now >= end {
        return
      }
      guard let index = idle.next() else { return }
      let client = connections[index]
      // Ended since its last answer: that is no loss, and there is nobody to write to.
      if client.hasNews { _ = read(index) }
      client.take(load.request(at: begun), due: due, deadline: now + load.timeout, toHEAD: load.isHEAD)
      begun += 1
      inFlight += 1
      advance(index)
    }
  }

  /// For the next request that is due: epoll_wait(2) knows but milliseconds.
  private func armTimer() {
    guard load.rate != nil, !idle.isEmpty, begun < load.total ?? .max else { return }
    let next = start + load.due(begun)
    guard next != armed else { return }
    timer.arm(at: next)
    armed = next
  }

  private func handle(_ token: UInt64) {
    guard token != .max else {
      timer.arm(at: nil)
      armed = nil
      return
    }
    let index = Int(token & 0xffff_ffff)
    // An event of a connection that was closed since, in the same batch.
    guard connections[index].generation == UInt32(token >> 32) else { return }
    advance(index)
  }

  // MARK: One connection

  /// Goes on with a connection as far as it can.
  private func advance(_ index: Int) {
    let client = connections[index]
    while true {
      switch client.phase {
      case .closed:
        guard client.isBusy else { return }
        do throws(Errno) { try client.connect(tls: load.tls, name: load.name) } catch {
          return refused(index)
        }
        tally.connected()
        guard watch(index, .write) else { return }
        return
      case .connecting:
        guard client.isConnected else { return refused(index) }
        client.phase = client.session == nil ? .open : .handshaking
      case .handshaking:
        switch client.session?.handshake() {
        case .done, nil: client.phase = .open
        case .wouldBlock:
          _ = watch(index, client.session?.awaitsOther == true ? .write : .read)
          return
        case .endOfStream, .failed: return lose(.handshake, index)
        }
      case .open where client.isBusy && !client.isWritten:
        switch client.write() {
        case .bytes: break
        case .wouldBlock:
          _ = watch(index, client.session?.awaitsOther == true ? .read : .write)
          return
        case .endOfStream, .failed: return lose(.reset, index)
        }
      case .open:
        guard watch(index, client.session?.awaitsOther == true ? .write : .read) else { return }
        guard read(index) else { return }
      }
    }
  }

  /// One read; false when there is nothing more to do now.
  private func read(_ index: Int) -> Bool {
    let client = connections[index]
    switch client.receive(into: &input) {
    case .wouldBlock: return false
    case .bytes(let count):
      guard client.isBusy else {
        // Bytes that nobody asked for.
        close(index)
        return false
      }
      switch client.read(input[..<count]) {
      case .incomplete: return true
      case .complete:
        answered(index)
        return false
      case .malformed:
        lose(.cut, index)
        return false
      }
    case let end:
      if !client.isBusy {
        close(index)
      } else if end == .endOfStream, client.reader.endsWithConnection {
        answered(index)
      } else {
        lose(client.reader.hasBegun ? .cut : .reset, index)
      }
      return false
    }
  }

  private func answered(_ index: Int) {
    let client = connections[index]
    let now = Clock.monotonic
    tally.answer(client.reader, latency: now - client.due, at: now - start)
    if load.closes || client.reader.closes { close(index) }
    client.isBusy = false
    inFlight -= 1
    idle.append(index)
  }

  /// Nobody is there: the request is lost when that is so at each of the name's addresses.
  private func refused(_ index: Int) {
    let client = connections[index]
    client.refusals += 1
    guard client.refusals < load.addresses.count else { return lose(.refused, index) }
    close(index)
    client.next(of: load.addresses)
    advance(index)
  }

  private func lose(_ loss: Tally.Loss, _ index: Int) {
    let client = connections[index]
    let now = Clock.monotonic
    close(index)
    client.next(of: load.addresses)
    client.isBusy = false
    inFlight -= 1
    tally.lose(loss, at: now - start)
    if load.rate == nil, loss == .refused || loss == .handshake {
      // At once again it would only spin.
      resting.append((index, now + Self.rest))
    } else {
      idle.append(index)
    }
  }

  private func loseTheLate(at now: Int64) {
    for (index, client) in connections.enumerated() where client.isBusy && client.deadline <= now {
      lose(.timedOut, index)
    }
  }

  private func close(_ index: Int) {
    let client = connections[index]
    guard client.phase != .closed else { return }
    poller.remove(client.descriptor)
    client.close()
  }

  /// False when the descriptor could not be watched, and the request is lost.
  private func watch(_ index: Int, _ interest: Poller.Interest) -> Bool {
    let client = connections[index]
    guard client.interest != interest else { return true }
    let token = UInt64(client.generation) << 32 | UInt64(index)
    do throws(Errno) {
      if client.interest == nil {
        try poller.add(client.descriptor, interest, token: token)
      } else {
        try poller.change(client.descriptor, interest, token: token)
      }
      client.interest = interest
      return true
    } catch {
      lose(.refused, index)
      return false
    }
  }
}
