import Networking

/// The service's own lines: rendered on the thread that has something to say, written by the `LogWriter`'s.
///
/// Cheap to copy and safe on every thread. The access log does not come through here: it renders its own bytes and
/// hands them to `writer` directly.
package struct Log: Sendable {
  /// Lines below it are not rendered at all.
  package let level: LogLevel
  package let writer: LogWriter
  private let milliseconds: @Sendable () -> Int64

  /// - Parameter milliseconds: the wall clock since 1970-01-01T00:00Z; tests hand in their own.
  package init(
    level: LogLevel, writer: LogWriter,
    milliseconds: @escaping @Sendable () -> Int64 = { Clock.realtime / 1_000_000 }
  ) {
    self.level = level
    self.writer = writer
    self.milliseconds = milliseconds
  }

  package func debug(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
    write(.debug, message, fields)
  }

  package func info(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
    write(.info, message, fields)
  }

  package func warning(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
    write(.warning, message, fields)
  }

  package func error(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
    write(.error, message, fields)
  }

  /// For fields that are not known where the line is written, an array of pairs for instance. Never blocks.
  package func write(
    _ level: LogLevel, _ message: String, _ fields: some Sequence<(key: String, value: LogValue)>
  ) {
    guard isEnabled(level) else { return }
    var line: [UInt8] = []
    LogLine.append(
      milliseconds: milliseconds(), level: level, message: message, fields: fields, format: writer.format, to: &line)
    writer.write(line, count: 1)
  }

  /// Whether a line of this level would be written: asked before a costly field is put together.
  package func isEnabled(_ level: LogLevel) -> Bool { level >= self.level }
}
