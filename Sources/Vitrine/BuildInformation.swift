internal import CBuild

/// Which build this is: what `/version`, `vitrine version` and `vitrine_build_info` tell. No time of the build is in
/// it, so the same sources give the same bytes.
package struct BuildInformation: Sendable, Equatable {
  /// The release, semver.org: `0.1.0`.
  package let version: String
  /// The git commit, 12 hexadecimal digits, with `-dirty` when the working tree differed from it; what
  /// `VITRINE_REVISION` said when that was set for the build; else `unknown`.
  package let revision: String
  /// When that commit was made, RFC 3339: `2026-08-01T12:00:00+00:00`; else `unknown`.
  package let revisionDate: String
  /// The compiler's version: `6.3.1`; else `unknown`.
  package let swiftVersion: String

  package init(version: String, revision: String, revisionDate: String, swiftVersion: String) {
    self.version = version
    self.revision = revision
    self.revisionDate = revisionDate
    self.swiftVersion = swiftVersion
  }

  /// This process's own.
  package static let current = BuildInformation(
    version: unsafe String(cString: cbuild_version()),
    revision: unsafe String(cString: cbuild_revision()),
    revisionDate: unsafe String(cString: cbuild_revision_date()),
    swiftVersion: unsafe String(cString: cbuild_swift_version()))
}
