/// Where answers are rendered: a buffer that has one owner and keeps its room.
///
/// An array would do the same and ask at each append whether it is shared; and a closure over the parts of an answer
/// counts a reference for each of them. Both are dear beside the copying of a few hundred bytes.
@safe
package struct OutputBuffer: ~Copyable {
  private var storage: UnsafeMutableBufferPointer<UInt8>
  package private(set) var count = 0

  package init() {
    unsafe storage = .allocate(capacity: 0)
  }

  deinit { unsafe storage.deallocate() }

  package var isEmpty: Bool { count == 0 }
  package var capacity: Int { unsafe storage.count }

  /// Appends what `part` writes, which is at most `size` bytes: more than that ends the process.
  @inline(__always)
  mutating func append(addingCapacity size: Int, _ part: (inout OutputSpan<UInt8>) -> Void) {
    if unsafe storage.count - count < size { grow(by: size) }
    let room = unsafe UnsafeMutableBufferPointer(rebasing: storage[count...])
    var output = unsafe OutputSpan(buffer: room, initializedCount: 0)
    part(&output)
    count += unsafe output.finalize(for: room)
  }

  /// What was appended from `offset` on.
  @inline(__always)
  package func withSpan<Result>(from offset: Int = 0, _ body: (Span<UInt8>) -> Result) -> Result {
    unsafe body(UnsafeBufferPointer(rebasing: storage[offset..<count]).span)
  }

  /// A copy of what was appended from `offset` on.
  package func bytes(from offset: Int = 0) -> [UInt8] {
    unsafe Array(storage[offset..<count])
  }

  /// As new, but with room for up to `capacityMax` bytes kept.
  package mutating func removeAll(keepingCapacityUpTo capacityMax: Int = .max) {
    count = 0
    guard capacity > capacityMax else { return }
    unsafe storage.deallocate()
    unsafe storage = .allocate(capacity: 0)
  }

  @inline(never)
  private mutating func grow(by size: Int) {
    let grown = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(capacity * 2, count + size))
    _ = unsafe grown.initialize(fromContentsOf: storage[..<count])
    unsafe storage.deallocate()
    unsafe storage = grown
  }
}
