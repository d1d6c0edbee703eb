/// A wrong place in JSON, and what is wrong there.
package struct Mistake: Sendable, Equatable {
  package enum Step: Sendable, Equatable {
    case name(String)
    case index(Int)
  }

  /// From the root on.
  package var path: [Step]
  /// What it must be and what was found: `must be an integer of minor units, 0 or more, found 12.5`.
  package let problem: String

  package init(_ path: [Step], _ problem: String) {
    self.path = path
    self.problem = problem
  }

  /// For people: `items[3].price`; empty for the root.
  package var place: String {
    path.reduce(into: "") { text, step in
      switch step {
      case .name(let name): text += text.isEmpty ? name : ".\(name)"
      case .index(let index): text += "[\(index)]"
      }
    }
  }

  /// For programs, RFC 6901: `/items/3/price`; empty for the root.
  package var pointer: String {
    path.reduce(into: "") { text, step in
      switch step {
      // "~" first: the other's escape has one.
      case .name(let name):
        text +=
          "/"
          + name.split(separator: "~", omittingEmptySubsequences: false)
          .joined(separator: "~0").split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
      case .index(let index): text += "/\(index)"
      }
    }
  }
}

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
      mistakes.map { $0.path.isEmpty ? "\(file): \($0.problem)" : "\(file): \($0.place): \($0.problem)" }
        + (omitted > 0 ? ["\(file): and \(omitted) more"] : [])
    }
  }

  /// `lines`, joined by newlines.
  package var description: String { lines.joined(separator: "\n") }
}
