internal import FoundationEssentials
internal import Glibc
internal import Networking

/// A folder of one test; it goes with it.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws {
    var template = Array("/tmp/vitrine-test-XXXXXX\0".utf8.map { CChar(bitPattern: $0) })
    guard unsafe mkdtemp(&template) != nil else { throw Errno("mkdtemp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file of this name, and its folders, and returns its path.
  @discardableResult
  package func write(_ text: String, to name: String) throws -> String {
    let file = "\(path)/\(name)"
    let folder = String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)])
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // At once for all who look: one who watches the file sees it whole.
    try Data(text.utf8).write(to: URL(filePath: file), options: .atomic)
    return file
  }

  /// Points the symbolic link `name` at `target`, at once for all who look: rename(2), as the kubelet does.
  package func link(_ name: String, to target: String) throws {
    let new = "\(path)/\(name)_tmp"
    guard unsafe symlink(target, new) == 0 else { throw Errno("symlink") }
    guard unsafe rename(new, "\(path)/\(name)") == 0 else { throw Errno("rename") }
  }
}
