internal import HTTP
package import Networking

/// Renders one line a request straight to bytes: no String is made on the way.
package struct AccessLog: Sendable {
  /// Which requests are logged.
  package struct Scope: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let service = Scope(rawValue: 1)
    package static let probes = Scope(rawValue: 2)
  }

  /// Longest path and user agent in a line; the rest is left out.
  private static let textMax = 256

  let isJSON: Bool
  let scope: Scope
  /// Peers whose `X-Forwarded-For` is believed.
  let trustedProxies: [IPNetwork]
  /// Takes whole lines and their number, and never blocks.
  let sink: @Sendable (_ lines: [UInt8], _ count: Int) -> Void

  package init(
    isJSON: Bool, scope: Scope, trustedProxies: [IPNetwork], sink: @escaping @Sendable ([UInt8], Int) -> Void
  ) {
    self.isJSON = isJSON
    self.scope = scope
    self.trustedProxies = trustedProxies
    self.sink = sink
  }

  /// Appends the line of `answered`; `request` is empty where none could be parsed.
  ///
  /// - Parameter subject: whom the client's certificate names.
  func append(
    _ answered: Answered, _ request: Request, route: String, isProbe: Bool, peer: SocketAddress, subject: [UInt8]?,
    requestID: [UInt8], at now: Int64, by calendar: Calendar, to log: inout [UInt8]
  ) {
    let line: AccessLine = isJSON ? .json : .text
    let textMax = Self.textMax * 3 * AccessLine.escapedMax + route.utf8.count + requestID.count
    // Room is made once, as for an answer.
    log.append(addingCapacity: AccessLine.fixedPartsMax + textMax) { log in
      line.begin(isProbe: isProbe, at: now, by: calendar, in: &log)
      line.add("method", answered.method.name, to: &log)
      let path = request.rawPath.prefix(Self.textMax)
      if request.refusal != nil {
        line.add("path", escaping: path, to: &log)
      } else if !path.isEmpty {
        line.add("path", plain: path, to: &log)
      }
      line.add("route", route, to: &log)
      line.add("status", Int(answered.status.code), to: &log)
      line.add("bytes", answered.bodyBytes, to: &log)
      line.add("duration", nanoseconds: answered.duration, to: &log)
      line.add("client", client(peer, request), to: &log)
      line.add("requestId", plain: requestID[...], to: &log)
      if let subject { line.add("clientSubject", escaping: subject[...], to: &log) }
      if let trace = request.value(of: .traceparent).flatMap({ Traceparent.traceID(in: $0) }) {
        line.add("traceId", plain: trace, to: &log)
      }
      if let agent = request.value(of: .userAgent) {
        line.add("userAgent", escaping: agent.prefix(Self.textMax), to: &log)
      }
      line.end(&log)
    }
  }

  /// The peer, or, behind trusted proxies, the last address of `X-Forwarded-For` that is not one of them.
  func client(_ peer: SocketAddress, _ request: Request) -> IPAddress {
    guard !trustedProxies.isEmpty, isTrusted(peer.address) else { return peer.address }
    var client = peer.address
    for value in request.values(of: .forwardedFor).reversed() {
      for member in value.split(separator: UInt8(ascii: ",")).reversed() {
        let text = String(
          decoding: member.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }, as: UTF8.self)
        guard let address = IPAddress(text) else { return client }
        client = address
        if !isTrusted(address) { return client }
      }
    }
    return client
  }

  private func isTrusted(_ address: IPAddress) -> Bool {
    trustedProxies.contains { $0.contains(address) }
  }
}
