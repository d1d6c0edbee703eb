package import HTTP

/// What a server needs to know: limits, timeouts and what every answer carries. The defaults are the product's.
package struct ServerConfiguration: Sendable {
  package var parserLimits = RequestParser.Limits()
  package var timeouts = ConnectionState.Timeouts()
  /// Connections open at once on the service's listener.
  package var connectionsMax = 10_000
  /// Connections open at once on the management listener.
  package var managementConnectionsMax = 64
  /// Connections above either bound that wait for their request or for their client to read its refusal, for each
  /// listener.
  package var shedConnectionsMax = 64
  /// Requests that wait for a body or a handler at once.
  package var inFlightMax = 1024
  /// A connection older than this is closed at its next answer, up to a tenth earlier at random; zero is off.
  package var connectionMaxAge = Duration.zero
  /// Event loops of the service's listener.
  package var loops = 1
  /// listen(2); the kernel caps it at net.core.somaxconn.
  package var backlog: Int32 = 4096
  /// How hard what may be compressed is compressed, 1 to 9; 0: not at all.
  package var gzipLevel = 6
  /// Bytes of compressed bodies that each loop keeps.
  package var gzipKeptMax = 1 << 20
  /// What every answer carries beside Date: `X-Served-By: …`.
  package var identityFields: ResponseFields = [:]

  package init() {}
}
