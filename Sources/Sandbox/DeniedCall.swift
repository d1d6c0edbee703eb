/// A system call that a service never makes, and an intruder might.
///
/// The list is what container runtimes deny too, and what a process without children and mounts can do without. All
/// other calls are allowed, unknown ones included: a new C library must not break the service.
package struct DeniedCall: Sendable {
  package let name: String
  /// Its numbers; nil where it does not exist.
  package let x64: UInt32?
  package let arm64: UInt32?

  private init(_ name: String, _ x64: UInt32?, _ arm64: UInt32?) {
    self.name = name
    self.x64 = x64
    self.arm64 = arm64
  }

  package func number(on architecture: Architecture) -> UInt32? {
    switch architecture {
    case .x64: x64
    case .arm64: arm64
    }
  }

  package static func numbers(on architecture: Architecture) -> [UInt32] {
    table.compactMap { $0.number(on: architecture) }
  }

  /// Name, x86-64, aarch64: the kernel's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
  package static let table = [
    // Running another program
    DeniedCall("execve", 59, 221),
    DeniedCall("execveat", 322, 281),
    DeniedCall("uselib", 134, nil),
    // Other processes
    DeniedCall("ptrace", 101, 117),
    DeniedCall("process_vm_readv", 310, 270),
    DeniedCall("process_vm_writev", 311, 271),
    DeniedCall("process_madvise", 440, 440),
    DeniedCall("pidfd_getfd", 438, 438),
    DeniedCall("kcmp", 312, 272),
    DeniedCall("migrate_pages", 256, 238),
    DeniedCall("move_pages", 279, 239),
    // Namespaces
    DeniedCall("unshare", 272, 97),
    DeniedCall("setns", 308, 268),
    // File systems
    DeniedCall("mount", 165, 40),
    DeniedCall("umount2", 166, 39),
    DeniedCall("pivot_root", 155, 41),
    DeniedCall("chroot", 161, 51),
    DeniedCall("open_tree", 428, 428),
    DeniedCall("move_mount", 429, 429),
    DeniedCall("fsopen", 430, 430),
    DeniedCall("fsconfig", 431, 431),
    DeniedCall("fsmount", 432, 432),
    DeniedCall("fspick", 433, 433),
    DeniedCall("mount_setattr", 442, 442),
    DeniedCall("open_tree_attr", 467, 467),
    DeniedCall("quotactl", 179, 60),
    DeniedCall("quotactl_fd", 443, 443),
    DeniedCall("swapon", 167, 224),
    DeniedCall("swapoff", 168, 225),
    DeniedCall("open_by_handle_at", 304, 265),
    DeniedCall("mknod", 133, nil),
    DeniedCall("mknodat", 259, 33),
    DeniedCall("acct", 163, 89),
    DeniedCall("fanotify_init", 300, 262),
    DeniedCall("nfsservctl", 180, 42),
    DeniedCall("ustat", 136, nil),
    DeniedCall("sysfs", 139, nil),
    DeniedCall("lookup_dcookie", 212, 18),
    // The kernel's inside
    DeniedCall("create_module", 174, nil),
    DeniedCall("init_module", 175, 105),
    DeniedCall("finit_module", 313, 273),
    DeniedCall("delete_module", 176, 106),
    DeniedCall("get_kernel_syms", 177, nil),
    DeniedCall("query_module", 178, nil),
    DeniedCall("kexec_load", 246, 104),
    DeniedCall("kexec_file_load", 320, 294),
    DeniedCall("reboot", 169, 142),
    DeniedCall("bpf", 321, 280),
    DeniedCall("perf_event_open", 298, 241),
    DeniedCall("userfaultfd", 323, 282),
    DeniedCall("io_uring_setup", 425, 425),
    DeniedCall("io_uring_enter", 426, 426),
    DeniedCall("io_uring_register", 427, 427),
    DeniedCall("keyctl", 250, 219),
    DeniedCall("add_key", 248, 217),
    DeniedCall("request_key", 249, 218),
    DeniedCall("syslog", 103, 116),
    DeniedCall("_sysctl", 156, nil),
    // The machine and its clocks
    DeniedCall("settimeofday", 164, 170),
    DeniedCall("clock_settime", 227, 112),
    DeniedCall("adjtimex", 159, 171),
    DeniedCall("clock_adjtime", 305, 266),
    DeniedCall("sethostname", 170, 161),
    DeniedCall("setdomainname", 171, 162),
    DeniedCall("iopl", 172, nil),
    DeniedCall("ioperm", 173, nil),
    DeniedCall("modify_ldt", 154, nil),
    DeniedCall("personality", 135, 92),
  ]
}
