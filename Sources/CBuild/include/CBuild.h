// What Package.swift knows of the build. The manifest's defines reach only this target's .c file: hence functions.
#ifndef CBUILD_H
#define CBUILD_H

/// Each is UTF-8, never NULL, and lives as long as the process; `unknown` where the manifest could not tell.

/// The release: `0.1.0`.
const char *cbuild_version(void);
/// The git commit, 12 digits and `-dirty` when the working tree differed from it; or what VITRINE_REVISION said.
const char *cbuild_revision(void);
/// When that commit was made: RFC 3339.
const char *cbuild_revision_date(void);
/// The compiler: `6.3.1`.
const char *cbuild_swift_version(void);

#endif
