/// How memory went, second by second. Pure.
struct Course {
  /// VmRSS, bytes, once a second.
  private var resident: [Int] = []
  /// At the last look.
  private(set) var descriptors = 0

  var seconds: Int { resident.count }

  mutating func append(residentBytes: Int, descriptors: Int) {
    resident.append(residentBytes)
    self.descriptors = descriptors
  }

  /// The median of the last quarter above that of the second, which comes after whatever warms up.
  private var growth: Int { median(of: 3) - median(of: 1) }

  /// At most 2 % or 1 MiB, whichever is more.
  var isSteady: Bool { growth <= max(median(of: 1) / 50, 1 << 20) }

  var now: String { "\(seconds) s  \(mebibytes(resident.last ?? 0)) MiB resident  \(descriptors) descriptors" }

  var text: String {
    "resident memory  \(mebibytes(median(of: 1))) MiB in the second quarter, \(mebibytes(median(of: 3))) MiB in the last"
  }

  /// Of a quarter, counted from 0.
  private func median(of quarter: Int) -> Int {
    let part = resident[resident.count * quarter / 4..<resident.count * (quarter + 1) / 4].sorted()
    return part.isEmpty ? 0 : part[part.count / 2]
  }

  private func mebibytes(_ bytes: Int) -> String {
    let hundredths = (bytes * 100 + 1 << 19) >> 20
    return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
  }
}
