// What the thread sanitizer misses of Synchronization.Mutex on Linux: a lock that is taken or given after a wait is
// ordered inside the runtime's library, which is not instrumented. Preloaded, these stand before the library's own.
// Names and calling convention are of Swift 6.3: swift/stdlib/public/Synchronization/Mutex/LinuxImpl.swift.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *mutex

// Weak: what else runs is not instrumented.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

static SWIFT void (*lock)(uint32_t, SELF);
static SWIFT void (*unlock)(SELF);

__attribute__((constructor)) static void find(void) {
  lock = dlsym(RTLD_NEXT, LOCK);
  unlock = dlsym(RTLD_NEXT, UNLOCK);
}

SWIFT void lock_after_wait(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void lock_after_wait(uint32_t thread, SELF) {
  lock(thread, mutex);
  if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void unlock_for_waiting(SELF) __asm__(UNLOCK);
SWIFT void unlock_for_waiting(SELF) {
  if (__tsan_release) __tsan_release(mutex);
  unlock(mutex);
}
