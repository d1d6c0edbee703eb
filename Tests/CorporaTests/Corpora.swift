import FoundationEssentials
import TestSupport
import Testing

/// Requests of other projects' suites, in the folder that VITRINE_CORPORA names. They are data of others: read from
/// there, never copied into this repository.
enum Corpora {
  static let folder = ProcessInfo.processInfo.environment["VITRINE_CORPORA"].flatMap { $0.isEmpty ? nil : $0 }
  static var areThere: Bool { folder != nil }
  static let areMissing: Comment = "skipped: VITRINE_CORPORA names no folder with corpora"

  /// The lines of a `.jsonl` file; read on a thread of its own, as all that takes long here: other tests wait for the
  /// few that tasks share.
  static func cases<Case: Decodable & Sendable>(_ file: String, of type: Case.Type = Case.self) async throws -> [Case] {
    try await onThread {
      let decoder = JSONDecoder()
      return try contents(of: file).split(separator: UInt8(ascii: "\n")).map { try decoder.decode(Case.self, from: $0) }
    }
  }

  /// The files of a subfolder, by name.
  static func files(in subfolder: String) async throws -> [(id: String, bytes: [UInt8])] {
    try await onThread {
      try FileManager.default.contentsOfDirectory(atPath: path(subfolder)).sorted()
        .map { ($0, [UInt8](try contents(of: "\(subfolder)/\($0)"))) }
    }
  }

  /// The bytes of every request in a `.jsonl` file or a folder; of a dialogue, all its steps in one.
  static func all(_ corpus: String) async throws -> [(id: String, bytes: [UInt8])] {
    switch corpus {
    case "h2o-http1-fuzz": try await files(in: corpus)
    case ProbeCase.corpus: try await cases(corpus, of: ProbeCase.self).map { ($0.id, $0.bytes) }
    default: try await cases(corpus, of: WireCase.self).map { ($0.id, $0.bytes) }
    }
  }

  private static func contents(of file: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path(file)))
  }

  private static func path(_ name: String) throws -> String {
    "\(try #require(folder))/\(name)"
  }

  /// One line a corpus in the test's output.
  static func report(_ corpus: String, accepted: Int, refused: Int, deviations: Int, _ more: String = "") {
    print(
      "\(corpus): \(accepted) accepted, \(refused) refused, \(deviations) deviations\(more.isEmpty ? "" : "; ")\(more)")
  }
}

/// What all the suites' cases have: a name, and the bytes that a client sends.
struct WireCase: Decodable, Sendable {
  let id: String
  let request: Data
  /// nginx's and llhttp's suites: `accept` or `reject`.
  let expect: String?
  /// Go's suite: the status.
  let want: Int?
  /// llhttp's suite: what its parser was made to tolerate, and what it said.
  let type: String?
  let log: String?

  enum CodingKeys: String, CodingKey {
    case id, expect, want, type, log
    case request = "request_b64"
  }

  var bytes: [UInt8] { [UInt8](request) }
}
