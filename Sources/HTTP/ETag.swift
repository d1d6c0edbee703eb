/// Entity tags and the preconditions on them (RFC 9110 §8.8.3, §13.1).
package enum ETag {
  /// Does one of `values` name `etag`, or any representation by `*`?
  ///
  /// - Parameters:
  ///   - values: the lines of If-None-Match or If-Match. A malformed member matches nothing, and neither does what
  ///     follows it in its line.
  ///   - etag: the representation's tag with its quotes, `"abc"` or `W/"abc"`.
  ///   - weak: true for If-None-Match, where `W/` does not count; false for If-Match, where it never matches.
  package static func matches(_ values: [ArraySlice<UInt8>], etag: [UInt8], weak: Bool) -> Bool {
    let own = Tag(etag[...])
    guard weak || !own.isWeak else { return values.contains { $0.elementsEqual("*".utf8) } }
    return values.contains { value in
      if value.elementsEqual("*".utf8) { return true }
      var rest = value
      while let tag = nextTag(in: &rest) {
        if tag.opaque == own.opaque || tag.opaque == own.gzipped, weak || !tag.isWeak { return true }
      }
      return false
    }
  }

  /// What stands in the place of the last quote in the tag of a body's gzip form. Whoever has that form has this
  /// representation, so its tag is good for a change too.
  static var gzipSuffix: [UInt8] { Array("-gzip\"".utf8) }

  private struct Tag {
    let isWeak: Bool
    /// With its quotes.
    let opaque: ArraySlice<UInt8>
    /// That of the gzip form.
    var gzipped: ArraySlice<UInt8> { opaque.dropLast() + ETag.gzipSuffix }

    init(_ bytes: ArraySlice<UInt8>) {
      isWeak = bytes.starts(with: "W/".utf8)
      opaque = isWeak ? bytes.dropFirst(2) : bytes
    }
  }

  /// The next tag of a list; commas within its quotes are its own. nil at the end and where the list is malformed.
  private static func nextTag(in rest: inout ArraySlice<UInt8>) -> Tag? {
    rest = rest.drop { $0.isWhitespace || $0 == UInt8(ascii: ",") }
    let quote = rest.starts(with: "W/".utf8) ? rest.startIndex + 2 : rest.startIndex
    guard quote < rest.endIndex, rest[quote] == UInt8(ascii: "\"") else { return nil }
    guard let end = rest[(quote + 1)...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
    let tag = Tag(rest[...end])
    rest = rest[(end + 1)...].drop(while: \.isWhitespace)
    return rest.isEmpty || rest.first == UInt8(ascii: ",") ? tag : nil
  }
}
