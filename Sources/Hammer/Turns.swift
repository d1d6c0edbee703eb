/// Connections without a request, in turns: who has waited longest is next. Were it the last one, a rate that few
/// connections can carry would leave the others closed, and a server that ends what is idle would not be seen to.
struct Turns {
  private var ring: [Int]
  private var first = 0
  private var count: Int

  /// All of them, in this order.
  init(_ connections: Range<Int>) {
    ring = Array(connections)
    count = ring.count
  }

  var isEmpty: Bool { count == 0 }

  mutating func next() -> Int? {
    guard count > 0 else { return nil }
    defer {
      first = (first + 1) % ring.count
      count -= 1
    }
    return ring[first]
  }

  /// - Precondition: it is none of those that wait.
  mutating func append(_ connection: Int) {
    ring[(first + count) % ring.count] = connection
    count += 1
  }
}
