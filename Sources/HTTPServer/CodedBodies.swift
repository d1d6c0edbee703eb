internal import HTTP

/// Bodies in gzip of answers that have an entity tag: who asks again for what has not changed gets the same bytes, and
/// nobody compresses them again.
struct CodedBodies {
  /// A tag tells states of one resource apart, not resources.
  struct Key: Hashable {
    let target: [UInt8]
    let tag: [UInt8]

    init?(_ response: Response, of request: Request) {
      guard let etag = response.etag else { return nil }
      target = Array(request.rawTarget)
      tag = etag.bytes
    }
  }

  private var bodies: [Key: [UInt8]] = [:]
  /// Of keys and bodies together.
  private var bytes = 0
  private let bytesMax: Int

  init(bytesMax: Int) {
    self.bytesMax = bytesMax
  }

  subscript(key: Key) -> [UInt8]? { bodies[key] }

  /// Keeps `body`, and lets go of all the others where there is no room; false then.
  mutating func keep(_ body: [UInt8], for key: Key) -> Bool {
    let size = body.count + key.target.count + key.tag.count
    let hasRoom = bytes + size <= bytesMax
    if !hasRoom {
      bodies = [:]
      bytes = 0
    }
    guard size <= bytesMax else { return false }
    bodies[key] = body
    bytes += size
    return hasRoom
  }
}
