import HTTP
import Testing

@testable import HTTPServer

@Suite struct CodedBodiesTests {
  private func key(_ target: String, tag: FieldValue = "\"t\"") throws -> CodedBodies.Key {
    var response = Response(.ok)
    response.etag = tag
    return try #require(CodedBodies.Key(response, of: try request("GET \(target) HTTP/1.1")))
  }

  @Test func keepsBodiesByTargetAndTag() throws {
    let (a, query, tag) = (try key("/a"), try key("/a?b"), try key("/a", tag: "\"u\""))
    var bodies = CodedBodies(bytesMax: 1000)
    let kept = bodies.keep([1], for: a)
    #expect(kept && bodies[a] == [1])
    #expect(bodies[query] == nil && bodies[tag] == nil)
  }

  @Test func anAnswerWithoutATagIsNotKept() throws {
    let request = try request("GET / HTTP/1.1")
    #expect(CodedBodies.Key(Response(.ok), of: request) == nil)
  }

  @Test func startsAnewWhereThereIsNoRoom() throws {
    let keys = try ["/a", "/b", "/c", "/d"].map { try key($0) }
    // A target of two bytes and a tag of three.
    var bodies = CodedBodies(bytesMax: 3 * 105)
    for (index, key) in keys.dropLast().enumerated() {
      let kept = bodies.keep([UInt8](repeating: UInt8(index), count: 100), for: key)
      #expect(kept)
    }
    let kept = bodies.keep([3], for: keys[3])
    #expect(!kept && bodies[keys[3]] == [3] && bodies[keys[0]] == nil)
  }

  @Test func whatIsTooLargeIsNotKeptAtAll() throws {
    let key = try key("/a")
    var bodies = CodedBodies(bytesMax: 10)
    let kept = bodies.keep([UInt8](repeating: 0, count: 11), for: key)
    #expect(!kept && bodies[key] == nil)
  }
}
