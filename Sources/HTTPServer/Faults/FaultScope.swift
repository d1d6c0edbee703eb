package import HTTP
package import Networking

/// Which requests a fault is for, by what they are. What is nil is not looked at.
package struct FaultScope: Sendable {
  /// A field that a request must have.
  package struct Header: Sendable {
    /// In lower case.
    let name: [UInt8]
    /// Nil: any value will do.
    let value: [UInt8]?

    package init(name: String, value: String?) {
      self.name = Array(name.lowercased().utf8)
      self.value = value.map { Array($0.utf8) }
    }
  }

  /// A route's template. Probes and scrapes are spared unless it is theirs.
  package var route: String?
  package var method: Method?
  package var header: Header?
  package var clients: IPNetwork?

  package init() {}

  /// - Parameter route: nil where none matches the path.
  package func contains(_ request: Request, at route: Route?, from client: IPAddress) -> Bool {
    // Who makes faults must be able to end them.
    guard route?.purpose != .control else { return false }
    if let template = self.route {
      guard route?.template == template else { return false }
    } else if route?.purpose == .probe {
      return false
    }
    if let method, request.method != method { return false }
    if let clients, !clients.contains(client) { return false }
    return header.map { $0.isIn(request) } ?? true
  }
}

extension FaultScope.Header {
  fileprivate func isIn(_ request: Request) -> Bool {
    request.fields.lines.contains { line in
      request.bytes[line.name].elementsEqual(name) { $0 == $1 || (0x41...0x5A).contains($0) && $0 | 0x20 == $1 }
        && (value.map(request.bytes[line.value].elementsEqual) ?? true)
    }
  }
}
