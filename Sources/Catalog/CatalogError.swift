/// Why a catalogue's file was not taken. Nothing of such a file is used.
package enum CatalogError: Error, Sendable, Equatable {
  /// open(2) or read(2) said no; `reason` is the system's text.
  case unreadable(file: String, reason: String)
  /// The file has more bytes than a catalogue may have.
  case tooLarge(file: String, bytesMax: Int)
  /// The file is not JSON at all; `reason` tells the first place: `line 3, column 7: expected a value`.
  case malformed(file: String, reason: String)
  /// It is JSON, and these are the mistakes, in the file's order; `omitted` more are not listed.
  case invalid(file: String, mistakes: [Mistake], omitted: Int)

  /// One wrong place in the file.
  package struct Mistake: Sendable, Equatable {
    /// From the file's root: `items[3].price`.
    package let path: String
    /// What it must be and what was found: `must be an integer of minor units, 0 or more, found 12.5`.
    package let problem: String
  }

  /// More mistakes than this help nobody and cost memory.
  package static let mistakesMax = 100
}

extension CatalogError: CustomStringConvertible {
  /// One line for each mistake, each beginning with the file's name.
  package var lines: [String] {
    switch self {
    case .unreadable(let file, let reason): ["\(file): cannot be read: \(reason)"]
    case .tooLarge(let file, let bytesMax): ["\(file): must have at most \(bytesMax) bytes"]
    case .malformed(let file, let reason): ["\(file): must be JSON: \(reason)"]
    case .invalid(let file, let mistakes, let omitted):
      mistakes.map { $0.path.isEmpty ? "\(file): \($0.problem)" : "\(file): \($0.path): \($0.problem)" }
        + (omitted > 0 ? ["\(file): and \(omitted) more"] : [])
    }
  }

  /// `lines`, joined by newlines.
  package var description: String { lines.joined(separator: "\n") }
}
