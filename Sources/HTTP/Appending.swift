extension [UInt8] {
  /// Appends by memcpy; a loop over a span costs a capacity check for each byte.
  @inline(__always)
  mutating func append(copying span: Span<UInt8>) {
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }

  /// Appends a string constant's UTF-8 by memcpy.
  @inline(__always)
  package mutating func append(literal: StaticString) {
    unsafe append(contentsOf: literal.utf8Bytes)
  }

  /// Appends `value` in decimal, with zeros in front up to `width` digits, at most 20. `value` is not negative.
  package mutating func append(decimal value: Int, width: Int = 1) {
    append(addingCapacity: 20) { $0.append(decimal: value, width: width) }
  }
}

extension OutputSpan<UInt8> {
  /// Appends by memcpy. What does not fit ends the process, as it does for a single element.
  @inline(__always)
  package mutating func append(copying span: Span<UInt8>) {
    unsafe span.withUnsafeBufferPointer { unsafe append(copying: $0) }
  }

  package mutating func append(copying slice: ArraySlice<UInt8>) {
    unsafe slice.withUnsafeBufferPointer { unsafe append(copying: $0) }
  }

  @inline(__always)
  mutating func append(copying array: [UInt8]) {
    unsafe array.withUnsafeBufferPointer { unsafe append(copying: $0) }
  }

  /// Appends the string's UTF-8.
  package mutating func append(copying string: String) {
    for byte in string.utf8 { append(byte) }
  }

  /// Appends a string constant's UTF-8 by memcpy.
  @inline(__always)
  package mutating func append(literal: StaticString) {
    unsafe append(copying: literal.utf8Bytes)
  }

  /// As an array's.
  package mutating func append(decimal value: Int, width: Int = 1) {
    var rest = UInt64(value)
    var digits = 1
    var bound: UInt64 = 10
    // 2^63 has 19 digits.
    while digits < 19, rest >= bound {
      digits += 1
      bound *= 10
    }
    digits = max(digits, width)
    precondition(digits <= freeCapacity)
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      var place = count + digits
      while place > count {
        place -= 1
        unsafe buffer.initializeElement(at: place, to: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
      }
      count += digits
    }
  }

  @inline(__always)
  private mutating func append(copying source: UnsafeBufferPointer<UInt8>) {
    precondition(source.count <= freeCapacity)
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      guard let from = source.baseAddress, let to = buffer.baseAddress else { return }
      unsafe (to + count).initialize(from: from, count: source.count)
      count += source.count
    }
  }
}

extension StaticString {
  @inline(__always)
  fileprivate var utf8Bytes: UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
  }
}
