/// The known name that someone probably meant.
package enum Suggestion {
  /// The candidate nearest to `name`, the first of equals; nil when none is near enough to be worth a guess.
  package static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    guard !name.isEmpty else { return nil }
    // A wrong half is no misspelling any more.
    let limit = max(2, name.utf8.count / 2)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let distance = distance(name, candidate)
      if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
  }

  /// How many mistakes lie between two names: letters or, cheaper, the order of their words (`max-body`, `body-max`); a
  /// name cut short between words (`drain`) is one mistake.
  static func distance(_ given: String, _ known: String) -> Int {
    let spelling = editDistance(given, known)
    let reordered = editDistance(sortedWords(given), sortedWords(known)) + 1
    let isCutShort = !given.isEmpty && (known.hasPrefix(given + "-") || known.hasSuffix("-" + given))
    return min(spelling, reordered, isCutShort ? 1 : .max)
  }

  /// Letters inserted, left out or replaced, and neighbours swapped: the restricted Damerau-Levenshtein distance.
  static func editDistance(_ first: String, _ second: String) -> Int {
    let first = Array(first.utf8)
    let second = Array(second.utf8)
    guard !first.isEmpty, !second.isEmpty else { return max(first.count, second.count) }
    // The rows of the table for the last two letters of `first` and for this one.
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for i in 1...first.count {
      var row = [i]
      for j in 1...second.count {
        let replaced = last[j - 1] + (first[i - 1] == second[j - 1] ? 0 : 1)
        var distance = min(last[j] + 1, row[j - 1] + 1, replaced)
        if i > 1, j > 1, first[i - 1] == second[j - 2], first[i - 2] == second[j - 1] {
          distance = min(distance, beforeLast[j - 2] + 1)
        }
        row.append(distance)
      }
      (beforeLast, last) = (last, row)
    }
    return last[second.count]
  }

  private static func sortedWords(_ name: String) -> String {
    name.split(separator: "-").sorted().joined(separator: "-")
  }
}
