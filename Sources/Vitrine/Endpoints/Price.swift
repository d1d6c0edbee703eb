internal import Catalog

/// An amount of money as people read it.
struct Price: Equatable {
  /// In the currency's minor unit: cents for EUR, yen for JPY.
  let minorUnits: Int
  /// ISO 4217: `EUR`.
  let currency: String

  /// The amount with as many decimals as the currency has: `1,299.00`. All in integers: a binary fraction of money is
  /// not exact.
  var amount: String {
    let digits = String(minorUnits.magnitude)
    let decimals = Currency.decimals(of: currency)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let fraction = decimals == 0 ? "" : "." + padded.suffix(decimals)
    return (minorUnits < 0 ? "-" : "") + Self.grouped(padded.dropLast(decimals)) + fraction
  }

  /// `4200` as `4,200`.
  static func grouped(_ digits: some StringProtocol) -> String {
    let first = digits.count % 3
    let groups = stride(from: first, to: digits.count, by: 3).map { digits.dropFirst($0).prefix(3) }
    return ([digits.prefix(first)].filter { !$0.isEmpty } + groups).joined(separator: ",")
  }
}
