import FoundationEssentials
import TestSupport
import Testing

/// All of it: one test after the other, for they share the cluster's few cores.
@Suite(.serialized, .enabled(if: Cluster.missing == nil, "skipped: \(Cluster.missing ?? "")"))
enum EndToEndTests {}

/// The Kubernetes that kubectl reaches, and what the environment wants of it.
enum Cluster {
  static let environment = ProcessInfo.processInfo.environment

  /// The image under test, NAME:TAG, which every node has already: `VITRINE_E2E_IMAGE`.
  static let image = environment["VITRINE_E2E_IMAGE"] ?? ""
  static var repository: String { String(image[..<(image.lastIndex(of: ":") ?? image.endIndex)]) }
  static var tag: String { String(image.dropFirst(repository.count + 1)) }

  /// The same with every trait, where there is one: `VITRINE_E2E_FULL_IMAGE`.
  static let fullImage = environment["VITRINE_E2E_FULL_IMAGE"]

  /// Every test, and each at length: `VITRINE_E2E=all`. Else a core that fits into each change's checks.
  static let isWhole = environment["VITRINE_E2E"] == "all"
  static let isPartial: Comment = "skipped: VITRINE_E2E is not all"

  /// Measures instead of testing: `VITRINE_E2E=compare`.
  static let isCompared = environment["VITRINE_E2E"] == "compare"

  /// Why nothing can run; nil when it can. A cluster that is asked for and does not answer is no reason but a failure.
  static let missing: String? = {
    if tagIsMissing { return "VITRINE_E2E_IMAGE names no image, as NAME:TAG" }
    return ["kubectl", "helm"].first { !has($0) }.map { "no \($0) on PATH" }
  }()

  private static var tagIsMissing: Bool { tag.isEmpty || tag.contains("/") }

  /// The package's folder.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Whether PATH leads to a program of this name.
  static func has(_ program: String) -> Bool {
    (environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  /// Runs a program of PATH to its end.
  ///
  /// - Parameter seconds: that it may take.
  /// - Returns: what it wrote to standard output.
  @discardableResult
  static func run(_ command: [String], within seconds: Double = 300) async throws -> String {
    let finished = try await ChildProcess.finished(
      ["/usr/bin/env"] + command, environment: environment, within: seconds)
    guard finished.end == .exited(0) else {
      throw ProcessFailure(
        description: "\(command.joined(separator: " ")): \(finished.end)\n\(finished.errors)\(finished.output)")
    }
    return finished.output
  }

  @discardableResult
  static func kubectl(_ arguments: String...) async throws -> String { try await run(["kubectl"] + arguments) }

  static func json(_ arguments: String...) async throws -> JSONValue {
    try JSONValue(try await run(["kubectl"] + arguments + ["--output", "json"]))
  }

  /// Those that take pods.
  static func nodes() async throws -> [String] {
    let nodes = try await json("get", "nodes")["items"]?.array ?? []
    return nodes.filter { node in
      let taints = node["spec"]?["taints"]?.array ?? []
      return node["spec"]?["unschedulable"] == nil && !taints.contains { $0["effect"]?.string != "PreferNoSchedule" }
    }.compactMap { $0["metadata"]?["name"]?.string }.sorted()
  }

  /// Whether the API server knows objects of this resource: `applications.argoproj.io`.
  static func knows(_ resource: String) async -> Bool {
    (try? await kubectl("get", "crd", resource)) != nil
  }

  /// Helm 4 applies server-side: after a scale by hand it wants to be told that the chart is right.
  static func helmForces() async throws -> [String] {
    try await run(["helm", "version", "--short"]).hasPrefix("v4") ? ["--force-conflicts"] : []
  }

  /// The image by its digest, as the nodes name it: another reference, of the same bits. Nil where they know none.
  static func imageByDigest() async throws -> String? {
    let nodes = try await json("get", "nodes")["items"]?.array ?? []
    let images = nodes.first?["status"]?["images"]?.array ?? []
    let names = images.compactMap { $0["names"]?.array?.compactMap(\.string) }.first { $0.contains(image) } ?? []
    return names.first { $0.hasPrefix("\(repository)@sha256:") }
  }
}

/// Asks every half second until it is so.
func until(_ what: String, within seconds: Double = 120, _ condition: () async throws -> Bool) async throws {
  try await waiting(for: what, within: seconds, every: 500) { try await condition() ? true : nil }
}
