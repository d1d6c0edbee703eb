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
    let decimals = Self.decimals(of: currency)
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

  /// ISO 4217 list one of 2024: all but these have two.
  private static func decimals(of currency: String) -> Int {
    switch currency {
    case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
      "XPF":
      0
    case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
    case "CLF", "UYW": 4
    default: 2
    }
  }
}
