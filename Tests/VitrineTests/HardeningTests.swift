import FoundationEssentials
import Glibc
import Sandbox
import TestSupport
import Testing

@testable import Vitrine

/// What the configuration leads the process to keep open for itself.
@Suite struct AllowedPathsTests {
  private func readable(_ products: String, links: [String: String] = [:]) -> [String] {
    var configuration = Configuration()
    let always = Set(configuration.allowedPaths { _ in nil }.readable)
    configuration.products = products
    return configuration.allowedPaths { links[$0] }.readable.filter { !always.contains($0) }
  }

  @Test func theFolderOfTheCatalogueIsAmongThem() {
    #expect(readable("/srv/shop/products.json") == ["/srv/shop/products.json", "/srv/shop"])
    #expect(readable("shop/products.json") == ["shop/products.json", "shop"])
    #expect(readable("products.json") == ["products.json", "."])
    // The sandbox itself refuses the root.
    #expect(readable("/products.json") == ["/products.json", "/"])
  }

  /// libdispatch opens /proc/TID/stat of its threads and ends the process where it cannot: /proc/self is not enough.
  @Test(arguments: ["/proc", "/sys/fs/cgroup", "/sys/devices/system/cpu", "/dev/null", "/etc"])
  func soIsWhatTheRunTimeReads(path: String) {
    #expect(Configuration().allowedPaths { _ in nil }.readable.contains(path))
  }

  @Test func soAreTheFoldersToWhichLinksLead() {
    let links = [
      "/shop/products.json": "/config/products.json", "/config/products.json": "..data/products.json",
      "/config/..data": "..2026_01",
    ]
    #expect(
      readable("/shop/products.json", links: links)
        == ["/shop/products.json", "/shop", "/config", "/config/..data"])
  }

  @Test func linksInACircleEnd() {
    #expect(Set(readable("/a/b", links: ["/a/b": "/c/d", "/c/d": "/a/b"])) == ["/a/b", "/a", "/c"])
  }

  @Test func theNameServersLinkIsFollowed() {
    let paths = Configuration().allowedPaths {
      $0 == "/etc/resolv.conf" ? "../run/systemd/resolve/stub-resolv.conf" : nil
    }
    #expect(paths.readable.contains("/etc/../run/systemd/resolve"))
  }

  @Test func nothingIsWrittenButTheTerminationLog() {
    var configuration = Configuration()
    #expect(configuration.allowedPaths { _ in nil }.writable == ["/dev/termination-log"])
    configuration.terminationLog = "/tmp/end"
    #expect(configuration.allowedPaths { _ in nil }.writable == ["/tmp/end"])
  }
}

/// The real executable, and an intruder that has given up the same.
@Suite struct HardeningTests {
  /// `landlock` and `seccomp` of the start's log.
  private func told(_ service: ServiceProcess) async throws -> (landlock: String, seccomp: String) {
    let line = try await service.logged("hardening")
    return (try #require(line["landlock"]?.string), try #require(line["seccomp"]?.string))
  }

  /// A field of /proc/PID/task/TID/status of every thread.
  private func statuses(_ field: String, _ service: ServiceProcess) throws -> Set<String> {
    let tasks = "/proc/\(service.process.pid)/task"
    // A thread may end meanwhile.
    let statuses = try FileManager.default.contentsOfDirectory(atPath: tasks).compactMap {
      try? String(contentsOfFile: "\(tasks)/\($0)/status", encoding: .utf8)
    }
    return Set(
      statuses.flatMap { $0.split(separator: "\n") }.filter { $0.hasPrefix(field + ":") }.map {
        String($0.drop { $0 != "\t" }.dropFirst())
      })
  }

  @Test(.enabled(if: !Sanitizer.isLinked, "skipped: off under sanitizers"))
  func whatIsInForceIsToldAndHoldsForEveryThread() async throws {
    try await ServiceProcess.run { service in
      let (landlock, seccomp) = try await told(service)
      let ready = try await service.get("/readyz?verbose").text
      #expect(ready.contains("\n[+]hardening ok: landlock \(landlock), seccomp \(seccomp)\n"), "\(ready)")
      #expect(landlock.hasPrefix("abi ") || landlock.hasPrefix("unavailable: "))
      if seccomp.hasPrefix("denies ") {
        #expect(try statuses("Seccomp", service) == ["2"])
        #expect(try statuses("NoNewPrivs", service) == ["1"])
      } else {
        #expect(seccomp.hasPrefix("unavailable: "))
      }
    }
  }

  @Test func theOptionTurnsItOff() async throws {
    try await ServiceProcess.run(["--no-hardening"]) { service in
      let told = try await told(service)
      #expect(told == ("off", "off"))
      #expect(try await service.get("/readyz?verbose").text.contains("[+]hardening ok: landlock off, seccomp off\n"))
      #expect(try statuses("NoNewPrivs", service) == ["0"])
    }
  }

  /// The catalogue's link is pointed at a file elsewhere: opening it fails as it would for an intruder, while what the
  /// start allowed is read again and again.
  @Test(.enabled(if: !Sanitizer.isLinked, "skipped: off under sanitizers"), arguments: [true, false])
  func aForeignFileCannotBeOpened(isHardened: Bool) async throws {
    func catalogue(_ id: String) -> String {
      #"[{"id":"\#(id)","name":"A","description":"","price":1,"currency":"EUR","tags":[],"stock":1}]"#
    }
    let (own, other) = (try TemporaryFolder(), try TemporaryFolder())
    try own.write(catalogue("first"), to: "..2026_01/products.json")
    try own.write(catalogue("second"), to: "..2026_02/products.json")
    let foreign = try other.write(catalogue("foreign"), to: "products.json")
    try own.link("..data", to: "..2026_01")
    try own.link("products.json", to: "..data/products.json")

    let options = ["--products", "\(own.path)/products.json", "--hardening=\(isHardened)", "--drain-delay", "0"]
    try await ServiceProcess.run(options) { service in
      let landlock = try await told(service).landlock
      guard landlock == "off" || landlock.hasPrefix("abi ") else { return }
      func reload() async throws -> JSONValue {
        let before = service.process.output.lines.count
        service.process.send(SIGHUP)
        let line = try await waiting(for: "the reload", of: service.process) {
          service.process.output.lines.dropFirst(before).first { $0.contains("catalogue") || $0.contains("reloaded") }
        }
        return try JSONValue(line)
      }
      try own.link("products.json", to: foreign)
      let refused = try await reload()
      if isHardened {
        #expect(
          refused["error"]?.string == "\(own.path)/products.json: cannot be read: Permission denied", "\(refused)")
        #expect(try await service.get("/api/products/first").status == 200)
      } else {
        #expect(try await service.get("/api/products/foreign").status == 200)
      }
      try own.link("products.json", to: "..data/products.json")
      try own.link("..data", to: "..2026_02")
      #expect(try await reload()["changed"] == .bool(true))
      #expect(try await service.get("/api/products/second").status == 200)
      service.process.send(SIGTERM)
      #expect(try await service.stopped().end == .exited(0))
    }
  }

  @Test(.enabled(if: !Sanitizer.isLinked, "skipped: off under sanitizers"))
  func anIntruderRunsNothingAndOpensNothing() async throws {
    let (allowed, foreign) = (try TemporaryFolder(), try TemporaryFolder())
    try allowed.write("allowed", to: "file")
    let writable = try foreign.write("writable", to: "writable")
    let secret = try foreign.write("secret", to: "secret")
    let intruder = try ServiceProcess.executable().dropLast("vitrine".count) + "Intruder"
    let finished = try await ChildProcess.finished(
      [String(intruder), allowed.path, writable, secret], environment: ServiceProcess.variables())
    let results = Dictionary(
      finished.output.split(separator: "\n").map { line in
        let parts = line.split(separator: "=", maxSplits: 1)
        return (String(parts[0]), String(parts[1]))
      }, uniquingKeysWith: { first, _ in first })
    // Where the kernel has no seccomp the intruder tries nothing.
    guard results["seccomp"]?.hasPrefix("unavailable") == false else { return }
    #expect(finished.end == .exited(0), "\(finished.output)\(finished.errors)")

    let calls = results.filter { $0.key.hasPrefix("call ") }
    let architecture = try #require(Architecture.current)
    #expect(calls.count == DeniedCall.numbers(on: architecture).count)
    #expect(calls.filter { $0.value != "\(EPERM)" } == [:])
    #expect(results["run a program"] == "\(EPERM)" && results["run itself"] == "\(EPERM)")

    guard results["landlock"]?.hasPrefix("abi ") == true else { return }
    let expected: KeyValuePairs = [
      "read allowed": 0, "list allowed": 0, "write allowed": EACCES, "make in allowed": EACCES, "truncate writable": 0,
      "read writable": EACCES, "read foreign": EACCES, "truncate foreign": EACCES, "remove foreign": EACCES,
      "read own status": 0, "read parent's status": 0, "read parent's memory": EACCES,
      "enter parent's folder": EACCES, "signal parent": EPERM,
    ]
    for (attempt, code) in expected {
      // Landlock learned of truncation with its third version, of signals with its sixth.
      let abi = try #require(results["landlock"].flatMap { Int($0.dropFirst(4)) })
      if attempt.hasPrefix("truncate foreign"), abi < 3 { continue }
      if attempt.hasPrefix("signal"), abi < 6 { continue }
      #expect(results[attempt] == "\(code)", "\(attempt)")
    }
    #expect(try String(contentsOfFile: secret, encoding: .utf8) == "secret")
  }
}
