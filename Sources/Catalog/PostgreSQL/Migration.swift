#if PostgreSQL

/// A step from one form of the schema to the next.
///
/// While replicas are replaced one after the other, the version before goes on with the schema of the next: a step may
/// add what is nullable or has a default, and takes away only what no version since `worksFrom` names. The statements
/// of a version name every column that they mean.
package struct Migration: Sendable {
  /// From 1 on, without a gap.
  package let version: Int
  /// The oldest version whose statements still work on this schema.
  package let worksFrom: Int
  package let sql: String

  package init(version: Int, worksFrom: Int, sql: String) {
    self.version = version
    self.worksFrom = worksFrom
    self.sql = sql
  }

  package static let all = [
    // Text is compared by its bytes, as in every other store. An order's index ends in the id, as its cursors do.
    // `touched` is what a statement has changed; the revision goes up once in a transaction, however many statements
    // that has, and so for whoever writes: psql too.
    Migration(
      version: 1, worksFrom: 1,
      sql: """
        CREATE TABLE vitrine.catalog (
          singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          revision bigint NOT NULL DEFAULT 0,
          products bigint NOT NULL DEFAULT 0
        );
        INSERT INTO vitrine.catalog DEFAULT VALUES;
        CREATE TABLE vitrine.products (
          id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
          name text COLLATE "C" NOT NULL,
          description text NOT NULL,
          price bigint NOT NULL CHECK (price >= 0),
          currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
          tags text[] NOT NULL,
          stock bigint NOT NULL CHECK (stock >= 0),
          created_at bigint NOT NULL CHECK (created_at >= 0),
          updated_at bigint NOT NULL CHECK (updated_at >= created_at),
          revision bigint NOT NULL CHECK (revision >= 1),
          search text NOT NULL
        );
        CREATE INDEX products_name ON vitrine.products (name, id);
        CREATE INDEX products_price ON vitrine.products (price, id);
        CREATE INDEX products_stock ON vitrine.products (stock, id);
        CREATE INDEX products_created_at ON vitrine.products (created_at, id);
        CREATE INDEX products_updated_at ON vitrine.products (updated_at, id);
        CREATE FUNCTION vitrine.products_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE growth bigint := 0;
        BEGIN
          IF TG_OP = 'TRUNCATE' THEN
            SELECT -products INTO growth FROM vitrine.catalog;
          ELSIF NOT EXISTS (SELECT FROM touched) THEN
            RETURN NULL;
          ELSIF TG_OP = 'INSERT' THEN
            SELECT count(*) INTO growth FROM touched;
          ELSIF TG_OP = 'DELETE' THEN
            SELECT -count(*) INTO growth FROM touched;
          END IF;
          UPDATE vitrine.catalog SET products = products + growth,
            revision = revision + CASE WHEN xmin = pg_current_xact_id()::xid THEN 0 ELSE 1 END;
          PERFORM pg_notify('vitrine', '');
          RETURN NULL;
        END $$;
        CREATE TRIGGER inserted AFTER INSERT ON vitrine.products REFERENCING NEW TABLE AS touched
          FOR EACH STATEMENT EXECUTE FUNCTION vitrine.products_changed();
        CREATE TRIGGER updated AFTER UPDATE ON vitrine.products REFERENCING NEW TABLE AS touched
          FOR EACH STATEMENT EXECUTE FUNCTION vitrine.products_changed();
        CREATE TRIGGER deleted AFTER DELETE ON vitrine.products REFERENCING OLD TABLE AS touched
          FOR EACH STATEMENT EXECUTE FUNCTION vitrine.products_changed();
        CREATE TRIGGER truncated AFTER TRUNCATE ON vitrine.products
          FOR EACH STATEMENT EXECUTE FUNCTION vitrine.products_changed();
        """),
    // What tells two histories apart that have the same numbers: of a backup, or of a replica that has become the first.
    Migration(
      version: 2, worksFrom: 1,
      sql: """
        ALTER TABLE vitrine.catalog ADD COLUMN state uuid NOT NULL DEFAULT gen_random_uuid();
        CREATE OR REPLACE FUNCTION vitrine.products_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE growth bigint := 0;
        BEGIN
          IF TG_OP = 'TRUNCATE' THEN
            SELECT -products INTO growth FROM vitrine.catalog;
          ELSIF NOT EXISTS (SELECT FROM touched) THEN
            RETURN NULL;
          ELSIF TG_OP = 'INSERT' THEN
            SELECT count(*) INTO growth FROM touched;
          ELSIF TG_OP = 'DELETE' THEN
            SELECT -count(*) INTO growth FROM touched;
          END IF;
          UPDATE vitrine.catalog SET products = products + growth,
            revision = revision + CASE WHEN xmin = pg_current_xact_id()::xid THEN 0 ELSE 1 END,
            state = CASE WHEN xmin = pg_current_xact_id()::xid THEN state ELSE gen_random_uuid() END;
          PERFORM pg_notify('vitrine', '');
          RETURN NULL;
        END $$;
        """),
  ]
}

extension PostgreSQLConnection {
  /// Brings the schema up to the last of `migrations`; one that is newer stays as it is.
  ///
  /// Many may start at once: an advisory lock lets one of them do it. Where nothing is to be done, nothing but SELECT
  /// is needed, and so no right to make anything.
  func migrate(by migrations: [Migration], timeout: Duration) throws(SchemaError) {
    let wanted = migrations.last?.version ?? 0
    if try schemaVersion(wanted: wanted, timeout: timeout) >= wanted { return }
    do throws(PostgreSQLError) {
      try run("BEGIN", deadline: .now + timeout)
      // "vitrine" in ASCII, for want of a better number.
      try run("SELECT pg_advisory_xact_lock(\(0x76_6974_7269_6e65))", deadline: .now + timeout)
    } catch {
      throw .store(error.storeError(isWrite: false))
    }
    let version = try schemaVersion(wanted: wanted, timeout: timeout)
    do throws(PostgreSQLError) {
      // An index of many products takes its time, and nobody waits for this connection.
      let deadline = ContinuousClock.now + Self.migrationTimeout
      try run("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0", deadline: deadline)
      if version == 0 {
        if try run("SELECT 1 FROM pg_namespace WHERE nspname = 'vitrine'", deadline: deadline).isEmpty {
          try run("CREATE SCHEMA vitrine", deadline: deadline)
        }
        try run(
          "CREATE TABLE vitrine.migrations (version integer PRIMARY KEY, works_from integer NOT NULL, "
            + "applied_at timestamptz NOT NULL DEFAULT now())", deadline: deadline)
      }
      for migration in migrations where migration.version > version {
        try run(migration.sql, deadline: deadline)
        try run(
          "INSERT INTO vitrine.migrations (version, works_from) VALUES (\(migration.version), \(migration.worksFrom))",
          deadline: deadline)
      }
      try run("COMMIT", deadline: deadline)
    } catch {
      throw .store(error.storeError(isWrite: false))
    }
  }

  private static let migrationTimeout = Duration.seconds(600)

  /// 0 where there is none.
  private func schemaVersion(wanted: Int, timeout: Duration) throws(SchemaError) -> Int {
    let rows: [Row]
    do throws(PostgreSQLError) {
      let found = "SELECT 1 WHERE to_regclass('vitrine.migrations') IS NOT NULL"
      if try run(found, deadline: .now + timeout).isEmpty { return 0 }
      rows = try run("SELECT max(version), max(works_from) FROM vitrine.migrations", deadline: .now + timeout)
    } catch {
      throw .store(error.storeError(isWrite: false))
    }
    let numbers = rows.first?.map { $0.flatMap(Int.init) ?? 0 } ?? [0, 0]
    guard numbers[1] <= wanted else { throw .tooNew(version: numbers[0], worksFrom: numbers[1], known: wanted) }
    return numbers[0]
  }
}

/// Why the schema cannot be used.
enum SchemaError: Error {
  case store(StoreError)
  /// A later vitrine has changed it in a way that this one does not know.
  case tooNew(version: Int, worksFrom: Int, known: Int)

  var reason: String {
    switch self {
    case .store(let error): error.reason
    case .tooNew(let version, let worksFrom, let known):
      "its schema has version \(version), which needs a vitrine that knows version \(worksFrom); this one knows \(known)"
    }
  }
}

#endif
