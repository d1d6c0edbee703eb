import FoundationEssentials
import Testing

@testable import Catalog

/// A file on disk, loaded and loaded again.
@Suite struct FileProductStoreTests {
  /// A folder of its own for each test, gone afterwards.
  private final class Folder {
    let path: String

    init() throws {
      path = FileManager.default.temporaryDirectory.path + "/vitrine-catalog-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String = "products.json") throws -> String {
      let file = path + "/" + name
      try Data(text.utf8).write(to: URL(filePath: file), options: .atomic)
      return file
    }
  }

  private func list(price: Int) -> String {
    #"[{"id":"a","name":"N","description":"","price":\#(price),"currency":"EUR","tags":[],"stock":1}]"#
  }

  @Test func servesWhatTheFileHolds() throws {
    let folder = try Folder()
    let store = try FileProductStore(path: try folder.write(list(price: 7)))
    #expect(store.snapshot.item(id: "a")?.product.price == 7)
  }

  @Test func takesAGoodFileOnReloadAndLeavesOldSnapshotsAlone() throws {
    let folder = try Folder()
    let store = try FileProductStore(path: try folder.write(list(price: 7)))
    let before = store.snapshot
    #expect(try !store.reload())
    #expect(store.snapshot === before)
    _ = try folder.write(list(price: 8))
    #expect(try store.reload())
    #expect(store.snapshot.item(id: "a")?.product.price == 8)
    #expect(before.item(id: "a")?.product.price == 7)
  }

  @Test func keepsTheLastGoodSnapshotWhenTheNewFileIsBad() throws {
    let folder = try Folder()
    let file = try folder.write(list(price: 7))
    let store = try FileProductStore(path: file)
    let before = store.snapshot
    _ = try folder.write(list(price: -8))
    let expected = CatalogError.invalid(
      file: file,
      mistakes: [.init(path: "[0].price", problem: "must be an integer of minor units, 0 or more, found -8")],
      omitted: 0)
    #expect(throws: expected) { try store.reload() }
    #expect(store.snapshot === before)
    try FileManager.default.removeItem(atPath: file)
    #expect(throws: CatalogError.unreadable(file: file, reason: "No such file or directory")) { try store.reload() }
    #expect(store.snapshot === before)
  }

  @Test func followsASymlinkThatWasSwapped() throws {
    let folder = try Folder()
    let (old, new) = (try folder.write(list(price: 1), to: "old"), try folder.write(list(price: 2), to: "new"))
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: old)
    let store = try FileProductStore(path: link)
    try FileManager.default.removeItem(atPath: link)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: new)
    try store.reload()
    #expect(store.snapshot.item(id: "a")?.product.price == 2)
  }

  @Test(arguments: [
    ("/nonexistent/products.json", "No such file or directory"), ("/", "Is a directory"),
  ])
  func saysWhyAFileCannotBeRead(path: String, reason: String) {
    #expect(throws: CatalogError.unreadable(file: path, reason: reason)) { try FileProductStore(path: path) }
  }

  @Test func stopsReadingAtTheLimit() {
    #expect(throws: CatalogError.tooLarge(file: "/dev/zero", bytesMax: 16 << 20)) {
      try FileProductStore(path: "/dev/zero")
    }
  }
}
