/// How numbers are written in an exposition.
extension String {
  /// The shortest digits that read back as `value`; `3`, not `3.0`; NaN, +Inf and -Inf in Prometheus's spelling.
  init(sample value: Double) {
    if value.isNaN {
      self = "NaN"
    } else if value.isInfinite {
      self = value < 0 ? "-Inf" : "+Inf"
    } else {
      let digits = value.description
      self = digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits
    }
  }

  /// `value / unitsPerBase`, a power of ten, exact: 1,500,000,000 ns are `1.5`. A double would round from 2^53 ns on:
  /// 104 days, which a sum over all requests reaches soon.
  init(_ value: UInt64, per unitsPerBase: UInt64) {
    // The addend's leading 1 keeps the fraction's leading zeros, and is dropped.
    var fraction = String(unitsPerBase + value % unitsPerBase).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    self = String(value / unitsPerBase) + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// A bucket's bound, always with a decimal point: `1.0`. Prometheus 3 rewrites `1` to that, so that rules written for
  /// the one spelling would miss the other.
  init(bound: UInt64, per unitsPerBase: UInt64) {
    let exact = String(bound, per: unitsPerBase)
    self = exact.utf8.contains(UInt8(ascii: ".")) ? exact : exact + ".0"
  }
}
