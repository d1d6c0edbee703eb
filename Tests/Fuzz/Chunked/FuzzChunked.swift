import FuzzSupport
import HTTP

/// The chunked body of a request, from the size of its first chunk on, what follows it included; or what stands behind a
/// size, or at a trailer's place, in a body that is good else.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(start: UnsafePointer<UInt8>?, count: Int) -> Int32 {
  unsafe judge(start, count) { bytes, chance in
    let input =
      switch chance.upTo(2) {
      case 0: bytes
      case 1: [UInt8]("1".utf8) + bytes + "\r\nx\r\n0\r\n\r\n".utf8
      default: [UInt8]("0\r\n".utf8) + bytes + "\r\n\r\n".utf8
      }
    for limits in [RequestParser.Limits(), RequestParser.Limits(headerMax: 40, headerFieldsMax: 3, bodyMax: 60)] {
      let whole = decode(input, ends: [input.count], limits)
      let ends = chance.cuts(input.count, most: 64)
      let pieces = decode(input, ends: ends, limits)
      hold(pieces == whole, "cut at \(ends) it is \(pieces), not \(whole)")
      let reference = ReferenceChunks(input, limits).body
      switch whole {
      case .complete(let data, let count):
        hold(reference?.data == data && reference?.count == count, "the reference reads \(whole) too")
        hold(count <= input.count && data.count <= limits.bodyMax, "count and data are within their limits")
        let again = render(data, &chance)
        hold(
          decode(again, ends: chance.cuts(again.count, most: 64), limits) == .complete(data: data, count: again.count),
          "what was rendered parses back")
      case .incomplete, .refused:
        hold(reference == nil, "what the reference takes is not \(whole)")
      }
    }
  }
}

private enum Body: Equatable {
  case complete(data: [UInt8], count: Int)
  case incomplete(data: [UInt8])
  case refused(RequestError)
}

/// What becomes of `input` that arrives in pieces; each is decoded from an array of its own, as a loop's buffer is.
private func decode(_ input: [UInt8], ends: [Int], _ limits: RequestParser.Limits) -> Body {
  var decoder = ChunkedDecoder(limits: limits)
  var data: [UInt8] = []
  var taken = 0
  for end in ends {
    let piece = input.span.extracting(taken..<end)
    var position = 0
    do throws(RequestError) {
      while let range = try decoder.next(in: piece, at: &position) {
        hold(!range.isEmpty && range.upperBound == position, "a stretch is not empty and ends at the position")
        for index in range { data.append(piece[index]) }
      }
    } catch {
      return .refused(error)
    }
    hold(position <= piece.count, "the position is within the input")
    taken += position
    if decoder.isComplete { break }
    hold(position == piece.count, "an incomplete body takes its whole input")
  }
  return decoder.isComplete ? .complete(data: data, count: taken) : .incomplete(data: data)
}

private func render(_ data: [UInt8], _ chance: inout Chance) -> [UInt8] {
  var rendered: [UInt8] = []
  var start = 0
  for end in chance.cuts(data.count, most: 64) {
    let digits = String(end - start, radix: 16, uppercase: chance.upTo(1) == 0)
    rendered += "\(digits)\r\n".utf8
    rendered += data[start..<end]
    rendered += "\r\n".utf8
    start = end
  }
  rendered += chance.upTo(1) == 0 ? "0\r\n\r\n".utf8 : "000\r\nA: b\r\n\r\n".utf8
  return rendered
}
