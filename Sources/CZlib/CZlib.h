// zlib, with the macro that Swift does not import as a function.
#ifndef CZLIB_H
#define CZLIB_H

#include <zlib.h>

/// deflateInit2(3) for the gzip format, RFC 1952, with a window of 2^15 bytes and 2^(memory + 9) bytes of hash tables.
static inline int czlib_deflate_gzip(z_stream *stream, int level, int memory) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, memory, Z_DEFAULT_STRATEGY);
}

#endif
