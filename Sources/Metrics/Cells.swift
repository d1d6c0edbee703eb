import Synchronization

/// Shards × cells of relaxed atomics. A shard has one writer, so a write is a plain load and a plain store: no locked
/// instruction, and no cache line that two cores fight over. A reader sums the shards.
///
/// A shard's cells stand in pages which are allocated, on cache lines of their own, at the first write: what is never
/// counted costs no memory, however many loops and label combinations there are.
@safe
final class Cells: Sendable {
  private typealias Page = UnsafeMutablePointer<Atomic<UInt64>>
  private typealias Slot = UnsafeMutablePointer<Atomic<Page?>>

  /// A row of so many cells, or of a smaller power of two, stands in one page.
  static var rowMax: Int { cellsPerPage }

  /// The last shard, which any thread may add to. Those before it have one writer each.
  let sharedShard: Int
  private let count: Int
  private let pagesPerShard: Int
  /// A pointer to each page, shard by shard; nil until the page is written to.
  private nonisolated(unsafe) let pages: Slot

  /// - Parameters:
  ///   - count: the cells of one shard.
  ///   - shards: the writers; the shared shard comes on top.
  init(count: Int, shards: Int) {
    precondition(count > 0 && shards >= 0)
    self.count = count
    sharedShard = shards
    pagesPerShard = (count + cellsPerPage - 1) / cellsPerPage
    let slots = pagesPerShard * (shards + 1)
    unsafe pages = .allocate(capacity: slots)
    for slot in 0..<slots { unsafe (pages + slot).initialize(to: Atomic(nil)) }
  }

  deinit {
    for slot in 0..<pagesPerShard * (sharedShard + 1) {
      if let page = unsafe pages[slot].load(ordering: .relaxed) { unsafe UnsafeMutableRawPointer(page).deallocate() }
    }
    unsafe pages.deallocate()
  }

  /// Adds without a locked instruction: only the shard's writer may call it, or additions get lost.
  @inline(__always)
  func add(_ amount: UInt64, at cell: Int, shard: Int) {
    precondition(shard != sharedShard, "the shared shard has many writers")
    let address = unsafe address(of: cell, shard)
    unsafe address.pointee.store(address.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// The same for two cells of one page, `first` before `second`.
  @inline(__always)
  func add(_ amount: UInt64, at first: Int, and other: UInt64, at second: Int, shard: Int) {
    precondition(shard != sharedShard, "the shared shard has many writers")
    precondition(first <= second && first >> cellsPerPageLog2 == second >> cellsPerPageLog2)
    // The bound is checked for the second one, which is the greater.
    let address = unsafe address(of: second, shard)
    let before = unsafe address - (second &- first)
    unsafe before.pointee.store(before.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    unsafe address.pointee.store(address.pointee.load(ordering: .relaxed) &+ other, ordering: .relaxed)
  }

  /// Adds to the shared shard, from any thread.
  func addShared(_ amount: UInt64, at cell: Int) {
    unsafe address(of: cell, sharedShard).pointee.wrappingAdd(amount, ordering: .relaxed)
  }

  func store(_ value: UInt64, at cell: Int, shard: Int) {
    unsafe address(of: cell, shard).pointee.store(value, ordering: .relaxed)
  }

  func load(_ cell: Int, shard: Int) -> UInt64 {
    guard let page = unsafe slot(of: cell, shard).pointee.load(ordering: .acquiring) else { return 0 }
    return unsafe page[cell & (cellsPerPage - 1)].load(ordering: .relaxed)
  }

  /// The sum over all shards, modulo 2^64.
  func sum(_ cell: Int) -> UInt64 {
    (0...sharedShard).reduce(0) { $0 &+ load(cell, shard: $1) }
  }

  @inline(__always)
  private func address(of cell: Int, _ shard: Int) -> Page {
    let slot = unsafe slot(of: cell, shard)
    let page = unsafe slot.pointee.load(ordering: .acquiring) ?? allocatePage(in: slot)
    return unsafe page + (cell & (cellsPerPage - 1))
  }

  @inline(__always)
  private func slot(of cell: Int, _ shard: Int) -> Slot {
    // As unsigned numbers, what is below 0 is above the bound.
    precondition(UInt(bitPattern: cell) < UInt(bitPattern: count))
    precondition(UInt(bitPattern: shard) <= UInt(bitPattern: sharedShard))
    return unsafe pages + (shard &* pagesPerShard &+ (cell >> cellsPerPageLog2))
  }

  /// Not inlined: it runs once per page, beside a path that runs for every request.
  @inline(never)
  private func allocatePage(in slot: Slot) -> Page {
    let lines = (min(count, cellsPerPage) + cellsPerLine - 1) / cellsPerLine
    let page = unsafe UnsafeMutableRawPointer.allocate(byteCount: lines * lineBytes, alignment: lineBytes)
      .bindMemory(to: Atomic<UInt64>.self, capacity: lines * cellsPerLine)
    for cell in 0..<lines * cellsPerLine { unsafe (page + cell).initialize(to: Atomic(0)) }

    // Two threads may come here for a page of the shared shard: the first one's page stays.
    let (installed, first) = unsafe slot.pointee.compareExchange(
      expected: nil, desired: page, ordering: .acquiringAndReleasing)
    guard !installed, let first = unsafe first else { return unsafe page }
    unsafe UnsafeMutableRawPointer(page).deallocate()
    return unsafe first
  }
}

private let lineBytes = 64
private let cellsPerLine = lineBytes / MemoryLayout<UInt64>.stride
/// 4 KiB: a page of the kernel's.
private let cellsPerPage = 1 << cellsPerPageLog2
private let cellsPerPageLog2 = 9
