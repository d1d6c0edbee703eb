extension ContentNegotiation {
  /// Does the client like gzip at least as much as the bytes as they are (RFC 9110 §12.5.3)?
  ///
  /// `x-gzip` is the same (§8.4.1.3), and `*` stands for what is not named. Without the field, and where gzip is not
  /// admitted, the answer is the identity, also where that is refused: a client can make more of it than of 415 or 406.
  ///
  /// - Parameter acceptEncoding: the values of all Accept-Encoding fields. Malformed members are ignored.
  package static func prefersGzip(acceptEncoding: [ArraySlice<UInt8>]) -> Bool {
    let members = acceptEncoding.flatMap { $0.split(separator: UInt8(ascii: ",")) }.compactMap(WeightedCoding.init)
    // Of two that say the same, the one that likes the coding better.
    func weight(of names: String...) -> Int? {
      members.filter { member in names.contains { member.name.equalsIgnoringCase($0.utf8) } }.map(\.weight).max()
    }
    let gzip = weight(of: "gzip", "x-gzip") ?? weight(of: "*") ?? 0
    return gzip > 0 && gzip >= weight(of: "identity") ?? 0
  }
}

/// One member of an Accept-Encoding field: `gzip;q=0.5`.
private struct WeightedCoding {
  let name: ArraySlice<UInt8>
  /// The q-value in thousandths.
  let weight: Int

  init?(_ member: ArraySlice<UInt8>) {
    let parts = member.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map(\.trimmed)
    name = parts[0]
    guard name.isToken, parts.count <= 2 else { return nil }
    guard parts.count == 2 else {
      weight = 1000
      return
    }
    guard parts[1].prefix(2).equalsIgnoringCase("q=".utf8), let weight = parts[1].dropFirst(2).weight else {
      return nil
    }
    self.weight = weight
  }
}
