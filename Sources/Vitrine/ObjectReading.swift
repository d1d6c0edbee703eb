internal import Catalog

/// The fields of a JSON object, asked for one by one. Every mistake is noted with its place, and a name that nobody asked
/// for is one: what would be ignored is what somebody meant.
struct ObjectReading {
  private(set) var mistakes: [Mistake] = []
  private let path: [Mistake.Step]
  /// Nil where it is no object at all, which is mistake enough.
  private let fields: [(name: String, value: JSON)]?
  private var asked: [String] = []

  /// - Parameter path: where the object stands in what was sent.
  init(_ json: JSON, at path: [Mistake.Step] = []) {
    self.path = path
    if case .object(let members) = json {
      fields = members.map { ($0.name, $0.value) }
    } else {
      fields = nil
      mistakes = [Mistake(path, "must be an object, found \(json.found)")]
    }
  }

  /// A whole number; nil where it is missing or wrong.
  mutating func integer(_ name: String, _ range: ClosedRange<Int>, isRequired: Bool = false) -> Int? {
    value(name, isRequired, "must be a whole number from \(range.lowerBound) to \(range.upperBound)") { value in
      value.integer.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// Seconds with up to three decimals, as milliseconds; nil where it is missing or wrong.
  ///
  /// - Parameter range: in milliseconds.
  mutating func seconds(_ name: String, _ range: ClosedRange<Int>, isRequired: Bool = false) -> Int? {
    let (low, high) = (Duration.milliseconds(range.lowerBound), Duration.milliseconds(range.upperBound))
    let rule = "must be a number from \(low.secondsText) to \(high.secondsText) with up to three decimals"
    return value(name, isRequired, rule) { value in
      // An exponent one higher is a thousand times the number.
      guard case .number(let text) = value, !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) else {
        return nil
      }
      return JSON.number(text + "e3").integer.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// - Parameter rule: completes the mistake: `must be 1 to 32 of A-Z a-z 0-9`.
  mutating func text(
    _ name: String, _ rule: String, isRequired: Bool = false, _ allows: (String) -> Bool
  ) -> String? {
    value(name, isRequired, rule) { value in
      guard case .string(let text) = value, allows(text) else { return nil }
      return text
    }
  }

  /// A line of text: 1 to `charactersMax` characters, none of them a control character.
  mutating func line(_ name: String, charactersMax: Int, isRequired: Bool = false) -> String? {
    text(
      name, "must be a string of 1 to \(charactersMax) characters, none of them a control character",
      isRequired: isRequired
    ) {
      (1...charactersMax).contains($0.unicodeScalars.count)
        && $0.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
  }

  /// One of some words.
  mutating func word(_ name: String, among words: [String], isRequired: Bool = false) -> String? {
    text(name, "must be one of \(words.joined(separator: ", "))", isRequired: isRequired, words.contains)
  }

  /// What stands in an object of its own; nil where there is none.
  mutating func object(_ name: String) -> ObjectReading? {
    asked.append(name)
    return fields?.first { $0.name == name }.map { ObjectReading($0.value, at: path + [.name(name)]) }
  }

  /// The mistakes so far, and a name that nobody has asked for.
  mutating func finish(_ what: String) -> [Mistake] {
    for field in fields ?? [] where !asked.contains(field.name) {
      note(field.name, "is not a field of \(what) (\(asked.joined(separator: ", ")))")
    }
    return mistakes
  }

  mutating func note(_ name: String, _ problem: String) {
    mistakes.append(Mistake(path + [.name(name)], problem))
  }

  private mutating func value<Value>(
    _ name: String, _ isRequired: Bool, _ rule: String, _ read: (JSON) -> Value?
  ) -> Value? {
    asked.append(name)
    guard let field = fields?.first(where: { $0.name == name }) else {
      if isRequired, fields != nil { note(name, "is missing: \(rule)") }
      return nil
    }
    if let value = read(field.value) { return value }
    note(name, "\(rule), found \(field.value.found)")
    return nil
  }
}
