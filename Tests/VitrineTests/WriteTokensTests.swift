import TestSupport
import Testing

@testable import Vitrine

/// The file of those who may write.
@Suite struct WriteTokensTests {
  private let first = "0123456789abcdef"
  private let second = "another-token-of-more-bytes"

  private func admits(_ tokens: WriteTokens, _ authorization: String) -> Bool {
    tokens.admits(Array(authorization.utf8)[...])
  }

  private func lines(_ text: String) throws -> [String] {
    let folder = try TemporaryFolder()
    let file = try folder.write(text, to: "tokens")
    do {
      _ = try WriteTokens(path: file)
      return []
    } catch {
      return error.lines.map { String($0.dropFirst(file.utf8.count + 2)) }
    }
  }

  @Test(arguments: ["0123456789abcdef", "0123456789abcdef\n", "0123456789abcdef\r\n", "\n0123456789abcdef\n\n"])
  func admitsTheTokenAndNothingElse(text: String) throws {
    let folder = try TemporaryFolder()
    let tokens = try WriteTokens(path: try folder.write(text, to: "token"))
    for good in ["Bearer \(first)", "bearer \(first)", "BEARER   \(first)"] { #expect(admits(tokens, good), "\(good)") }
    for bad in [
      "", "Bearer", "Bearer ", first, "Basic \(first)", "Bearer \(first)0", "Bearer \(first.dropLast())",
      "Bearer \(first) ", "Bearer \(first.uppercased())", "Bearer \(first)\(first)", "Bearer\(first)", "Bearer \n",
      "Bearer \(second)",
    ] {
      #expect(!admits(tokens, bad), "\(bad)")
    }
  }

  @Test func severalTokensAreForChangingOver() throws {
    let folder = try TemporaryFolder()
    let tokens = try WriteTokens(path: try folder.write("\(first)\n\(second)\n", to: "tokens"))
    #expect(admits(tokens, "Bearer \(first)") && admits(tokens, "Bearer \(second)"))
    #expect(!admits(tokens, "Bearer \(first)\n\(second)"))
  }

  @Test(arguments: [
    ("", ["must have a token, found none"]), ("\n\r\n", ["must have a token, found none"]),
    ("0123456789abcde", ["line 1: must be 16 to 256 bytes of visible ASCII without spaces"]),
    ("0123456789abcdef\nwith a space in it\n", ["line 2: must be 16 to 256 bytes of visible ASCII without spaces"]),
    ("0123456789abcdé\n", ["line 1: must be 16 to 256 bytes of visible ASCII without spaces"]),
    (String(repeating: "x", count: 257), ["line 1: must be 16 to 256 bytes of visible ASCII without spaces"]),
    (String(repeating: "0123456789abcdef\n", count: 17), ["must have at most 16 tokens"]),
    (String(repeating: "x", count: 5000), ["must have at most 4128 bytes"]),
  ])
  func tellsWhatIsWrongAndNoToken(text: String, expected: [String]) throws {
    #expect(try lines(text) == expected)
  }

  @Test func readsTheFileAgainAndKeepsTheLastGoodOne() throws {
    let folder = try TemporaryFolder()
    let tokens = try WriteTokens(path: try folder.write(first, to: "token"))
    #expect(try !tokens.reload(onlyIfTouched: true))
    #expect(try tokens.reload(onlyIfTouched: false))
    try folder.write("\(second)\n", to: "token")
    #expect(try tokens.reload(onlyIfTouched: true))
    #expect(admits(tokens, "Bearer \(second)") && !admits(tokens, "Bearer \(first)"))
    try folder.write("short", to: "token")
    #expect(throws: WriteTokensError.self) { try tokens.reload(onlyIfTouched: true) }
    #expect(admits(tokens, "Bearer \(second)"))
    // Told once.
    #expect(try !tokens.reload(onlyIfTouched: true))
  }
}
