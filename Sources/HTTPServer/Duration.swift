extension Duration {
  /// Whole nanoseconds; no option comes near the 292 years that fit.
  package var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
