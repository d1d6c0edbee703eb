// libpq, the client library of PostgreSQL.
#ifndef CPOSTGRESQL_H
#define CPOSTGRESQL_H

#include <libpq-fe.h>

#endif
