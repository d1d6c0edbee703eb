internal import Networking
internal import TLS

/// How a connection's bytes travel: as they are, or through TLS. It owns nothing.
enum Transport {
  case plain(Stream)
  case tls(TLSSession, Stream)

  /// What has come, once, into `buffer` from `offset` to its end.
  func receive(into buffer: inout [UInt8], from offset: Int) -> Transfer {
    switch self {
    case .plain(let stream): stream.receive(into: &buffer, from: offset)
    case .tls(let session, _): session.receive(into: &buffer, from: offset)
    }
  }

  /// As many of `bytes` as the send buffer takes.
  func send(_ bytes: Span<UInt8>) -> Transfer {
    switch self {
    case .plain(let stream): stream.send(bytes)
    case .tls(let session, _): session.send(bytes)
    }
  }

  /// Says that nothing more comes: close_notify where there is TLS, then FIN.
  func finishSending() {
    switch self {
    case .plain(let stream): stream.finishSending()
    case .tls(let session, let stream):
      session.finishSending()
      stream.finishSending()
    }
  }

  /// Whether the client has sent more than was read so far.
  var hasUnread: Bool {
    switch self {
    case .plain(let stream): stream.unreadCount > 0
    case .tls(let session, let stream): session.hasUnread || stream.unreadCount > 0
    }
  }
}
