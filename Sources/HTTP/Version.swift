/// The protocol version of a request that is served (RFC 9110 §2.5).
///
/// 1.2 to 1.9 are treated as 1.1, the highest minor version this server knows; other major versions are refused.
package enum Version: UInt8, Sendable {
  case http10, http11
}
