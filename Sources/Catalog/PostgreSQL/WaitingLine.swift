#if PostgreSQL

/// First come, first served. Who was served is let go of at once and the place in memory soon, also where somebody
/// always waits.
struct WaitingLine<Element> {
  private var places: [Element?] = []
  private var first = 0

  /// Those that wait, and the places of some that were served.
  var capacity: Int { places.count }

  mutating func append(_ element: Element) {
    places.append(element)
  }

  mutating func next() -> Element? {
    guard first < places.count else { return nil }
    let element = places[first].take()
    first += 1
    // At most every other time something is moved, and then no more than was served since.
    if first * 2 > places.count {
      places.removeFirst(first)
      first = 0
    }
    return element
  }
}

#endif
