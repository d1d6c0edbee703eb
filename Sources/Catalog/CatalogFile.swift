internal import Glibc

/// A catalogue's file on disk, and the system calls on it. Every one of them may block.
package struct CatalogFile: Sendable {
  package let input: InputFile
  private let limits: CatalogLimits

  package init(path: String, limits: CatalogLimits) {
    input = InputFile(path: path, bytesMax: limits.fileBytesMax)
    self.limits = limits
  }

  package var path: String { input.path }

  /// The products, and the revision where the file tells it.
  ///
  /// - Parameter time: as `ProductFile`'s.
  package func load(time: Int64) throws(CatalogError) -> ProductFile {
    try ProductFile(json: try input.contents(), file: path, limits: limits, time: time)
  }
}

// MARK: Writing

extension CatalogFile {
  /// Beside the file, so that rename(2) stays within a file system.
  private var newPath: String { "\(folder)/.\(name).new" }
  private var lockPath: String { "\(folder)/.\(name).lock" }

  private var folder: String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  private var name: Substring { path.lastIndex(of: "/").map { path[$0...].dropFirst() } ?? path[...] }

  /// What came of wanting to write it.
  package enum Claim: Sendable {
    /// The descriptor holds the lock, and is to stay open.
    case mine(lock: Int32)
    /// Another process writes it.
    case taken
    case readOnly(String)
  }

  /// Takes the right to write it, where that is to be had; it need not exist. The lock is flock(2) on a file beside it,
  /// which the kernel lets go of when the process ends, however that is.
  package func claim() throws(CatalogError) -> Claim {
    if let readOnlyReason { return .readOnly(readOnlyReason) }
    let lock = unsafe open(lockPath, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else { return .readOnly("its folder cannot be written: \(reason(errno))") }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(lock)
      guard code == EWOULDBLOCK else { throw .unreadable(file: lockPath, reason: reason(code)) }
      return .taken
    }
    // Under the lock: without it this is what another process is about to rename.
    let descriptor = unsafe open(newPath, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      let code = errno
      close(lock)
      return .readOnly("its folder cannot be written: \(reason(code))")
    }
    close(descriptor)
    unsafe unlink(newPath)
    return .mine(lock: lock)
  }

  /// What is known without a try. access(2) does not know of a read-only mount below, of Landlock, and of a ConfigMap's
  /// folder that root may write.
  private var readOnlyReason: String? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return nil }
    if status.st_mode & S_IFMT == S_IFLNK { return "its file is a symbolic link, which somebody else swaps" }
    // Root may write it all the same; who took the right away from all did not mean that.
    if status.st_mode & 0o222 == 0 { return "its file is read-only" }
    return unsafe access(path, W_OK) == 0 ? nil : "its file cannot be written: \(reason(errno))"
  }

  /// Replaces the file: a new one, fsync(2), rename(2), fsync(2) of the folder. Whoever looks, and whenever the power
  /// goes, sees the old one or the new one whole.
  ///
  /// - Returns: what `input.identity` is from now on.
  package func replace(with bytes: [UInt8]) throws(StoreError) -> InputFile.Identity {
    guard bytes.count <= limits.fileBytesMax else {
      throw .full("the catalogue's file would have more than \(limits.fileBytesMax) bytes")
    }
    let identity = try writeNew(bytes)
    guard unsafe rename(newPath, path) == 0 else {
      let error = failed("rename")
      unsafe unlink(newPath)
      throw error
    }
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .uncertain("\(folder): open: \(reason(errno))") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .uncertain("\(folder): fsync: \(reason(errno))") }
    return identity
  }

  /// As `replace`, but not under the hands of a process that writes it, whose lock stands beside it. Unlike a claim this
  /// leaves no lock behind.
  package func replaceUnclaimed(with bytes: [UInt8]) throws(StoreOpeningError) {
    let lock = unsafe open(lockPath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    let code = errno
    guard lock >= 0 || code == ENOENT else { throw .store(.unavailable("\(lockPath): open: \(reason(code))")) }
    defer { if lock >= 0 { close(lock) } }
    guard lock < 0 || flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw .locked(path: path) }
    do throws(StoreError) { _ = try replace(with: bytes) } catch { throw .store(error) }
  }

  private func writeNew(_ bytes: [UInt8]) throws(StoreError) -> InputFile.Identity {
    var old = stat()
    let mode = unsafe stat(path, &old) == 0 ? old.st_mode & 0o777 : 0o644
    let descriptor = unsafe open(newPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw failed("open") }
    defer { close(descriptor) }
    do throws(StoreError) {
      var written = 0
      while written < bytes.count {
        let count = unsafe bytes.withUnsafeBytes {
          unsafe write(descriptor, $0.baseAddress.map { unsafe $0 + written }, min(bytes.count - written, 1 << 20))
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failed("write") }
        written += count
      }
      var status = stat()
      // What fsync(2) could not write is not asked for again: the kernel may have dropped it.
      guard fsync(descriptor) == 0, unsafe fstat(descriptor, &status) == 0 else { throw failed("fsync") }
      return InputFile.Identity(status)
    } catch {
      // A half of it is of no use to anyone, and takes room.
      unsafe unlink(newPath)
      throw error
    }
  }

  private func failed(_ call: String) -> StoreError {
    let code = errno
    let text = "\(path): \(call): \(reason(code))"
    return [ENOSPC, EDQUOT, EFBIG].contains(code) ? .full(text) : .unavailable(text)
  }
}
