/* Memory for secrets: one arena per process, locked (no swap), left out of core dumps and zero in a
 * forked child. Blocks are zero when given and zeroed when taken back. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/own.h"

/* Never NULL. When the arena is full or its pages cannot be locked (RLIMIT_MEMLOCK), the block comes
 * from ordinary memory, still wiped at the end; secret_locked() then says false. */
void *secret_new(size_t size);
void secret_free(void *p); /* NULL is fine */
bool secret_locked(void);  /* every block so far was in locked memory */
#define SECRET_NEW(type) ((type *)secret_new(sizeof(type)))
OWN_DEFINE(secret, void *, secret_free)
