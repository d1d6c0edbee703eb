internal import CLinux

/// The clocks of clock_gettime(2), read through the vDSO in about 25 ns.
package enum Clock {
  /// Nanoseconds of CLOCK_MONOTONIC: every deadline and duration. No step of the wall clock moves it.
  package static var monotonic: Int64 { clinux_monotonic() }
  /// The same as of the kernel's last tick, some milliseconds old, in about 5 ns: CLOCK_MONOTONIC_COARSE.
  package static var coarse: Int64 { clinux_monotonic_coarse() }
  /// Nanoseconds since 1970-01-01T00:00Z by CLOCK_REALTIME: only what people read, `Date` and the log.
  package static var realtime: Int64 { clinux_realtime() }
}
