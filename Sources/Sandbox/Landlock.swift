internal import CLinux
internal import Glibc

/// The files that a process can still open when it has given up the rest.
package struct AllowedPaths: Sendable, Equatable {
  /// Files, and folders with all below them. The root is never allowed: it is everything.
  package var readable: [String]
  /// Files that exist, to be written and truncated; none can be made.
  package var writable: [String]
  /// Folders in which files can be made, read, written, removed and renamed to one another.
  package var changed: [String]

  package init(readable: [String], writable: [String], changed: [String] = []) {
    self.readable = readable
    self.writable = writable
    self.changed = changed
  }
}

/// Gives up the files of the machine: landlock(7).
package enum Landlock {
  /// From now on the calling thread opens, makes, moves and runs nothing but what `paths` allow, and sends no signal
  /// and no abstract socket to a process that is not bound as it is. So do the threads that it makes from now on, and
  /// no others: call it before there are any. What is open stays open, and the network is not touched.
  ///
  /// A path is bound as what it is now: what is renamed to it later is another file. One that is missing is left out.
  package static func restrict(to paths: AllowedPaths) -> Protection {
    let abi = clinux_landlock_abi()
    guard abi > 0 else { return .failed }
    let known = FileRights.known(abi: Int(abi))
    let ruleset = clinux_landlock_ruleset(known.rawValue, abi >= 6 ? signalsAndAbstractSockets : 0)
    guard ruleset >= 0 else { return .failed }
    defer { close(ruleset) }
    for (rights, paths) in [
      (FileRights.read, paths.readable), (.write, paths.writable), (.change, paths.changed),
    ] {
      for path in paths {
        _ = unsafe clinux_landlock_allow(
          ruleset, path, rights.intersection(known).rawValue, FileRights.ofFolders.rawValue)
      }
    }
    guard clinux_no_new_privileges() == 0, clinux_landlock_restrict(ruleset) == 0 else { return .failed }
    return .on("abi \(abi)")
  }

  /// LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET and LANDLOCK_SCOPE_SIGNAL.
  private static let signalsAndAbstractSockets: UInt64 = 0b11
}

/// LANDLOCK_ACCESS_FS_…
struct FileRights: OptionSet {
  let rawValue: UInt64

  static let writeFile = Self(rawValue: 1 << 1)
  static let readFile = Self(rawValue: 1 << 2)
  static let readFolder = Self(rawValue: 1 << 3)
  static let removeFile = Self(rawValue: 1 << 5)
  static let makeFile = Self(rawValue: 1 << 8)
  static let truncate = Self(rawValue: 1 << 14)

  static let read: Self = [.readFile, .readFolder]
  static let write: Self = [.writeFile, .truncate]
  static let change: Self = [.readFile, .readFolder, .writeFile, .truncate, .removeFile, .makeFile]
  /// What a file has not.
  static let ofFolders: Self = [.readFolder, .removeFile, .makeFile]

  /// All rights of an ABI's version: to ask for one that the kernel does not know is an error.
  static func known(abi: Int) -> Self {
    let count =
      switch abi {
      case ...1: 13  // EXECUTE to MAKE_SYM
      case 2: 14  // and REFER
      case 3, 4: 15  // and TRUNCATE
      default: 16  // and IOCTL_DEV
      }
    return Self(rawValue: (1 << count) - 1)
  }
}
