/* Ownership by scope: every owner type gets one OWN_DEFINE; GIVE() is the only way out. */
#pragma once
#include <stdlib.h>
#include <unistd.h>

/* clang-format off */
#define OWN(name) __attribute__((cleanup(own_drop_##name)))
#define OWN_DEFINE(name, type, fn) static inline void own_drop_##name(type *p) { fn(*p); }
#define GIVE(p) (__extension__({ __typeof__(p) given_ = (p); (p) = NULL; given_; }))
#define GIVE_FD(fd) (__extension__({ int given_ = (fd); (fd) = -1; given_; }))
OWN_DEFINE(str, char *, free)
/* clang-format on */

static inline void own_drop_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
