// What Swift's Glibc module lacks on Linux, as `static inline` wrappers: nothing is linked but the C library.
#ifndef CLINUX_H
#define CLINUX_H

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

// Declared here because glibc hides it without _GNU_SOURCE, which Swift's importer does not set.
extern int sched_getaffinity(pid_t, size_t, void *);
extern int setns(int, int);
extern long syscall(long, ...);
extern int sem_clockwait(sem_t *, clockid_t, const struct timespec *);

extern char **environ;

/// environ(7): Swift takes the variable itself for one that any thread may change.
static inline char **clinux_environment(void) { return environ; }

// What each request takes goes through syscall(2): the C library's functions of these names are cancellation points,
// pthreads(7), which in a process with threads costs two locked instructions a call. Nobody cancels a thread here.

/// accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC.
static inline int clinux_accept(int listener, struct sockaddr_storage *peer) {
  socklen_t length = sizeof *peer;
  return (int)syscall(SYS_accept4, listener, peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/// recv(2) without flags.
static inline ssize_t clinux_receive(int socket, void *bytes, size_t count) {
  return syscall(SYS_recvfrom, socket, bytes, count, 0, NULL, NULL);
}

/// send(2) without SIGPIPE.
static inline ssize_t clinux_send(int socket, const void *bytes, size_t count) {
  return syscall(SYS_sendto, socket, bytes, count, MSG_NOSIGNAL, NULL, 0);
}

/// epoll_wait(2), by the call that every architecture has.
static inline int clinux_epoll_wait(int epoll, struct epoll_event *events, int count, int milliseconds) {
  return (int)syscall(SYS_epoll_pwait, epoll, events, count, milliseconds, NULL, 0);
}

/// close(2).
static inline int clinux_close(int descriptor) { return (int)syscall(SYS_close, descriptor); }

static inline int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

/// epoll_ctl(2); `operation` is EPOLL_CTL_ADD, MOD or DEL.
static inline int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data = {.u64 = token}};
  return epoll_ctl(epoll, operation, descriptor, &event);
}

// struct epoll_event is packed on x86-64, which Swift does not import field by field.
static inline uint64_t clinux_event_token(const struct epoll_event *events, int index) { return events[index].data.u64; }
static inline uint32_t clinux_event_flags(const struct epoll_event *events, int index) { return events[index].events; }

static inline int clinux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static inline int clinux_timerfd(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); }

/// Arms the timer at an absolute instant of CLOCK_MONOTONIC; 0 disarms it.
static inline int clinux_timerfd_arm(int timer, int64_t nanoseconds) {
  struct itimerspec at = {.it_value = {nanoseconds / 1000000000, nanoseconds % 1000000000}};
  return timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

/// sem_clockwait(3) until an instant of CLOCK_MONOTONIC: sem_timedwait(3) would follow the steps of the wall clock.
static inline int clinux_semaphore_wait(sem_t *semaphore, int64_t nanoseconds) {
  struct timespec until = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  return sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
}

/// Ends the process by this signal: SIGSEGV, SIGBUS, SIGILL or SIGABRT. The first three by a fault of the processor, which
/// ends a PID 1 too, whereas signals that a process sends to itself as PID 1 are dropped: pid_namespaces(7).
static inline void clinux_crash(int number) {
  signal(number, SIG_DFL);
  if (number == SIGSEGV) *(volatile char *)8 = 0;
  if (number == SIGBUS) {
    // A page behind the end of a file.
    volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, (int)syscall(SYS_memfd_create, "", 0), 0);
    *page = 0;
  }
  if (number == SIGABRT) abort();
  __builtin_trap();
}

/// How many processors this thread may run on, from sched_getaffinity(2); -1 where that fails.
static inline int clinux_processors(void) {
  unsigned long mask[1024 / (8 * sizeof(unsigned long))] = {0};
  if (sched_getaffinity(0, sizeof mask, mask) < 0) return -1;
  int count = 0;
  for (size_t i = 0; i < sizeof mask / sizeof mask[0]; i++) count += __builtin_popcountl(mask[i]);
  return count;
}

/// Raises the soft RLIMIT_NOFILE to the hard one and returns it; -1 where the limits cannot be read.
static inline int64_t clinux_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -1;
  rlim_t soft = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? (int64_t)soft : (int64_t)limit.rlim_max;
}

/// PR_SET_NO_NEW_PRIVS, prctl(2): no exec gains anything any more. Landlock and seccomp(2) ask for it first.
static inline int clinux_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

// landlock(7). Older headers lack it, and newer ones differ; the numbers are the same on every architecture.
enum { clinux_landlock_create_ruleset = 444, clinux_landlock_add_rule = 445, clinux_landlock_restrict_self = 446 };

/// The version of Landlock's ABI that the kernel has, from 1; -1 and errno without one.
static inline int clinux_landlock_abi(void) { return (int)syscall(clinux_landlock_create_ruleset, NULL, 0, 1); }

/// A ruleset that denies these rights; the kernel takes the fields that it does not know while they are zero.
static inline int clinux_landlock_ruleset(uint64_t files, uint64_t scopes) {
  struct { uint64_t files, network, scopes; } attributes = {files, 0, scopes};
  return (int)syscall(clinux_landlock_create_ruleset, &attributes, sizeof attributes, 0);
}

/// Allows `rights` on a file, or on a folder and all below it. `folderRights` are left out for a file, which has none;
/// the root is refused with EINVAL: it is everything.
static inline int clinux_landlock_allow(int ruleset, const char *path, uint64_t rights, uint64_t folderRights) {
  int file = open(path, 010000000 | O_CLOEXEC); // O_PATH
  if (file < 0) return -1;
  struct stat it, root;
  int result = -1;
  if (fstat(file, &it) == 0 && stat("/", &root) == 0) {
    struct { uint64_t rights; int32_t file; } __attribute__((packed)) beneath = {rights, file};
    if (!S_ISDIR(it.st_mode)) beneath.rights &= ~folderRights;
    bool isRoot = it.st_dev == root.st_dev && it.st_ino == root.st_ino;
    if (isRoot) errno = EINVAL;
    else result = (int)syscall(clinux_landlock_add_rule, ruleset, 1, &beneath, 0);
  }
  close(file);
  return result;
}

/// Binds the calling thread, and the threads and processes that it makes from now on.
static inline int clinux_landlock_restrict(int ruleset) { return (int)syscall(clinux_landlock_restrict_self, ruleset, 0); }

/// seccomp(2) for every thread of the process; above 0: the thread that has a filter of its own. Without SPEC_ALLOW
/// kernels before 5.16 slow the whole process down against Spectre, which is for code that is not trusted.
static inline int clinux_seccomp(const struct sock_filter *program, unsigned short count) {
  struct sock_fprog filter = {count, (struct sock_filter *)program};
  return (int)syscall(
    SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter);
}

// There where the thread or the address sanitizer is linked. A macro does not tell: Swift reads this header without it.
extern void __tsan_init(void) __attribute__((weak));
extern void __asan_init(void) __attribute__((weak));
static inline bool clinux_is_sanitized(void) { return __tsan_init || __asan_init; }

static inline int64_t clinux_nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
static inline int64_t clinux_monotonic(void) { return clinux_nanoseconds(CLOCK_MONOTONIC); }
static inline int64_t clinux_monotonic_coarse(void) { return clinux_nanoseconds(CLOCK_MONOTONIC_COARSE); }
static inline int64_t clinux_realtime(void) { return clinux_nanoseconds(CLOCK_REALTIME); }
static inline int64_t clinux_boottime(void) { return clinux_nanoseconds(CLOCK_BOOTTIME); }

#endif
