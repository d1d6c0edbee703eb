#if PostgreSQL

internal import CPostgreSQL
internal import Glibc

/// Why PostgreSQL did not do what it was asked.
enum PostgreSQLError: Error {
  /// No connection, or none any more: in libpq's words, which name host, port and user and never the password.
  case disconnected(String)
  /// The deadline has passed; the connection is of no use any more.
  case timedOut
  /// The server said no: SQLSTATE and its message.
  case refused(state: String, message: String)
}

/// A statement that a connection prepares when it first needs it.
struct PreparedStatement: Sendable {
  /// Unique for this text.
  let name: String
  let sql: String
}

/// A connection by libpq. It is touched by one thread at a time; each call blocks, until its deadline at most. What
/// libpq does not do within a deadline is the look-up of a host's name.
@safe
final class PostgreSQLConnection {
  typealias Row = [String?]

  /// Which attempt of the watch it belongs to: one of before an outage is not trusted after it.
  let generation: Int
  private let connection: OpaquePointer
  private var prepared: Set<String> = []
  private var isSpoiled = false

  /// - Parameters:
  ///   - url: a URI or keywords and values: libpq's "Connection Strings". What it leaves open the PG… variables say.
  ///   - timeout: what the server itself gives each statement, and an idle transaction.
  init(
    _ url: String, generation: Int, timeout: Duration, deadline: ContinuousClock.Instant
  ) throws(PostgreSQLError) {
    let keywords = ["dbname", "fallback_application_name", "client_encoding"]
    // In `dbname` libpq takes a whole connection string, and what follows it here wins.
    let started = unsafe withCStrings(keywords) { keywords in
      unsafe withCStrings([url, "vitrine", "UTF8"]) { unsafe PQconnectStartParams(keywords, $0, 1) }
    }
    guard let started = unsafe started else { throw .disconnected("no memory for a connection") }
    unsafe connection = started
    self.generation = generation
    // libpq's own writes notices to standard error.
    unsafe PQsetNoticeProcessor(connection, { _, _ in }, nil)
    try connect(until: deadline)
    guard unsafe PQsetnonblocking(connection, 1) == 0 else { throw lost }
    let milliseconds = Int(timeout / .milliseconds(1))
    // Each plan for its own values: a page's cost depends on how many products lie behind its cursor.
    try run(
      "SET client_min_messages = error; SET plan_cache_mode = force_custom_plan; SET statement_timeout = \(milliseconds);"
        + " SET idle_in_transaction_session_timeout = \(milliseconds); SET search_path = pg_catalog",
      deadline: deadline)
  }

  deinit {
    unsafe PQfinish(connection)
  }

  /// Whether it can be asked again: connected, in no transaction, and with no answer still to come. Blocks never.
  var isUsable: Bool {
    guard !isSpoiled, unsafe PQstatus(connection) == CONNECTION_OK,
      unsafe PQtransactionStatus(connection) == PQTRANS_IDLE
    else { return false }
    // A server that has gone has said so, or at least its kernel has: better seen before a change is sent than after.
    var descriptor = pollfd(fd: unsafe PQsocket(connection), events: Int16(POLLIN), revents: 0)
    // To the end of what has come: behind a last message there may be the end of the connection.
    while unsafe poll(&descriptor, 1, 0) > 0 {
      guard unsafe PQconsumeInput(connection) == 1, unsafe PQstatus(connection) == CONNECTION_OK else { return false }
    }
    return true
  }

  // MARK: Asking

  /// The rows of a prepared statement, each value as text.
  func rows(
    of statement: PreparedStatement, _ values: [String?] = [], deadline: ContinuousClock.Instant
  ) throws(PostgreSQLError) -> [Row] {
    if !prepared.contains(statement.name) {
      guard unsafe PQsendPrepare(connection, statement.name, statement.sql, 0, nil) == 1 else { throw lost }
      _ = try answer(until: deadline)
      prepared.insert(statement.name)
    }
    let sent = unsafe withCStrings(values) {
      unsafe PQsendQueryPrepared(connection, statement.name, Int32(values.count), $0, nil, nil, 0)
    }
    guard sent == 1 else { throw lost }
    return try answer(until: deadline)
  }

  /// One or more statements without values; the rows are those of the last.
  @discardableResult
  func run(_ sql: String, deadline: ContinuousClock.Instant) throws(PostgreSQLError) -> [Row] {
    guard unsafe PQsendQuery(connection, sql) == 1 else { throw lost }
    return try answer(until: deadline)
  }

  /// Waits for a NOTIFY of a channel that it listens to. Returns when there was one, or at the deadline.
  func waitForNotification(until deadline: ContinuousClock.Instant) throws(PostgreSQLError) {
    while !takeNotifications() {
      guard wait(for: POLLIN, until: deadline) else { return }
      guard unsafe PQconsumeInput(connection) == 1 else { throw lost }
    }
  }

  /// Whether there were any.
  private func takeNotifications() -> Bool {
    var isNotified = false
    while let notification = unsafe PQnotifies(connection) {
      unsafe PQfreemem(notification)
      isNotified = true
    }
    return isNotified
  }

  // MARK: Waiting

  private func connect(until deadline: ContinuousClock.Instant) throws(PostgreSQLError) {
    var state = PGRES_POLLING_WRITING
    while state != PGRES_POLLING_OK {
      guard state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING,
        unsafe PQstatus(connection) != CONNECTION_BAD
      else { throw lost }
      guard wait(for: state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline) else { throw spoiled() }
      state = unsafe PQconnectPoll(connection)
    }
  }

  /// Sends what is left to send, and reads up to the end of the answer.
  private func answer(until deadline: ContinuousClock.Instant) throws(PostgreSQLError) -> [Row] {
    var rows: [Row] = []
    var refusal: PostgreSQLError?
    while true {
      try settle(until: deadline)
      guard let result = unsafe PQgetResult(connection) else { break }
      defer { unsafe PQclear(result) }
      switch unsafe PQresultStatus(result) {
      case PGRES_TUPLES_OK: rows = unsafe Self.rows(of: result)
      case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: rows = []
      default:
        let field = { (code: Character) in
          unsafe PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { unsafe String(cString: $0) } ?? ""
        }
        refusal =
          unsafe PQstatus(connection) == CONNECTION_OK
          ? .refused(state: field("C"), message: field("M")) : lost
      }
    }
    if let refusal { throw refusal }
    return rows
  }

  /// Until the next result is there whole.
  private func settle(until deadline: ContinuousClock.Instant) throws(PostgreSQLError) {
    while true {
      let unsent = unsafe PQflush(connection)
      guard unsent >= 0 else { throw lost }
      if unsent == 0, unsafe PQisBusy(connection) == 0 { return }
      guard wait(for: unsent == 0 ? POLLIN : POLLIN | POLLOUT, until: deadline) else { throw spoiled() }
      guard unsafe PQconsumeInput(connection) == 1 else { throw lost }
    }
  }

  /// poll(2); false at the deadline.
  private func wait(for events: Int32, until deadline: ContinuousClock.Instant) -> Bool {
    while true {
      let left = deadline - .now
      guard left > .zero else { return false }
      var descriptor = pollfd(fd: unsafe PQsocket(connection), events: Int16(events), revents: 0)
      let count = unsafe poll(&descriptor, 1, Int32(clamping: Int(left / .milliseconds(1)) + 1))
      // What is wrong with the socket libpq says better.
      if count > 0 || count < 0 && errno != EINTR { return true }
    }
  }

  private static func rows(of result: OpaquePointer) -> [Row] {
    let columns = unsafe PQnfields(result)
    return unsafe (0..<PQntuples(result)).map { row in
      (0..<columns).map { column in
        guard unsafe PQgetisnull(result, row, column) == 0, let text = unsafe PQgetvalue(result, row, column)
        else { return nil }
        return unsafe String(cString: text)
      }
    }
  }

  private func spoiled() -> PostgreSQLError {
    isSpoiled = true
    return .timedOut
  }

  private var lost: PostgreSQLError {
    let text = unsafe PQerrorMessage(connection).map { unsafe String(cString: $0) } ?? ""
    let lines = text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == "\t" || $0 == " " } }
    return .disconnected(lines.isEmpty ? "the connection was lost" : lines.joined(separator: "; "))
  }
}

/// `strings` as C has them, for as long as `body` runs.
private func withCStrings<Result>(
  _ strings: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
  let copies = unsafe strings.map { string in unsafe string.flatMap { unsafe strdup($0) } }
  defer { unsafe copies.forEach { unsafe free($0) } }
  let pointers = unsafe copies.map { unsafe UnsafePointer($0) } + [nil]
  return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
}

extension PostgreSQLError {
  /// Where the same again may well succeed: another transaction was in the way.
  var isPassing: Bool {
    guard case .refused(let state, _) = self else { return false }
    // serialization_failure, deadlock_detected
    return ["40001", "40P01"].contains(state)
  }

  /// - Parameter isWrite: whether a change had been sent; then nobody knows whether it was made.
  func storeError(isWrite: Bool) -> StoreError {
    switch self {
    case .disconnected(let reason):
      isWrite ? .uncertain("PostgreSQL: \(reason)") : .unavailable("PostgreSQL: \(reason)")
    case .timedOut: .timedOut(isUncertain: isWrite)
    case .refused("57014", _): .timedOut(isUncertain: false)
    case .refused("53100", let message): .full("PostgreSQL: \(message)")
    case .refused("42501", let message): .readOnly("PostgreSQL: \(message)")
    case .refused(let state, let message): .unavailable("PostgreSQL: \(message) (SQLSTATE \(state))")
    }
  }
}

#endif
