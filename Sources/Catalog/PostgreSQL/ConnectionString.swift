#if PostgreSQL

internal import CPostgreSQL
internal import Glibc

/// How to reach a PostgreSQL: libpq's connection string, `postgresql://user@host/db` or `host=… dbname=…`. It may hold
/// a password, so nothing of it is ever told.
package struct ConnectionString: Sendable {
  package let text: String

  /// Nil where libpq does not understand it.
  package init?(_ text: String) {
    guard let options = unsafe PQconninfoParse(text, nil) else { return nil }
    unsafe PQconninfoFree(options)
    self.text = text
  }

  /// The files that libpq reads for it, whether they exist or not: certificates, keys and passwords, by the string, the
  /// PG… variables and libpq's defaults below `home`.
  package func files(home: String?) -> [String] {
    var files = home.map { ["\($0)/.postgresql", "\($0)/.pgpass"] } ?? []
    unsafe files += Self.files(of: PQconndefaults()) + Self.files(of: PQconninfoParse(text, nil))
    return files.filter { !$0.isEmpty }
  }

  private static func files(of options: UnsafeMutablePointer<PQconninfoOption>?) -> [String] {
    guard var option = unsafe options else { return [] }
    defer { unsafe PQconninfoFree(options) }
    var files: [String] = []
    while let keyword = unsafe option.pointee.keyword {
      if fileKeywords.contains(unsafe String(cString: keyword)), let value = unsafe option.pointee.val {
        files.append(unsafe String(cString: value))
      }
      unsafe option += 1
    }
    return files
  }

  private static let fileKeywords: Set = ["sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir", "passfile"]
}

#endif
