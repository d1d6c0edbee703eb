import Networking

/// What kind of value an option holds: how its text is read, how it is written, and what to call it.
struct OptionKind<Value: Sendable>: Sendable {
  /// What stands for a value in `--help`; nil for a switch, which needs none.
  let placeholder: String?
  /// Completes "must be …".
  let values: String
  /// Nil for anything that `values` does not describe.
  let parse: @Sendable (String) -> Value?
  /// What `parse` would take.
  let text: @Sendable (Value) -> String
  /// Whether a value may hold a password: then it is never told.
  var isSecret = false
}

extension OptionKind {
  /// A kind whose values may be missing. No text means missing: what is not set stays unset.
  static func optional<Wrapped>(_ kind: OptionKind<Wrapped>, unset: String) -> Self where Value == Wrapped? {
    Self(
      placeholder: kind.placeholder, values: kind.values,
      // A refused text is nil, not a present nil.
      parse: { text in kind.parse(text).map { .some($0) } }, text: { $0.map(kind.text) ?? unset },
      isSecret: kind.isSecret)
  }

  /// One of a closed list of words.
  static func choice() -> Self
  where Value: CaseIterable & RawRepresentable<String>, Value.AllCases: Sendable {
    Self(
      placeholder: "WORD", values: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "),
      parse: { Value(rawValue: $0) }, text: { $0.rawValue })
  }
}

extension OptionKind<Bool> {
  static let toggle = Self(placeholder: nil, values: "true or false", parse: { Bool($0) }, text: { $0.description })
}

extension OptionKind<Int> {
  /// Decimal digits only: no sign, no `1_000`, no `1k`.
  static func number(_ range: ClosedRange<Int>, unit: String? = nil, placeholder: String = "N") -> Self {
    let noun = unit.map { "\($0), a whole number" } ?? "a whole number"
    return Self(placeholder: placeholder, values: "\(noun) from \(range.lowerBound) to \(range.upperBound)") { text in
      guard text.utf8.allSatisfy(isDigit), let number = Int(text), range.contains(number) else { return nil }
      return number
    } text: {
      $0.description
    }
  }

  static func count(_ range: ClosedRange<Int>) -> Self { number(range) }
  static func bytes(_ range: ClosedRange<Int>) -> Self { number(range, unit: "bytes", placeholder: "BYTES") }
}

extension OptionKind<UInt16> {
  static let port = Self(placeholder: "PORT", values: "a whole number from 0 to 65535") { text in
    text.utf8.allSatisfy(isDigit) ? UInt16(text) : nil
  } text: {
    $0.description
  }
}

extension OptionKind<Duration> {
  /// Digits, at most one point, at most three digits after it. No `1e3`, `inf` or `0x10`, which `Double` would take.
  static func seconds(_ range: ClosedRange<Double>) -> Self {
    let low = Duration.milliseconds(Int((range.lowerBound * 1000).rounded()))
    let high = Duration.milliseconds(Int((range.upperBound * 1000).rounded()))
    return Self(
      placeholder: "SECONDS", values: "seconds from \(low.secondsText) to \(high.secondsText), up to three decimals"
    ) { text in
      let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      guard let whole = parts.first, !whole.isEmpty, whole.utf8.allSatisfy(isDigit), let seconds = Int32(whole)
      else { return nil }
      var milliseconds = Int(seconds) * 1000
      if parts.count == 2 {
        let digits = parts[1]
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit),
          let fraction = Int(digits + String(repeating: "0", count: 3 - digits.utf8.count))
        else { return nil }
        milliseconds += fraction
      }
      let duration = Duration.milliseconds(milliseconds)
      return (low...high).contains(duration) ? duration : nil
    } text: {
      $0.secondsText
    }
  }
}

extension OptionKind<String> {
  /// What a resolver or inet_pton(3) may be asked; that it exists is seen when it is bound.
  static let host = Self(
    placeholder: "ADDRESS", values: "an address without brackets or a host name, at most 253 bytes"
  ) { text in
    let allowed = (1...253).contains(text.utf8.count) && text.utf8.allSatisfy(isInHostName)
    return allowed ? text : nil
  } text: {
    $0
  }

  /// A path; what stands in the file is checked when it is read.
  static let file = Self(placeholder: "FILE", values: "the path of a file") { text in
    text.isEmpty || text.utf8.contains(0) ? nil : text
  } text: {
    $0
  }

  /// A connection string, with a password perhaps; whether it is well-formed is seen when it is opened.
  static func secretURL(_ values: String) -> Self {
    Self(placeholder: "URL", values: values, parse: { $0.isEmpty ? nil : $0 }, text: { $0 }, isSecret: true)
  }

  /// One line of text.
  static func line(bytesMax: Int) -> Self {
    Self(placeholder: "TEXT", values: "1 to \(bytesMax) bytes of text without control characters") { text in
      let isLine = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
      return (1...bytesMax).contains(text.utf8.count) && isLine ? text : nil
    } text: {
      $0
    }
  }

  private static func isInHostName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
      UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "%"):
      true
    default: isDigit(byte)
    }
  }
}

extension OptionKind<[IPNetwork]> {
  static let networks = Self(
    placeholder: "CIDR,…", values: "addresses or networks in CIDR notation, with commas between"
  ) { text in
    let networks = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      IPNetwork(String(part.drop(while: { $0 == " " })))
    }
    return networks.contains(nil) ? nil : networks.compactMap(\.self)
  } text: { networks in
    networks.isEmpty ? "none" : networks.map(cidr).joined(separator: ",")
  }

  private static func cidr(_ network: IPNetwork) -> String {
    // IPNetwork counts an IPv4 prefix behind the 96 bits of ::ffff:0:0.
    "\(network.address)/\(network.address.isV4 ? network.prefixLength - 96 : network.prefixLength)"
  }
}

extension OptionKind<HammerCommand.Path> {
  static let weightedPath = Self(
    placeholder: "[WEIGHT:]PATH", values: "a path of visible ASCII, a weight from 1 to 1000 and a colon before it"
  ) { text in
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let hasWeight = !text.hasPrefix("/")
    let target = hasWeight ? parts.dropFirst().first.map(String.init) : text
    guard let target, target.hasPrefix("/"), target.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x23 }),
      let weight = hasWeight ? Int(parts[0]) : 1, (1...1000).contains(weight)
    else { return nil }
    return HammerCommand.Path(weight: weight, target: target)
  } text: {
    $0.weight == 1 ? $0.target : "\($0.weight):\($0.target)"
  }
}

extension OptionKind<String> {
  static let fieldLine = Self(placeholder: "NAME:VALUE", values: "a field's name, a colon and its value") { text in
    let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy(isInToken),
      parts[1].allSatisfy({ $0 == 9 || (0x20...0x7e).contains($0) || $0 >= 0x80 })
    else { return nil }
    return text
  } text: {
    $0
  }

  /// RFC 9110 §5.6.2.
  private static func isInToken(_ byte: UInt8) -> Bool {
    (0x21...0x7e).contains(byte) && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
  }
}

extension Duration {
  /// Seconds with as many decimals as it takes, three at most: `5`, `0.25`.
  var secondsText: String {
    let milliseconds = Int(self / .milliseconds(1))
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    guard rest != 0 else { return seconds.description }
    var digits = (1000 + rest).description.dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "\(seconds).\(digits)"
  }
}

private func isDigit(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}
