import FoundationEssentials
import TestSupport
import Testing

/// An Argo CD in the namespace argocd, and what it makes of its Applications.
enum ArgoCD {
  static let namespace = Namespace(name: "argocd")

  /// Its repository server must see this machine's files: one that is deployed as pods does not.
  static func isThere() async -> Bool {
    guard Cluster.has("git"), await Cluster.knows("applications.argoproj.io") else { return false }
    return (try? await namespace.kubectl("get", "deployments", "--output", "name")) == ""
  }

  /// A file of manifests/argocd, for this repository instead of the project's.
  static func shipped(_ file: String, for repository: Repository) throws -> String {
    try String(contentsOf: URL(filePath: "\(Cluster.root)/manifests/argocd/\(file)"), encoding: .utf8)
      .replacing("https://github.com/vitrine/vitrine", with: repository.url)
  }

  /// Applies the shipped project and `manifest` while `body` runs; then they go, with all that they deployed.
  ///
  /// - Parameter webhook: gets the shipped notifications, beside Slack.
  static func deploying(
    _ manifest: String, from repository: Repository, telling webhook: Webhook? = nil, _ body: () async throws -> Void
  ) async throws {
    var project = try shipped("project.yaml", for: repository)
    if let webhook {
      project.replace(/(    notifications.*)\.slack: vitrine\n/) { "\($0.output.0)\($0.output.1).e2e: ''\n" }
      let notifications = try shipped("notifications.yaml", for: repository)
      try await namespace.apply(notifications + "  service.webhook.e2e: |\n    url: \(webhook.url)\n")
    }
    try await namespace.apply(project + "---\n" + manifest)
    do { try await body() } catch {
      print((try? await namespace.kubectl("get", "applications", "--output", "yaml")) ?? "no applications")
      try? await remove()
      throw error
    }
    try await remove()
  }

  private static func remove() async throws {
    for what in [
      ["applicationsets", "--all"], ["applications", "--all"], ["appproject/vitrine"], ["secret/cluster-second"],
    ] {
      try await namespace.kubectl(["delete", "--ignore-not-found", "--timeout", "2m"] + what)
    }
  }

  /// Waits until what runs is what this commit says. Argo CD is told that there is one, as a webhook would; where it
  /// finds nothing to change, as after a revert of what it could not apply, the last sync stays the one that failed.
  static func synced(_ application: String, to commit: String) async throws {
    try await refresh(application)
    try await until("\(application) at \(commit)", within: 180) {
      let status = try await status(application)
      return status["sync"]?["status"]?.string == "Synced" && status["sync"]?["revision"]?.string == commit
    }
  }

  static func refresh(_ application: String) async throws {
    try await namespace.kubectl(
      "annotate", "application", application, "argocd.argoproj.io/refresh=normal", "--overwrite")
  }

  static func status(_ application: String) async throws -> JSONValue {
    try await namespace.json("get", "application", application)["status"] ?? .null
  }
}
