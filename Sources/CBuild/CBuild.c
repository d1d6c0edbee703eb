#include "CBuild.h"

// Undefined only where these sources are built without the repository's Package.swift.
#ifndef VITRINE_VERSION
#define VITRINE_VERSION "unknown"
#endif
#ifndef VITRINE_REVISION
#define VITRINE_REVISION "unknown"
#endif
#ifndef VITRINE_REVISION_DATE
#define VITRINE_REVISION_DATE "unknown"
#endif
#ifndef VITRINE_SWIFT_VERSION
#define VITRINE_SWIFT_VERSION "unknown"
#endif

const char *cbuild_version(void) { return VITRINE_VERSION; }
const char *cbuild_revision(void) { return VITRINE_REVISION; }
const char *cbuild_revision_date(void) { return VITRINE_REVISION_DATE; }
const char *cbuild_swift_version(void) { return VITRINE_SWIFT_VERSION; }
