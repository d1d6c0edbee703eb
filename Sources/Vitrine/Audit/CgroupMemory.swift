/// The memory that cgroups allow the process: cgroups(7), Documentation/admin-guide/cgroup-v2.rst and
/// cgroup-v1/memory.rst.
enum CgroupMemory {
  /// Version 1 has no word for "none": it tells the largest number of whole pages.
  private static let noLimit = 1 << 62

  /// The tightest limit in bytes on the way from the process's own cgroup to the mount's root; nil where none has one.
  ///
  /// - Parameter read: a file's text by its path; nil where there is no such file.
  static func limit(reading read: (String) -> String?) -> Int? {
    CgroupMembership.all(controller: "memory", reading: read).flatMap { membership in
      let file = membership.isVersion2 ? "/memory.max" : "/memory.limit_in_bytes"
      return membership.folders.compactMap { folder in
        read(folder + file).flatMap { Int($0.prefix { !$0.isWhitespace }) }.flatMap { $0 < noLimit ? $0 : nil }
      }
    }.min()
  }
}
