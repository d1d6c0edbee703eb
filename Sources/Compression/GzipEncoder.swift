internal import CZlib

/// Compresses bodies, one after the other, into the gzip format (RFC 1952): zlib's deflate, its memory used again.
///
/// It holds 2^17 bytes of window and 2^17 of tables, whatever it is given; the result is the caller's. The same bytes
/// give the same result: no time and no name stands in the header.
@safe
package struct GzipEncoder: ~Copyable {
  /// On the heap: zlib keeps a pointer back to it.
  private let stream: UnsafeMutablePointer<z_stream>

  /// - Parameter level: 1, the fastest, to 9, the smallest. Other levels end the process: they are a mistake in it.
  package init(level: Int) {
    precondition((1...9).contains(level), "not a level of gzip: \(level)")
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let status = unsafe czlib_deflate_gzip(stream, Int32(level), 8)
    // All else is a matter of memory, without which any allocation ends the process.
    precondition(status == Z_OK, "deflateInit2(3) answered \(status)")
  }

  deinit {
    _ = unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// `body` as one gzip member.
  package mutating func encode(_ body: [UInt8]) -> [UInt8] {
    _ = unsafe deflateReset(stream)
    let bound = unsafe Int(deflateBound(stream, UInt(body.count)))
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      unsafe body.withUnsafeBufferPointer { input in
        // deflate(3) reads only from here; the pointer's type is from before const.
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(input.count)
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = UInt32(output.count)
        // With room for deflateBound(3) bytes one call is enough.
        let status = unsafe deflate(stream, Z_FINISH)
        precondition(status == Z_STREAM_END, "deflate(3) answered \(status)")
      }
      count = unsafe output.count - Int(stream.pointee.avail_out)
    }
  }
}
