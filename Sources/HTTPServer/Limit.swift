internal import HTTP

/// Everything that a client can grow in the server is limited; each limit is an option of this name and counts when it
/// bites.
package enum Limit: String, Sendable, CaseIterable {
  case handshakeTimeout = "handshake-timeout"
  case headTimeout = "head-timeout"
  case bodyTimeout = "body-timeout"
  case writeTimeout = "write-timeout"
  case idleTimeout = "idle-timeout"
  case bodyRateMin = "body-rate-min"
  case requestLineMax = "request-line-max"
  case headerMax = "header-max"
  case headerFieldsMax = "header-fields-max"
  case bodyMax = "body-max"
  case connectionsMax = "connections-max"
  case managementConnectionsMax = "management-connections-max"
  case shedConnectionsMax = "shed-connections-max"
  case inFlightMax = "in-flight-max"
  case connectionMaxAge = "connection-max-age"
  case gzipKeptMax = "gzip-kept-max"
}
