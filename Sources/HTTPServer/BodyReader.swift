internal import HTTP

/// Takes one request's body out of a connection's input, by its framing; pure.
struct BodyReader {
  private enum Rest {
    case length(Int)
    case chunked(ChunkedDecoder)
  }

  private var rest: Rest
  /// Bytes of content so far.
  private(set) var received = 0

  /// Nil when there is no body. Parser and decoder refuse one above the limit.
  init?(_ framing: BodyFraming, limits: RequestParser.Limits) {
    switch framing {
    case .none: return nil
    case .length(let length): rest = .length(length)
    case .chunked: rest = .chunked(ChunkedDecoder(limits: limits))
    }
  }

  var isComplete: Bool {
    switch rest {
    case .length(let left): left == 0
    case .chunked(let decoder): decoder.isComplete
    }
  }

  /// Moves `position` on through `input`; content is appended to `body` unless that is nil.
  mutating func read(_ input: Span<UInt8>, at position: inout Int, into body: inout [UInt8]?) throws(RequestError) {
    switch rest {
    case .length(let left):
      let count = min(left, input.count - position)
      take(input.extracting(position..<position + count), into: &body)
      position += count
      rest = .length(left - count)
    case .chunked(var decoder):
      while let data = try decoder.next(in: input, at: &position) {
        take(input.extracting(data), into: &body)
      }
      rest = .chunked(decoder)
    }
  }

  private mutating func take(_ data: Span<UInt8>, into body: inout [UInt8]?) {
    received += data.count
    body?.append(addingCapacity: data.count) { output in
      for index in data.indices { output.append(data[index]) }
    }
  }
}
