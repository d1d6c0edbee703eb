import Dispatch
import FoundationEssentials
import Glibc
import Synchronization
import Testing

@testable import Catalog

/// A store in memory, and one with a file on disk.
@Suite struct EmbeddedProductStoreTests {
  /// A folder of its own for each test, gone afterwards.
  private final class Folder: Sendable {
    let path: String
    var file: String { path + "/products.json" }

    init() throws {
      path = FileManager.default.temporaryDirectory.path + "/vitrine-catalog-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String = "products.json") throws {
      try Data(text.utf8).write(to: URL(filePath: path + "/" + name), options: .atomic)
    }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
  }

  private func open(
    _ folder: Folder, for purpose: EmbeddedProductStore.Purpose = .writing([.sample("a"), .sample("b")]),
    limits: CatalogLimits = CatalogLimits(), timeout: Duration = .seconds(30)
  ) throws(StoreOpeningError) -> EmbeddedProductStore {
    try .open(path: folder.file, for: purpose, limits: limits, timeout: timeout) { 1000 }
  }

  private func unlocked<Value>(_ open: () throws -> Value) async throws -> Value {
    while true {
      do {
        return try open()
      } catch StoreOpeningError.locked {
        try await Task.sleep(for: .milliseconds(1))
      }
    }
  }

  private func put(_ id: String, price: Int = 1) -> ProductChange {
    ProductChange(id: id, .put(Product.sample(id, price: price).details))
  }

  private func reload(_ store: EmbeddedProductStore, onlyIfTouched: Bool = false) async -> EmbeddedProductStore.Reload {
    await withCheckedContinuation { continuation in
      store.reload(onlyIfTouched: onlyIfTouched) { continuation.resume(returning: $0) }
    }
  }

  private func list(price: Int) -> String {
    #"[{"id":"a","name":"N","description":"","price":\#(price),"currency":"EUR","tags":[],"stock":1}]"#
  }

  // MARK: Changes

  @Test func memoryTakesChangesAndCountsRevisions() async throws {
    let store = EmbeddedProductStore.inMemory(
      SampleProducts.products, limits: CatalogLimits(), timeout: .seconds(30)
    ) { 5000 }
    let before = store.snapshot
    let outcomes = try await store.apply([
      put("new"), ProductChange(id: "orrery-wood", .delete), ProductChange(id: "none", .delete),
    ])
    #expect(outcomes.map { "\($0)".prefix { $0 != "(" } } == ["created", "deleted", "missing"])
    #expect(store.count == before.count && store.status.revision == before.revision + 1)
    guard let entry = store.cachedEntry(id: "new")?.value else {
      Issue.record()
      return
    }
    #expect(entry.product.createdAt == 5000)
    #expect(before.entry(id: "new") == nil && before.entry(id: "orrery-wood") != nil)
    // Nothing changes, nothing is committed.
    _ = try await store.apply([put("new"), ProductChange(id: "none", .delete)])
    #expect(store.status.revision == before.revision + 1 && store.commits == 1)
  }

  @Test func aFileThatIsMissingIsMadeAndKeepsWhatIsChanged() async throws {
    let folder = try Folder()
    do {
      let store = try open(folder)
      #expect(store.count == 2 && store.readOnlyReason == nil)
      _ = try await store.apply([put("c", price: 7), ProductChange(id: "a", .delete)])
    }
    // Its queue may hold on to it for an instant.
    let again = try await unlocked { try open(folder) }
    #expect(again.snapshot.entries.map(\.id) == ["b", "c"] && again.snapshot.entry(id: "c")?.product.price == 7)
    #expect(again.status.revision == 2)
    // No half-written file stays behind.
    #expect(try folder.names == [".products.json.lock", "products.json"])
  }

  @Test func writersAtOnceShareCommitsAndNoUpdateIsLost() async throws {
    let folder = try Folder()
    let store = try open(folder)
    try await withThrowingTaskGroup { group in
      for number in 0..<200 {
        group.addTask {
          // Everyone also counts the same product up, by what it read.
          _ = try await store.apply([self.put("p\(number)")])
          while true {
            let current = try #require(store.snapshot.entry(id: "a"))
            let change = ProductChange(
              id: "a", .put(Product.sample("a", price: current.product.price + 1).details),
              if: Precondition(ifMatch: [current.etag[...]]))
            if case .replaced = try await store.apply([change])[0] { return }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(
      store.snapshot.entry(id: "a")?.product.price == 201 && store.snapshot.entry(id: "a")?.product.revision == 201)
    #expect(store.count == 202)
    #expect(store.commits < 400, "\(store.commits) commits for 400 changes")
    let file = try CatalogFile(path: folder.file, limits: CatalogLimits()).load(time: 0)
    #expect(file.products == store.snapshot.entries.map(\.product))
  }

  @Test func aCatalogueThatIsFullTakesNoMore() async throws {
    let folder = try Folder()
    let store = try open(folder, limits: CatalogLimits(productsMax: 3))
    _ = try await store.apply([put("c")])
    await #expect(throws: StoreError.full("the catalogue would have more than 3 products")) {
      try await store.apply([put("d")])
    }
    // All or none.
    await #expect(throws: StoreError.self) { try await store.apply([put("a", price: 9), put("d")]) }
    #expect(store.snapshot.entry(id: "a")?.product.price == 1)
    _ = try await store.apply([ProductChange(id: "c", .delete), put("d")])
    #expect(store.snapshot.entries.map(\.id) == ["a", "b", "d"])
  }

  @Test func aFileThatWouldBeTooLargeIsNotWritten() async throws {
    let folder = try Folder()
    let store = try open(folder, limits: CatalogLimits(fileBytesMax: 1000))
    await #expect(throws: StoreError.full("the catalogue's file would have more than 1000 bytes")) {
      try await store.apply((0..<10).map { put("p\($0)") })
    }
    #expect(store.count == 2)
    _ = try await store.apply([put("c")])
    #expect(try open(folder, for: .reading("")).count == 3)
  }

  @Test func aCallWhoseTimeHasPassedSaysWhetherItMayStillBeMade() async throws {
    let (entered, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let isOpen = Mutex(false)
    let store = EmbeddedProductStore.inMemory([], limits: CatalogLimits(), timeout: .seconds(2)) {
      // The clock is asked in the midst of a commit.
      if !isOpen.withLock({ $0 }) {
        entered.signal()
        release.wait()
      }
      return 0
    }
    let first = Task { try await store.apply([put("a")]) }
    await withCheckedContinuation { continuation in
      DispatchQueue(label: "entered").async {
        entered.wait()
        continuation.resume()
      }
    }
    await #expect(throws: StoreError.timedOut(isUncertain: false)) { try await store.apply([put("b")]) }
    await #expect(throws: StoreError.timedOut(isUncertain: true)) { _ = try await first.value }
    #expect(store.count == 0)
    isOpen.withLock { $0 = true }
    release.signal()
    _ = try await store.apply([put("c")])
    #expect(store.snapshot.entries.map(\.id) == ["a", "c"])
  }

  @Test func whileADiskHangsNotEverybodyIsKeptWaiting() async throws {
    let release = DispatchSemaphore(value: 0)
    let store = EmbeddedProductStore.inMemory([], limits: CatalogLimits(waitingMax: 3), timeout: .milliseconds(200)) {
      release.wait()
      return 0
    }
    // Its commit never ends, as far as the others know.
    await #expect(throws: StoreError.timedOut(isUncertain: true)) { try await store.apply([put("a")]) }
    let refused = StoreError.unavailable("3 changes wait for the disk already")
    let count = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<3 + 7 {
        group.addTask {
          do {
            _ = try await store.apply([self.put("b")])
            return false
          } catch {
            return error as? StoreError == refused
          }
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(count == 7)
    for _ in 0..<3 { release.signal() }
    while true {
      do {
        _ = try await store.apply([put("c")])
        break
      } catch {
        release.signal()
      }
    }
    #expect(store.snapshot.entries.map(\.id).contains("c"))
  }

  // MARK: Who else is there

  @Test func twoWritersOfOneFileAreRefused() throws {
    let folder = try Folder()
    let store = try open(folder)
    do {
      _ = try open(folder)
      Issue.record("opened twice")
    } catch {
      #expect(error.lines == ["\(folder.file): another process has it open for writing"])
    }
    #expect(try open(folder, for: .reading("")).count == 2)
    withExtendedLifetime(store) {}
  }

  /// It would be renamed over the catalogue, or be missing when it is to be.
  @Test func whoComesSecondLeavesTheNewFileOfTheFirstAlone() throws {
    let folder = try Folder()
    let store = try open(folder)
    try folder.write("half", to: ".products.json.new")
    do {
      _ = try open(folder)
      Issue.record("opened twice")
    } catch {
      #expect(error.lines == ["\(folder.file): another process has it open for writing"])
    }
    #expect(try String(contentsOfFile: folder.path + "/.products.json.new", encoding: .utf8) == "half")
    withExtendedLifetime(store) {}
  }

  @Test func aNewFileThatCannotTakeItsPlaceIsNotLeftBehind() async throws {
    let folder = try Folder()
    let store = try open(folder)
    try FileManager.default.removeItem(atPath: folder.file)
    try FileManager.default.createDirectory(atPath: folder.file, withIntermediateDirectories: true)
    await #expect(throws: StoreError.self) { try await store.apply([put("c")]) }
    #expect(try folder.names == [".products.json.lock", "products.json"])
  }

  @Test func anEditByHandIsTakenInBeforeTheNextChange() async throws {
    let folder = try Folder()
    let store = try open(folder)
    try folder.write(list(price: 70))
    _ = try await store.apply([put("c")])
    #expect(store.snapshot.entries.map(\.id) == ["a", "c"] && store.snapshot.entry(id: "a")?.product.price == 70)
  }

  @Test func anEditByHandThatIsBadIsNotOverwritten() async throws {
    let folder = try Folder()
    let store = try open(folder)
    try folder.write("[")
    await #expect(
      throws: StoreError.unavailable(
        "somebody has changed the file: \(folder.file): must be JSON: line 1, column 2: expected a value")
    ) { try await store.apply([put("c")]) }
    #expect(try String(contentsOfFile: folder.file, encoding: .utf8) == "[")
    #expect(store.count == 2)
    // Nor when the watcher has looked at it before.
    try folder.write("[[")
    guard case .failed = await reload(store, onlyIfTouched: true) else {
      Issue.record()
      return
    }
    await #expect(throws: StoreError.self) { try await store.apply([put("c")]) }
    #expect(try String(contentsOfFile: folder.file, encoding: .utf8) == "[[")
    try FileManager.default.removeItem(atPath: folder.file)
    // One that is gone is made again.
    _ = try await store.apply([put("c")])
    #expect(try open(folder, for: .reading("")).count == 3)
  }

  // MARK: Reading

  @Test func takesAGoodFileOnReloadAndLeavesOldSnapshotsAlone() async throws {
    let folder = try Folder()
    try folder.write(list(price: 7))
    let store = try open(folder, for: .reading("it is only read"))
    let before = store.snapshot
    guard case .done(changed: false) = await reload(store), store.snapshot === before else {
      Issue.record()
      return
    }
    try folder.write(list(price: 8))
    guard case .done(changed: true) = await reload(store, onlyIfTouched: true) else {
      Issue.record()
      return
    }
    #expect(store.snapshot.entry(id: "a")?.product.price == 8 && before.entry(id: "a")?.product.price == 7)
    #expect(store.snapshot.revision == before.revision + 1)
    await #expect(throws: StoreError.readOnly("it is only read")) { try await store.apply([put("c")]) }
    #expect(try folder.names == ["products.json"])
  }

  @Test func keepsTheLastGoodCatalogueWhenTheNewFileIsBad() async throws {
    let folder = try Folder()
    try folder.write(list(price: 7))
    let store = try open(folder, for: .reading(""))
    let before = store.snapshot
    try folder.write(list(price: -8))
    let expected = CatalogError.invalid(
      file: folder.file,
      mistakes: [
        Mistake([.index(0), .name("price")], "must be an integer of minor units, 0 or more, found -8")
      ], omitted: 0)
    guard case .failed(expected) = await reload(store), store.snapshot === before else {
      Issue.record()
      return
    }
    try FileManager.default.removeItem(atPath: folder.file)
    guard case .failed(.unreadable(_, reason: "No such file or directory")) = await reload(store, onlyIfTouched: true),
      store.snapshot === before
    else {
      Issue.record()
      return
    }
  }

  @Test func looksAtNothingUntilTheFileIsTouched() async throws {
    let folder = try Folder()
    try folder.write(list(price: 1), to: "old")
    try folder.write(list(price: 2), to: "new")
    try FileManager.default.createSymbolicLink(atPath: folder.file, withDestinationPath: "old")
    let store = try open(folder)
    #expect(store.readOnlyReason == "its file is a symbolic link, which somebody else swaps")
    let reports = Mutex(0)
    store.reload(onlyIfTouched: true) { _ in reports.withLock { $0 += 1 } }
    guard case .done(changed: false) = await reload(store) else {
      Issue.record()
      return
    }
    #expect(reports.withLock { $0 } == 0)
    try FileManager.default.removeItem(atPath: folder.file)
    try FileManager.default.createSymbolicLink(atPath: folder.file, withDestinationPath: "new")
    _ = await reload(store, onlyIfTouched: true)
    #expect(store.snapshot.entry(id: "a")?.product.price == 2)
  }

  @Test func aFileThatNobodyMayWriteIsReadOnly() async throws {
    let folder = try Folder()
    try folder.write(list(price: 1))
    #expect(unsafe chmod(folder.file, 0o444) == 0)
    let store = try open(folder)
    #expect(store.readOnlyReason == "its file is read-only" && !store.status.isWritable)
    #expect(try folder.names == ["products.json"])
  }

  @Test func searchesOfManyAreDoneElsewhere() async throws {
    let products = (0..<3000).map { Product.sample("p\($0)", name: $0 % 1000 == 7 ? "Needle" : "hay") }
    let store = EmbeddedProductStore.inMemory(products, limits: CatalogLimits(), timeout: .seconds(30)) { 0 }
    let query = ProductQuery(search: "needle")
    #expect(store.cachedPage(query) == nil)
    #expect(try await store.page(query).value.entries.map(\.id) == ["p1007", "p2007", "p7"])
    let late = EmbeddedProductStore.inMemory(products, limits: CatalogLimits(), timeout: .zero) { 0 }
    await #expect(throws: StoreError.timedOut(isUncertain: false)) { try await late.page(query) }
  }

  @Test(arguments: [
    ("/nonexistent/products.json", "/nonexistent/products.json: cannot be read: No such file or directory"),
    ("/", "/: cannot be read: Is a directory"), ("/dev/zero", "/dev/zero: must have at most 67108864 bytes"),
  ])
  func saysWhyAFileCannotBeRead(path: String, line: String) {
    do {
      _ = try EmbeddedProductStore.open(
        path: path, for: .reading(""), limits: CatalogLimits(), timeout: .seconds(1), milliseconds: { 0 })
      Issue.record("opened")
    } catch {
      #expect(error.lines == [line])
    }
  }
}
