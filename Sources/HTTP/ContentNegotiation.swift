/// Proactive negotiation on the Accept field (RFC 9110 §12.5.1).
///
/// The range that says most about an offer decides on it: a type with parameters before a type, before `type/*`,
/// before `*/*`. Among the offers with the highest weight above 0 the first wins.
///
/// On parameters this is more forgiving than the RFC's example: a parameter of a range speaks against an offer only
/// when the offer names it with another value. So Prometheus's `version=1.0.0` and `version=0.0.4` tell the versions
/// apart, and `charset` or `escaping=allow-utf-8`, of which the offers say nothing, do no harm. Only parameters that
/// the offer has too make a range more specific.
package enum ContentNegotiation {
  /// Index of the offer that the client likes best, the first of equals; nil when it admits none, and the caller then
  /// serves its default.
  ///
  /// - Parameter accept: the values of all Accept fields. Without a well-formed member in them, anything goes: 0.
  package static func choose(accept: [ArraySlice<UInt8>], among offers: [MediaType]) -> Int? {
    let ranges = accept.flatMap(mediaRanges)
    guard !ranges.isEmpty else { return offers.isEmpty ? nil : 0 }
    var best: (index: Int, weight: Int)?
    for (index, offer) in offers.enumerated() {
      let weight = weight(of: offer, by: ranges)
      if weight > best?.weight ?? 0 { best = (index, weight) }
    }
    return best?.index
  }

  /// In thousandths; 0 when no range admits the offer.
  private static func weight(of offer: MediaType, by ranges: [MediaRange]) -> Int {
    var best = (specificity: -1, weight: 0)
    for range in ranges {
      guard let specificity = range.specificity(for: offer) else { continue }
      // Of two that say the same, the one that likes the offer better.
      if (specificity, range.weight) > best { best = (specificity, range.weight) }
    }
    return best.weight
  }

  /// The well-formed members of one line; the others are ignored.
  private static func mediaRanges(_ value: ArraySlice<UInt8>) -> [MediaRange] {
    value.splitOutsideQuotes(separator: UInt8(ascii: ",")).compactMap(MediaRange.init)
  }
}

extension Request {
  /// Index of the offer that the client likes best, by its Accept fields: `ContentNegotiation.choose`.
  package func preferred(among offers: [MediaType]) -> Int? {
    // Most programs send none: they take what they get.
    guard fields.has(.accept) else { return offers.isEmpty ? nil : 0 }
    return ContentNegotiation.choose(accept: values(of: .accept), among: offers)
  }
}

/// One member of an Accept field: `text/*;q=0.5`.
private struct MediaRange {
  private let type, subtype: ArraySlice<UInt8>
  private var parameters: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
  /// The q-value in thousandths.
  private(set) var weight = 1000

  init?(_ member: ArraySlice<UInt8>) {
    let parts = member.splitOutsideQuotes(separator: UInt8(ascii: ";")).map(\.trimmed)
    let names = parts[0].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard names.count == 2, names.allSatisfy(\.isToken) else { return nil }
    (type, subtype) = (names[0], names[1])
    guard !type.isWildcard || subtype.isWildcard else { return nil }
    for part in parts.dropFirst() where !part.isEmpty {
      let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      let (name, value) = (part[..<equals], part[equals...].dropFirst())
      guard name.isToken, !value.isEmpty else { return nil }
      if name.equalsIgnoringCase("q".utf8) {
        guard let weight = value.weight else { return nil }
        self.weight = weight
        // What follows the weight is an extension, no parameter (RFC 7231 §5.3.2).
        break
      }
      parameters.append((name, value.unquoted))
    }
  }

  /// How much the range says about `offer`; nil when it does not match.
  func specificity(for offer: MediaType) -> Int? {
    if type.isWildcard { return 0 }
    guard type.equalsIgnoringCase(offer.type) else { return nil }
    if subtype.isWildcard { return 1 }
    guard subtype.equalsIgnoringCase(offer.subtype) else { return nil }
    var specificity = 2
    for own in offer.parameters {
      guard let asked = parameters.first(where: { $0.name.equalsIgnoringCase(own.name) }) else { continue }
      guard asked.value.equalsIgnoringCase(own.value) else { return nil }
      specificity += 1
    }
    return specificity
  }
}

// The parts of the lists that Accept and Accept-Encoding are.
extension ArraySlice<UInt8> {
  /// A q-value in thousandths: `0`, `0.5`, `1.000`, at most three digits after the point (RFC 9110 §12.4.2). nil for
  /// anything else.
  var weight: Int? {
    guard let first, count <= 5 else { return nil }
    var weight = 0
    switch first {
    case UInt8(ascii: "0"): weight = 0
    case UInt8(ascii: "1"): weight = 1000
    default: return nil
    }
    let fraction = dropFirst()
    guard fraction.isEmpty || fraction.first == UInt8(ascii: ".") else { return nil }
    var unit = 100
    for digit in fraction.dropFirst() {
      guard ByteSet.digit.contains(digit) else { return nil }
      weight += Int(digit - UInt8(ascii: "0")) * unit
      unit /= 10
    }
    return weight <= 1000 ? weight : nil
  }

  var isToken: Bool { !isEmpty && allSatisfy(ByteSet.token.contains) }

  var isWildcard: Bool { elementsEqual("*".utf8) }

  var trimmed: ArraySlice<UInt8> {
    let start = drop(while: \.isWhitespace)
    return start[..<(start.lastIndex { !$0.isWhitespace }.map { $0 + 1 } ?? start.startIndex)]
  }

  /// A quoted-string's content, its backslashes taken out (RFC 9110 §5.6.4); other values as they are.
  var unquoted: ArraySlice<UInt8> {
    guard count >= 2, first == UInt8(ascii: "\""), last == UInt8(ascii: "\"") else { return self }
    var isEscaped = false
    return dropFirst().dropLast().filter { byte in
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      return !isEscaped
    }[...]
  }

  func equalsIgnoringCase(_ lowercase: some Sequence<UInt8>) -> Bool {
    elementsEqual(lowercase) { $0.lowercased == $1 }
  }

  /// The parts between separators, at least one. Separators within a quoted-string do not count.
  func splitOutsideQuotes(separator: UInt8) -> [ArraySlice<UInt8>] {
    var isQuoted = false
    var isEscaped = false
    return split(omittingEmptySubsequences: false) { byte in
      defer { isEscaped = isQuoted && !isEscaped && byte == UInt8(ascii: "\\") }
      if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
      return byte == separator && !isQuoted
    }
  }
}
