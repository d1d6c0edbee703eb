#if PostgreSQL

import Testing

@testable import Catalog

@Suite struct WaitingLineTests {
  private final class Token {}

  @Test func theFirstIsServedFirstAndTheLineDoesNotGrowWhereSomebodyAlwaysWaits() {
    var line = WaitingLine<Int>()
    #expect(line.next() == nil)
    for number in 0..<3 { line.append(number) }
    for number in 0..<10_000 {
      line.append(number + 3)
      #expect(line.next() == number)
    }
    #expect(line.capacity <= 8)
    #expect((0..<4).map { _ in line.next() } == [10_000, 10_001, 10_002, nil])
  }

  @Test func whoWasServedIsLetGoOf() {
    var line = WaitingLine<Token>()
    for _ in 0..<8 { line.append(Token()) }
    weak let served = line.next()
    #expect(served == nil)
  }
}

#endif
