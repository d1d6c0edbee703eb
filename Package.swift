// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// Every Swift target's settings: a warning is an error, so a missing and a needless `unsafe` both break the build.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
]

/// What the binary tells of itself at /version. No time of the build: the same sources give the same bytes.
///
/// SwiftPM evaluates this file again only when its text or the environment changed (swift-package-manager#8202), so
/// after a new commit a further `swift build` may still tell the last revision. Image and pipeline set VITRINE_REVISION,
/// which is always heeded.
let build: [CSetting] = [
  .define("VITRINE_VERSION", to: "\"0.1.0\""),
  .define("VITRINE_REVISION", to: "\"\(variable("VITRINE_REVISION") ?? gitRevision ?? "unknown")\""),
  .define("VITRINE_REVISION_DATE", to: "\"\(variable("VITRINE_REVISION_DATE") ?? gitDate ?? "unknown")\""),
  .define("VITRINE_SWIFT_VERSION", to: "\"\(swiftVersion ?? "unknown")\""),
]

// Each floor imports only floors below it; CI builds with --explicit-target-dependency-import-check error.
let package = Package(
  name: "vitrine",
  products: [
    .executable(name: "vitrine", targets: ["Vitrine"]),
    .executable(name: "benchmarks", targets: ["Benchmarks"]),
    .executable(name: "epoll-floor", targets: ["EpollFloor"]),
    .executable(name: "echo", targets: ["Echo"]),
    .executable(name: "endurance", targets: ["Endurance"]),
  ],
  traits: [
    .trait(name: "PostgreSQL", description: "Products in a PostgreSQL that replicas share, by libpq."),
    .trait(
      name: "Redis", description: "A Redis in front of PostgreSQL, by hiredis.", enabledTraits: ["PostgreSQL"]),
  ],
  targets: [
    // Floor 0: C
    .target(name: "CLinux"),
    .target(name: "CBuild", cSettings: build),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // These two are looked for by who builds with their traits alone.
    .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CRedis", providers: [.apt(["libhiredis-dev"])]),
    // Floor 1: values, and the kernel
    .target(name: "HTTP", swiftSettings: strict),
    .target(name: "Metrics", swiftSettings: strict),
    .target(name: "Networking", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "Sandbox", dependencies: ["CLinux"], swiftSettings: strict),
    // Floor 2
    .target(name: "TLS", dependencies: ["COpenSSL", "Networking"], swiftSettings: strict),
    .target(name: "Compression", dependencies: ["CZlib"], swiftSettings: strict),
    // Floor 3: the server, and what it serves
    .target(
      name: "HTTPServer", dependencies: ["Compression", "HTTP", "Metrics", "Networking", "TLS"],
      swiftSettings: strict),
    .target(
      name: "Catalog",
      dependencies: [
        "HTTP", .target(name: "CPostgreSQL", condition: .when(traits: ["PostgreSQL"])),
        .target(name: "CRedis", condition: .when(traits: ["Redis"])),
        .target(name: "Networking", condition: .when(traits: ["PostgreSQL"])),
        .target(name: "TLS", condition: .when(traits: ["Redis"])),
      ],
      resources: [.embedInCode("products.json")], swiftSettings: strict),
    // Floor 3: the other end
    .target(name: "Hammer", dependencies: ["Networking", "TLS"], swiftSettings: strict),
    // Floor 4: the command
    .executableTarget(
      name: "Vitrine",
      dependencies: [
        "CBuild", "CLinux", "Catalog", "Compression", "HTTP", "HTTPServer", "Hammer", "Metrics", "Networking",
        "Sandbox",
        "TLS",
      ],
      swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["HTTP", "HTTPServer", "Metrics", "Networking", "TLS"],
      path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "MetricsTests", dependencies: ["Metrics"], swiftSettings: strict),
    .testTarget(name: "NetworkingTests", dependencies: ["Networking", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "TLSTests", dependencies: ["Networking", "TLS", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "CompressionTests", dependencies: ["Compression", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "SandboxTests", dependencies: ["CLinux", "Sandbox"], swiftSettings: strict),
    .testTarget(
      name: "HTTPServerTests", dependencies: ["HTTP", "HTTPServer", "Metrics", "Networking", "TLS", "TestSupport"],
      swiftSettings: strict),
    .testTarget(name: "CatalogTests", dependencies: ["Catalog", "HTTP"], swiftSettings: strict),
    .testTarget(
      name: "VitrineTests",
      dependencies: [
        "CBuild", "CLinux", "Catalog", "Crowd", "HTTP", "HTTPServer", "Intruder", "Metrics", "Networking", "Sandbox",
        "TLS", "TestSupport", "Vitrine",
      ],
      swiftSettings: strict),
    // Hardens itself as the service does, and then tries what it has given up.
    .executableTarget(
      name: "Intruder", dependencies: ["Sandbox"], path: "Tests/Intruder", swiftSettings: strict),

    // Ten thousand clients, in a process of their own.
    .executableTarget(name: "Crowd", dependencies: ["Networking"], path: "Tests/Crowd", swiftSettings: strict),

    // Requests of other projects' suites, where VITRINE_CORPORA says that they are; and what those suites talk to.
    .testTarget(
      name: "CorporaTests", dependencies: ["HTTP", "HTTPServer", "Networking", "TestSupport"], swiftSettings: strict),
    .executableTarget(
      name: "Echo", dependencies: ["HTTPServer", "Metrics", "Networking", "TestSupport"], path: "Tests/Echo",
      swiftSettings: strict),

    // The release binary, stopped under load again and again, and loaded for a long time.
    .executableTarget(
      name: "Endurance", dependencies: ["CLinux", "Networking", "TestSupport"], path: "Tests/Endurance",
      swiftSettings: strict),

    .testTarget(
      name: "HammerTests", dependencies: ["HTTPServer", "Hammer", "Networking", "TLS", "TestSupport"],
      swiftSettings: strict),
    // A real cluster, where VITRINE_E2E_IMAGE names the image that its nodes have.
    .testTarget(
      name: "EndToEndTests", dependencies: ["HTTP", "HTTPServer", "Networking", "TLS", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "EnduranceTests", dependencies: ["Endurance"], swiftSettings: strict),

    // The floor of the benchmarks is started, not linked: the dependency has it built beside them.
    .executableTarget(name: "EpollFloor", path: "Tests/EpollFloor"),
    .executableTarget(
      name: "Benchmarks", dependencies: ["EpollFloor", "HTTP", "Networking", "TLS"], path: "Tests/Benchmarks",
      swiftSettings: strict),
  ]
)

// The fuzzers are built by .ci/fuzz alone: libFuzzer brings their main, so that without it they do not link.
if variable("VITRINE_FUZZ") != nil {
  package.targets.append(
    .target(name: "FuzzSupport", dependencies: ["HTTP"], path: "Tests/Fuzz/Support", swiftSettings: strict))
  for name in ["Request", "Chunked", "Target", "Negotiation"] {
    package.targets.append(
      .executableTarget(
        name: "Fuzz" + name, dependencies: ["FuzzSupport", "HTTP"], path: "Tests/Fuzz/" + name, swiftSettings: strict))
  }
  package.targets.append(
    .executableTarget(
      name: "FuzzConnection",
      dependencies: ["FuzzSupport", "HTTP", "HTTPServer", "Metrics", "Networking", "TLS", "TestSupport"],
      path: "Tests/Fuzz/Connection", swiftSettings: strict))
}

/// A variable of the environment; empty, as a Docker ARG without a value is, means unset.
func variable(_ name: String) -> String? {
  Context.environment[name].flatMap { $0.isEmpty ? nil : $0 }
}

var gitRevision: String? {
  Context.gitInformation.map { $0.currentCommit.prefix(12) + ($0.hasUncommittedChanges ? "-dirty" : "") }
}

/// When the commit was made, RFC 3339. Not asked where the package is no repository: git would look in the folders above.
var gitDate: String? {
  Context.gitInformation.flatMap { _ in output(of: "git", "show", "-s", "--format=%cI", "HEAD") }
}

/// `6.3.1` of `Swift version 6.3.1 (swift-6.3.1-RELEASE)`. `#if compiler` can compare a version, not tell it.
var swiftVersion: String? {
  output(of: "swift", "--version")?.split(separator: "Swift version ").last?.split(separator: " ").first.map(
    String.init)
}

/// A command's standard output without the last newline; nil when it cannot be run or fails.
func output(of command: String...) -> String? {
  let process = Process()
  let pipe = Pipe()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  process.currentDirectoryURL = URL(fileURLWithPath: Context.packageDirectory)
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return nil }
  let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else { return nil }
  return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
}
