internal import Catalog
internal import Synchronization

/// Who may write: the bearer tokens of a file, one a line. Several of them let clients change over one by one.
package final class WriteTokens: Sendable {
  package static let bytesMin = 16
  package static let bytesMax = 256
  package static let tokensMax = 16
  /// Of the whole file.
  private static let fileBytesMax = tokensMax * (bytesMax + 2)

  private struct State {
    var tokens: [[UInt8]]
    /// The file as it was when it was last read, bad or good.
    var identity: InputFile.Identity?
  }

  private let file: InputFile
  private let state: Mutex<State>

  /// Reads and checks the file. Blocks: call it at start.
  package init(path: String) throws(WriteTokensError) {
    file = InputFile(path: path, bytesMax: Self.fileBytesMax)
    // Looked at before it is read: what is written meanwhile is seen the next time.
    let identity = file.identity
    state = Mutex(State(tokens: try Self.tokens(in: file), identity: identity))
  }

  package var path: String { file.path }

  /// Whether the value of an Authorization field, RFC 6750 §2.1, names one of the tokens. Takes as long whichever it is
  /// and wherever it differs; only lengths can be told apart by the clock.
  package func admits(_ authorization: ArraySlice<UInt8>) -> Bool {
    let scheme = authorization.prefix { $0 != UInt8(ascii: " ") }
    guard scheme.count == 6, zip(scheme, "bearer".utf8).allSatisfy({ $0 | 0x20 == $1 }) else { return false }
    let candidate = Array(authorization[scheme.endIndex...].drop { $0 == UInt8(ascii: " ") })
    guard !candidate.isEmpty else { return false }
    let tokens = state.withLock { $0.tokens }
    return tokens.reduce(0) { $0 + (Self.areEqual($1, candidate) ? 1 : 0) } > 0
  }

  /// Reads the file again and takes it whole, or throws and keeps what was there. Blocks.
  ///
  /// - Parameter onlyIfTouched: look at nothing but stat(2) unless that tells of another file.
  /// - Returns: whether the file was read.
  package func reload(onlyIfTouched: Bool) throws(WriteTokensError) -> Bool {
    let identity = file.identity
    if onlyIfTouched, identity == state.withLock({ $0.identity }) { return false }
    state.withLock { $0.identity = identity }
    let tokens = try Self.tokens(in: file)
    state.withLock { $0.tokens = tokens }
    return true
  }

  private static func areEqual(_ token: [UInt8], _ candidate: [UInt8]) -> Bool {
    var difference = UInt8(token.count == candidate.count ? 0 : 1)
    for index in token.indices { difference |= token[index] ^ candidate[index % candidate.count] }
    return difference == 0
  }

  private static func tokens(in file: InputFile) throws(WriteTokensError) -> [[UInt8]] {
    let bytes: [UInt8]
    do throws(CatalogError) { bytes = try file.contents() } catch { throw WriteTokensError(lines: error.lines) }
    var tokens: [[UInt8]] = []
    var mistakes: [String] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let token = Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
      guard !token.isEmpty else { continue }
      // What it is instead is not told: it may be nearly right, and logs are read by many.
      if (bytesMin...bytesMax).contains(token.count), token.allSatisfy({ (0x21...0x7E).contains($0) }) {
        tokens.append(token)
      } else {
        mistakes.append(
          "\(file.path): line \(index + 1): must be \(bytesMin) to \(bytesMax) bytes of visible ASCII without spaces")
      }
    }
    if tokens.count > tokensMax { mistakes.append("\(file.path): must have at most \(tokensMax) tokens") }
    if tokens.isEmpty, mistakes.isEmpty { mistakes = ["\(file.path): must have a token, found none"] }
    guard mistakes.isEmpty else { throw WriteTokensError(lines: mistakes) }
    return tokens
  }
}

/// Why a file of tokens was not taken: a line each, which tells no token.
package struct WriteTokensError: Error, Sendable, Equatable {
  package let lines: [String]
}
