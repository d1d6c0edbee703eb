// What the parsers ask of a stretch of bytes. Positions are indices into the span; nothing here allocates.

extension Span<UInt8> {
  /// The first position in `start..<stop` whose byte is not in `set`, or `stop`.
  @inline(__always)
  func endOfRun(of set: ByteSet, from start: Int, to stop: Int) -> Int {
    var position = start
    while position < stop, set.contains(self[position]) { position &+= 1 }
    return position
  }

  /// The first position in `start..<stop` whose byte cannot stand in a field value, or `stop`.
  func endOfFieldContent(from start: Int, to stop: Int) -> Int {
    var position = start
    while position &+ 8 <= stop, unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self).isPlain {
      position &+= 8
    }
    while position < stop, self[position].isFieldContent { position &+= 1 }
    return position
  }

  /// `range` without the SP and HTAB at both ends (OWS, RFC 9110 §5.6.3).
  @inline(__always)
  func trimmingWhitespace(_ range: Range<Int>) -> Range<Int> {
    var (lower, upper) = (range.lowerBound, range.upperBound)
    while lower < upper, self[lower].isWhitespace { lower &+= 1 }
    while lower < upper, self[upper &- 1].isWhitespace { upper &-= 1 }
    return lower..<upper
  }

  /// The next member of a comma-separated list that ends at `end`: trimmed, possibly empty. nil after the last.
  ///
  /// `position` moves behind the member's comma. An empty list has one member, which is empty.
  func nextListMember(at position: inout Int, end: Int) -> Range<Int>? {
    guard position <= end else { return nil }
    var comma = position
    while comma < end, self[comma] != UInt8(ascii: ",") { comma &+= 1 }
    defer { position = comma &+ 1 }
    return trimmingWhitespace(position..<comma)
  }

  /// The byte that the "%HH" at `position` stands for; nil unless two hexadecimal digits follow before `end`.
  func escapedByte(at position: Int, end: Int) -> UInt8? {
    guard position + 2 < end, let high = self[position + 1].hexValue, let low = self[position + 2].hexValue else {
      return nil
    }
    return high << 4 | low
  }

  /// Do the bytes from `start` on begin with `literal`, byte for byte?
  @inline(__always)
  func hasBytes(_ literal: StaticString, at start: Int) -> Bool {
    let count = literal.utf8CodeUnitCount
    guard start <= self.count &- count else { return false }
    var offset = 0
    while offset &+ 8 <= count {
      let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: start &+ offset, as: UInt64.self)
      guard word == literal.word(at: offset) else { return false }
      offset &+= 8
    }
    while offset < count {
      guard self[start &+ offset] == literal.byte(at: offset) else { return false }
      offset &+= 1
    }
    return true
  }

  /// Does it begin with `prefix`, byte for byte?
  func hasBytes(_ prefix: Span<UInt8>) -> Bool {
    guard prefix.count <= count else { return false }
    var position = 0
    while position &+ 16 < prefix.count {
      guard word(at: position) == prefix.word(at: position) else { return false }
      position &+= 16
    }
    if prefix.count >= 16 {
      // The last word reaches back into the one before it.
      return word(at: prefix.count &- 16) == prefix.word(at: prefix.count &- 16)
    }
    while position < prefix.count {
      guard self[position] == prefix[position] else { return false }
      position &+= 1
    }
    return true
  }

  @inline(__always)
  private func word(at position: Int) -> UInt128 {
    unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt128.self)
  }

  /// Is `range` the token `lowercase`, which consists of "a" to "z", digits and "-", in any case?
  ///
  /// Setting bit 5 folds the letters. Besides them it turns only controls into what a token has, and those are
  /// refused before anyone asks.
  @inline(__always)
  func equalsIgnoringCase(_ lowercase: StaticString, in range: Range<Int>) -> Bool {
    guard range.count == lowercase.utf8CodeUnitCount else { return false }
    for offset in 0..<range.count
    where self[range.lowerBound &+ offset] | 0x20 != lowercase.byte(at: offset) { return false }
    return true
  }
}

extension UInt64 {
  /// Is none of the eight bytes a control, 00–1F or 7F? A subtraction borrows from a byte's high bit where it is.
  @inline(__always)
  fileprivate var isPlain: Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let deletes = self ^ (ones &* 0x7F)
    return ((self &- ones &* 0x20) & ~self | (deletes &- ones) & ~deletes) & (ones &* 0x80) == 0
  }
}

extension StaticString {
  /// A string constant's bytes without making a `String`: three or more comparisons of each request come here.
  @inline(__always)
  fileprivate func byte(at offset: Int) -> UInt8 {
    assert(offset < utf8CodeUnitCount)
    return unsafe utf8Start[offset]
  }

  /// Eight of its bytes as they stand in memory.
  @inline(__always)
  fileprivate func word(at offset: Int) -> UInt64 {
    assert(offset + 8 <= utf8CodeUnitCount)
    return unsafe UnsafeRawPointer(utf8Start).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }
}
