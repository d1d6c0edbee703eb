import FoundationEssentials
import TestSupport
import Testing

/// A Git repository with this one's chart, manifests and pipeline, which Argo CD reads as `file://`. It goes with the
/// test.
struct Repository: Sendable {
  private let folder: TemporaryFolder
  private let path: String
  var url: String { "file://\(path)" }

  init() async throws {
    folder = try TemporaryFolder()
    path = "\(folder.path)/repository"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for name in [".ci", ".gitignore", "Package.swift", "README.md", "chart", "manifests"] {
      try await Cluster.run(["cp", "-R", "\(Cluster.root)/\(name)", path])
    }
    try await git("init", "--quiet", "--initial-branch", "main")
    // The user's own identity and signature stay out of it.
    for setting in [["user.name", "e2e"], ["user.email", "e2e@localhost"], ["commit.gpgsign", "false"]] {
      try await git(["config"] + setting)
    }
    _ = try await commit("As it is")
  }

  @discardableResult
  private func git(_ arguments: [String]) async throws -> String {
    try await Cluster.run(["git", "-C", path] + arguments)
  }

  @discardableResult
  private func git(_ arguments: String...) async throws -> String { try await git(arguments) }

  private var head: String {
    get async throws { String(try await git("rev-parse", "HEAD").prefix { $0 != "\n" }) }
  }

  /// Commits all that was changed.
  ///
  /// - Returns: the commit.
  func commit(_ message: String) async throws -> String {
    try await git("add", "--all")
    try await git("commit", "--quiet", "--message", message)
    return try await head
  }

  /// The pipeline's own step, with its commit.
  func bump(_ arguments: String...) async throws -> String {
    try await Cluster.run(["\(path)/.ci/bump", "--commit", "--image", Cluster.repository] + arguments)
    return try await head
  }

  func revert() async throws -> String {
    try await git("revert", "--no-edit", "HEAD")
    return try await head
  }

  /// Replaces the first `old` in a file, which must be there.
  func change(_ file: String, _ old: String, to new: String) throws {
    let url = URL(filePath: "\(path)/\(file)")
    let text = try String(contentsOf: url, encoding: .utf8)
    try #require(text.contains(old), "\(file) has no \(old)")
    try Data(text.replacing(old, with: new, maxReplacements: 1).utf8).write(to: url)
  }
}
