// hiredis, the client library of Redis: how commands are written and replies are read.
#ifndef CREDIS_H
#define CREDIS_H

#include <hiredis/hiredis.h>

#endif
