/// Takes a chunked body apart as it arrives (RFC 9112 §7.1). The outcome does not depend on how the bytes are cut.
///
/// Trailer fields are checked like those of a head, and dropped. After an error the decoder is of no more use.
package struct ChunkedDecoder: Sendable {
  /// Where in the body the next byte stands.
  private enum State {
    /// In the digits of a chunk's size.
    case size
    /// In the extension behind it.
    case extensions(ChunkExtension)
    /// Between the CR and the LF of the size's line.
    case sizeLineFeed
    /// In a chunk's data, `remaining` of which are still to come.
    case data
    /// Before the CRLF behind the data.
    case dataCarriageReturn
    case dataLineFeed
    /// At the start of a trailer line, or of the empty line at the very end.
    case trailerStart
    case trailerName
    case trailerValue
    case trailerLineFeed
    case finalLineFeed
    case complete
  }

  private static let sizeDigitsMax = 16
  private static let extensionsMax = 4096

  private let limits: RequestParser.Limits
  private var state = State.size
  private var size: UInt64 = 0
  private var sizeDigits = 0
  private var remaining = 0
  private var bodyCount = 0
  private var extensionsCount = 0
  private var trailersCount = 0
  private var trailerFields = 0
  /// The current trailer's name, as far as it takes to know a forbidden one.
  private var trailerName: [UInt8] = []

  /// The body has ended: its final chunk and its trailer section were read.
  package private(set) var isComplete = false

  package init(limits: RequestParser.Limits) {
    self.limits = limits
  }

  /// Moves `position` on through `input` and returns the next stretch of chunk data, never empty.
  ///
  /// nil when the input is used up or the body complete; `isComplete` tells, and `position` then stands behind it.
  package mutating func next(in input: Span<UInt8>, at position: inout Int) throws(RequestError) -> Range<Int>? {
    while position < input.count, !isComplete {
      if case .data = state {
        let stretch = position..<position + min(remaining, input.count - position)
        remaining -= stretch.count
        position = stretch.upperBound
        if remaining == 0 { state = .dataCarriageReturn }
        return stretch
      }
      try take(input[position])
      position += 1
    }
    return nil
  }

  private mutating func take(_ byte: UInt8) throws(RequestError) {
    switch state {
    case .size:
      try takeSize(byte)
    case .extensions(let position):
      try takeExtension(byte, position)
    case .sizeLineFeed:
      try expect(.lineFeed, byte, or: .bareCarriageReturn)
      startChunk()
    case .dataCarriageReturn:
      try expect(.carriageReturn, byte, or: byte == .lineFeed ? .bareLineFeed : .malformedChunkEnd)
      state = .dataLineFeed
    case .dataLineFeed:
      try expect(.lineFeed, byte, or: .bareCarriageReturn)
      (state, size, sizeDigits) = (.size, 0, 0)
    case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed:
      try takeTrailer(byte)
    case .finalLineFeed:
      try expect(.lineFeed, byte, or: .bareCarriageReturn)
      (state, isComplete) = (.complete, true)
    case .data, .complete:
      break
    }
  }

  private func expect(_ expected: UInt8, _ byte: UInt8, or error: RequestError) throws(RequestError) {
    guard byte == expected else { throw error }
  }
}

// MARK: Sizes and extensions

extension ChunkedDecoder {
  /// 1*HEXDIG, at most 16, so that no size overflows 64 bits.
  private mutating func takeSize(_ byte: UInt8) throws(RequestError) {
    if let digit = byte.hexValue {
      guard sizeDigits < Self.sizeDigitsMax else { throw .invalidChunkSize }
      size = size << 4 | UInt64(digit)
      sizeDigits += 1
      return
    }
    guard byte != .lineFeed else { throw .bareLineFeed }
    guard sizeDigits > 0 else { throw .invalidChunkSize }
    guard byte == .carriageReturn || byte == UInt8(ascii: ";") || byte.isWhitespace else { throw .invalidChunkSize }
    guard let count = Int(exactly: size) else { throw .invalidChunkSize }
    guard count <= limits.bodyMax - bodyCount else { throw .contentTooLarge }
    bodyCount += count
    remaining = count
    if byte == .carriageReturn { state = .sizeLineFeed } else { try takeExtension(byte, .gap) }
  }

  private mutating func takeExtension(_ byte: UInt8, _ position: ChunkExtension) throws(RequestError) {
    if byte == .carriageReturn, position.mayEnd {
      state = .sizeLineFeed
      return
    }
    extensionsCount += 1
    guard extensionsCount <= Self.extensionsMax else { throw .chunkExtensionsTooLarge }
    guard let next = position.next(byte) else {
      throw byte == .lineFeed ? .bareLineFeed : .invalidChunkExtension
    }
    state = .extensions(next)
  }

  private mutating func startChunk() {
    state = remaining > 0 ? .data : .trailerStart
  }
}

// MARK: The trailer section

extension ChunkedDecoder {
  /// One more than the longest name that matters.
  private static let trailerNameMax = 18

  private mutating func takeTrailer(_ byte: UInt8) throws(RequestError) {
    if case .trailerStart = state {
      if byte == .carriageReturn {
        state = .finalLineFeed
        return
      }
      guard trailerFields < limits.headerFieldsMax else { throw .trailersTooLarge }
      trailerFields += 1
      trailerName.removeAll(keepingCapacity: true)
      state = .trailerName
    }
    guard trailersCount < limits.headerMax else { throw .trailersTooLarge }
    trailersCount += 1
    switch state {
    case .trailerName:
      try takeTrailerName(byte)
    case .trailerValue:
      if byte == .carriageReturn {
        state = .trailerLineFeed
      } else if !byte.isFieldContent {
        throw FieldLine.valueRefusal(byte)
      }
    default:
      try expect(.lineFeed, byte, or: .bareCarriageReturn)
      state = .trailerStart
    }
  }

  private mutating func takeTrailerName(_ byte: UInt8) throws(RequestError) {
    if ByteSet.token.contains(byte) {
      if trailerName.count < Self.trailerNameMax { trailerName.append(byte) }
      return
    }
    guard byte == UInt8(ascii: ":"), !trailerName.isEmpty else {
      throw FieldLine.nameRefusal(byte, isFirst: trailerName.isEmpty)
    }
    switch FieldName(trailerName.span, in: 0..<trailerName.count) {
    // Framing and routing were decided by the head: RFC 9110 §6.5.1 forbids them here.
    case .contentLength, .transferEncoding, .host: throw .forbiddenTrailer
    default: state = .trailerValue
    }
  }
}
