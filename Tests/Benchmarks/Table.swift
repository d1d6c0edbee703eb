import Foundation

/// Rows and columns, printed as aligned text that is also a Markdown table.
struct Table {
  let titles: [String]
  /// So many columns on the left are text, the rest are numbers.
  let textColumns: Int
  var rows: [[String]] = []

  var text: String {
    let widths = titles.indices.map { column in ([titles] + rows).map { $0[column].count }.max() ?? 0 }
    let rule = titles.indices.map { column in
      column < textColumns
        ? String(repeating: "-", count: widths[column]) : String(repeating: "-", count: widths[column] - 1) + ":"
    }
    return ([titles, rule] + rows).map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column < textColumns ? cell + padding : padding + cell
      }
      return "| " + cells.joined(separator: " | ") + " |\n"
    }.joined()
  }
}

/// Prints at once, into a pipe too: minutes pass between two tables.
func show(_ text: String) {
  print(text)
  fflush(nil)
}

func heading(_ title: String) -> String { "\n\(title)\n\n" }

/// The number with about three significant digits and its unit; a dash where there is none.
func rounded(_ number: Double?, _ unit: String = "") -> String {
  guard let number else { return "–" }
  let magnitude = abs(number)
  let decimals = magnitude < 1 ? 3 : magnitude < 10 ? 2 : magnitude < 100 ? 1 : 0
  return String(format: "%.\(decimals)f", number) + unit
}

func median(_ numbers: [Double]) -> Double? {
  guard !numbers.isEmpty else { return nil }
  let sorted = numbers.sorted()
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// A figure to reach, and what this run measured.
struct Aim {
  let what: String
  let atMost: Double
  let unit: String
  let measured: Double?

  static func table(_ aims: [Aim]) -> String {
    var table = Table(titles: ["", "aim, at most", "measured", ""], textColumns: 1)
    for aim in aims {
      let verdict = aim.measured.map { $0 <= aim.atMost ? "ok" : "short" } ?? "not measured"
      table.rows.append([aim.what, rounded(aim.atMost, aim.unit), rounded(aim.measured, aim.unit), verdict])
    }
    return table.text
  }
}
