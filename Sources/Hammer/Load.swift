package import Networking
package import TLS

/// What is asked, how often and how.
package struct Load: Sendable {
  /// A request's bytes, and how often it comes beside the others.
  package struct Request: Sendable {
    package let bytes: [UInt8]
    package let weight: Int

    package init(bytes: [UInt8], weight: Int) {
      self.bytes = bytes
      self.weight = weight
    }
  }

  /// Tried one after the other by each new connection.
  package var addresses: [SocketAddress]
  /// Nil: plain HTTP.
  package var tls: TLSContext?
  /// Whom a TLS server is to be.
  package var name: String
  /// Not empty.
  package var requests: [Request]
  /// They are HEAD, and their answers have no bodies.
  package var isHEAD = false
  package var connections = 10
  /// Requests a second, sent when they are due whether earlier ones are answered or not; nil: as fast as answers come.
  package var rate: Double?
  /// Each request has a connection of its own; the bytes say so.
  package var closes = false
  /// Nanoseconds.
  package var duration: Int64 = 10_000_000_000
  /// Nanoseconds that a connection, and then an answer, may take.
  package var timeout: Int64 = 5_000_000_000

  package init(addresses: [SocketAddress], name: String, requests: [Request]) {
    self.addresses = addresses
    self.name = name
    self.requests = requests
  }

  /// The request at this place of the sequence: each as often as its weight says, in turns.
  func request(at index: Int) -> [UInt8] {
    guard requests.count > 1 else { return requests[0].bytes }
    var place = index % requests.reduce(0) { $0 + $1.weight }
    for request in requests {
      place -= request.weight
      if place < 0 { return request.bytes }
    }
    return requests[0].bytes
  }

  /// How many requests are due in the whole duration; nil without a rate.
  var total: Int? { rate.map { Int(($0 * Double(duration) / 1e9).rounded(.down)) } }

  /// Nanoseconds from the beginning at which the request at this place is to be sent.
  func due(_ index: Int) -> Int64 { rate.map { Int64(Double(index) / $0 * 1e9) } ?? 0 }
}
