package import HTTP

/// What the parser makes of some bytes.
package enum HeadOutcome: Equatable {
  /// A head of so many bytes.
  case head(Int)
  case incomplete
  case refused(RequestError)

  package init(_ input: Span<UInt8>, by parser: RequestParser, into request: inout Request) {
    do throws(RequestError) {
      self = try parser.parse(input, into: &request).map(HeadOutcome.head) ?? .incomplete
    } catch {
      self = .refused(error)
    }
  }
}
