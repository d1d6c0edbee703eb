import Testing

@testable import Catalog

/// What a change comes to, by the product as it is and by the client's preconditions.
@Suite struct ProductChangeTests {
  private let current = CatalogEntry(.sample("a", price: 1, at: 1000, revision: 4))
  private let other = Product.sample("a", price: 2).details

  private func outcome(
    _ action: ProductChange.Action, on current: CatalogEntry?, ifMatch: [String] = [], ifNoneMatch: [String] = [],
    at now: Int64 = 2000
  ) -> ChangeOutcome {
    let precondition = Precondition(
      ifMatch: ifMatch.map { Array($0.utf8)[...] }, ifNoneMatch: ifNoneMatch.map { Array($0.utf8)[...] })
    return ProductChange(id: "a", action, if: precondition).outcome(for: current, at: now)
  }

  private func word(_ outcome: ChangeOutcome) -> String { String("\(outcome)".prefix { $0 != "(" }) }

  @Test func theFirstRevisionIsOneAndTheTimesAreNow() throws {
    for action in [ProductChange.Action.put(other), .create(other)] {
      guard case .created(let entry) = outcome(action, on: nil) else {
        Issue.record("\(action)")
        return
      }
      #expect(entry.product == .sample("a", price: 2, at: 2000))
    }
  }

  @Test func replacingKeepsTheBirthAndCountsTheRevision() throws {
    for (now, updatedAt) in [(2000, 2000), (500, 1000)] as [(Int64, Int64)] {
      guard case .replaced(let entry) = outcome(.put(other), on: current, at: now) else {
        Issue.record()
        return
      }
      #expect(entry.product.createdAt == 1000 && entry.product.updatedAt == updatedAt && entry.product.revision == 5)
      #expect(entry.product.details == other)
    }
  }

  @Test func theSameAgainChangesNothing() {
    let again = outcome(.put(current.product.details), on: current)
    guard case .unchanged(let entry) = again, again.stored == nil else {
      Issue.record("\(again)")
      return
    }
    #expect(entry === current)
  }

  @Test func anAccentOfItsOwnIsAChange() {
    let current = CatalogEntry(.sample("a", name: "Caf\u{E9}", tags: ["e\u{301}"]))
    for other in [
      Product.sample("a", name: "Cafe\u{301}", tags: ["e\u{301}"]), .sample("a", name: "Caf\u{E9}", tags: ["\u{E9}"]),
    ] {
      #expect(word(outcome(.put(other.details), on: current)) == "replaced")
      #expect(word(outcome(.restore(other), on: current)) == "replaced")
    }
  }

  @Test func createTakesNoIDTwice() {
    #expect(word(outcome(.create(other), on: current)) == "taken")
  }

  @Test func deleteTakesAway() {
    #expect(word(outcome(.delete, on: current)) == "deleted")
    #expect(word(outcome(.delete, on: nil)) == "missing")
    #expect(outcome(.delete, on: current).stored.map { $0 == nil } == true)
  }

  @Test func restoreStoresWhatItIsGiven() {
    let product = Product.sample("a", at: 5, revision: 9)
    guard case .replaced(let entry) = outcome(.restore(product), on: current) else {
      Issue.record()
      return
    }
    #expect(entry.product == product)
    #expect(word(outcome(.restore(product), on: entry)) == "unchanged")
    #expect(word(outcome(.restore(product), on: nil)) == "created")
  }

  @Test func preconditionsAreThoseOfTheRFC() {
    let own = String(decoding: current.etag, as: UTF8.self)
    let put = ProductChange.Action.put(other)
    for wanted in [[own], ["\"x\", \(own)"], ["*"], ["\"x\"", own]] {
      #expect(word(outcome(put, on: current, ifMatch: wanted)) == "replaced", "\(wanted)")
      #expect(word(outcome(put, on: nil, ifMatch: wanted)) == "preconditionFailed", "\(wanted)")
      #expect(word(outcome(.delete, on: nil, ifMatch: wanted)) == "missing", "\(wanted)")
    }
    for wanted in [["\"x\""], ["W/\(own)"], [""]] {
      #expect(word(outcome(put, on: current, ifMatch: wanted)) == "preconditionFailed", "\(wanted)")
      #expect(word(outcome(.delete, on: current, ifMatch: wanted)) == "preconditionFailed", "\(wanted)")
    }
    #expect(word(outcome(put, on: current, ifNoneMatch: ["*"])) == "preconditionFailed")
    #expect(word(outcome(put, on: current, ifNoneMatch: [own])) == "preconditionFailed")
    #expect(word(outcome(put, on: current, ifNoneMatch: ["\"x\""])) == "replaced")
    #expect(word(outcome(put, on: nil, ifNoneMatch: ["*"])) == "created")
    // Even for what would change nothing.
    #expect(word(outcome(.put(current.product.details), on: current, ifMatch: ["\"x\""])) == "preconditionFailed")
  }
}
