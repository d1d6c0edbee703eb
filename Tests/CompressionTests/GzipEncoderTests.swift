import Compression
import Foundation
import TestSupport
import Testing

@Suite struct GzipEncoderTests {
  /// What gzip(1) reads of `bytes`.
  private func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".gz")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let gzip = Process()
    let output = Pipe()
    gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gzip.arguments = ["gzip", "--decompress", "--stdout", file.path]
    gzip.standardOutput = output
    try gzip.run()
    let read = output.fileHandleForReading.readDataToEndOfFile()
    gzip.waitUntilExit()
    #expect(gzip.terminationStatus == 0)
    return [UInt8](read)
  }

  @Test(arguments: 1...9)
  func gzipReadsWhatItWrites(level: Int) throws {
    var encoder = GzipEncoder(level: level)
    var random = Seeded(UInt64(level))
    let bodies: [[UInt8]] = [
      [], [0], Array("a product, and another product, and a third product".utf8), [UInt8](repeating: 7, count: 1 << 20),
      (0..<70_000).map { _ in UInt8.random(in: 0...255, using: &random) },
    ]
    // One encoder for all of them: nothing of a body may be left for the next one.
    for body in bodies + bodies.reversed() {
      let encoded = encoder.encode(body)
      #expect(try gunzip(encoded) == body)
    }
  }

  @Test func theSameBytesGiveTheSameResult() {
    let body = Array("the same again; ".utf8) + [UInt8](repeating: 1, count: 1000)
    var first = GzipEncoder(level: 6)
    var second = GzipEncoder(level: 6)
    let once = first.encode(body)
    _ = second.encode([1, 2, 3])
    let again = second.encode(body)
    #expect(again == once)
    // MTIME is zero: RFC 1952 §2.3.1.
    #expect(once[4..<8].allSatisfy { $0 == 0 })
  }

  @Test func aHigherLevelIsNoLarger() {
    let body = Array((0..<2000).map { "{\"id\":\"\($0)\",\"price\":\($0 * 37 % 1000)}" }.joined().utf8)
    var fast = GzipEncoder(level: 1)
    var small = GzipEncoder(level: 9)
    let (smallCount, fastCount) = (small.encode(body).count, fast.encode(body).count)
    #expect(smallCount <= fastCount)
  }
}
