internal import CLinux
internal import HTTP
internal import HTTPServer
internal import Networking

/// A configuration in the terms of the floors below.
extension Configuration {
  /// Descriptors that connections of the service never get: files, listeners, management's connections, and the
  /// connections beyond the bound of either listener.
  private var reservedDescriptors: Int { 64 + managementConnectionsMax + 2 * shedConnectionsMax }

  func server(hostname: String, log: Log) -> ServerConfiguration {
    var server = ServerConfiguration()
    server.parserLimits = RequestParser.Limits(
      requestLineMax: requestLineBytesMax, headerMax: headerBytesMax, headerFieldsMax: headerFieldsMax,
      bodyMax: bodyBytesMax)
    server.timeouts.handshake = handshakeTimeout.nanoseconds
    server.timeouts.head = headTimeout.nanoseconds
    server.timeouts.body = bodyTimeout.nanoseconds
    server.timeouts.write = writeTimeout.nanoseconds
    server.timeouts.idle = idleTimeout.nanoseconds
    server.timeouts.bodyRateMin = bodyRateMin
    server.inFlightMax = inFlightMax
    server.connectionMaxAge = connectionAgeMax
    server.gzipLevel = gzipLevel
    server.gzipKeptMax = gzipKeptBytesMax
    server.loops = loops > 0 ? loops : Processors.usable
    server.managementConnectionsMax = managementConnectionsMax
    server.shedConnectionsMax = shedConnectionsMax
    server.connectionsMax = connectionsMax
    let descriptors = Int(clinux_raise_descriptor_limit())
    if descriptors > 0, descriptors - reservedDescriptors < connectionsMax {
      server.connectionsMax = max(descriptors - reservedDescriptors, 1)
      log.warning(
        "fewer connections than --connections-max, by RLIMIT_NOFILE",
        ["connectionsMax": .int(server.connectionsMax), "descriptors": .int(descriptors)])
    }
    if identityHeaders {
      if let name = FieldValue(hostname as String) { server.identityFields.add("X-Served-By", name) }
      if let version = FieldValue(BuildInformation.current.version as String) {
        server.identityFields.add("X-Version", version)
      }
    }
    return server
  }

  func accessLog(writer: LogWriter) -> AccessLog {
    var scope: AccessLog.Scope = []
    if accessLog, logLevel <= .info { scope.insert(.service) }
    if accessLog, logLevel <= .debug { scope.insert(.probes) }
    return AccessLog(isJSON: writer.format == .json, scope: scope, trustedProxies: trustedProxies) { lines, count in
      writer.write(lines, count: count)
    }
  }

  /// What `GET /` tells of this process, which starts now.
  func identity(hostname: String) -> Index.Identity {
    var startTime: [UInt8] = []
    Timestamp.append(milliseconds: Clock.realtime / 1_000_000, to: &startTime)
    return Index.Identity(
      message: message, build: .current, hostname: hostname, startTime: String(decoding: startTime, as: UTF8.self),
      startedAt: Clock.monotonic)
  }

  /// Reads certificate and key; nil where no HTTPS is asked for.
  func tlsFiles() throws(TLSFilesError) -> TLSFiles? {
    guard httpsPort != nil, let tlsCertificate, let tlsKey else { return nil }
    return try TLSFiles(
      certificate: tlsCertificate, key: tlsKey, authorities: tlsClientAuthorities, mode: tlsClientCertificates,
      ticketLifetime: tlsTicketLifetime)
  }

  var drainTimes: Server.DrainTimes {
    Server.DrainTimes(delay: drainDelay, timeout: drainTimeout, idle: drainIdle)
  }
}
