/* The daemon of the local AWS: all services on one port of the loopback. */
#pragma once
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

struct cloud_options {
	const char *state_dir;
	uint16_t port; /* 4566 */
	int ready_fd;  /* "ready\n" or "error: text\n" is written here once; -1: none */
	int log_fd;    /* where log lines go; -1: stderr */
};
/* Runs until SIGTERM/SIGINT or the stop request. Returns an exit code (0 stopped in order, 3 the
 * machine refused; err says why). */
int cloud_run(const struct cloud_options *o, struct err *err);

/* Services in the order they start; the documentation prints them. NULL-terminated. */
struct service;
extern const struct service *const cloud_services[];

/* What the local cloud covers, from the tables: array of {"service","signingName","actions":[..],
 * "types":[..],"covers"}; the caller's. */
json_t *cloud_coverage(void);
