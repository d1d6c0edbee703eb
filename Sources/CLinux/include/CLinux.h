// What Swift's Glibc module lacks on Linux, as `static inline` wrappers: nothing is linked but the C library.
#ifndef CLINUX_H
#define CLINUX_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

// Declared here because glibc hides it without _GNU_SOURCE, which Swift's importer does not set.
extern int accept4(int, struct sockaddr *restrict, socklen_t *restrict, int);
extern int sched_getaffinity(pid_t, size_t, void *);

/// accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC.
static inline int clinux_accept(int listener, struct sockaddr_storage *peer) {
  socklen_t length = sizeof *peer;
  return accept4(listener, (struct sockaddr *)peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

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

static inline int64_t clinux_nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
static inline int64_t clinux_monotonic(void) { return clinux_nanoseconds(CLOCK_MONOTONIC); }
static inline int64_t clinux_realtime(void) { return clinux_nanoseconds(CLOCK_REALTIME); }
static inline int64_t clinux_boottime(void) { return clinux_nanoseconds(CLOCK_BOOTTIME); }

#endif
