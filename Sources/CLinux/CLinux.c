#include "CLinux.h" // SwiftPM wants a source file in a C target; everything stands in the header.
