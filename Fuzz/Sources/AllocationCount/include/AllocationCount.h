#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

/// Calls of malloc, calloc, realloc, posix_memalign and aligned_alloc by this process so far.
unsigned long allocation_count(void);

#endif
