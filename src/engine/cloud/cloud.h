/* The daemon of the local AWS: all services on one port of the loopback. */
#pragma once
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

struct hub;
struct http_exchange;
struct http_request;

/* What stands above the services on the same port: gets the requests below /_mpcup/ that the endpoint has no
 * answer for (those of other web sites are refused before). Who starts the daemon brings it along, so
 * nothing here knows of it. */
struct cloud_page {
	/* When the services have started. 0: *ret is given to the others. */
	int (*start)(struct hub *hub, void **ret, struct err *err);
	/* An http_handler. */
	void (*handle)(void *page, struct http_exchange *x, const struct http_request *r);
	void (*stop)(void *page);
	const char *path; /* below the endpoint, for GET /_mpcup/health ("console") */
};

struct cloud_options {
	const char *state_dir;
	uint16_t port; /* 4566 */
	int ready_fd;  /* "ready\n" or "error: text\n" is written here once; -1: none */
	int log_fd;    /* where log lines go; -1: stderr */
	const struct cloud_page *page; /* NULL: none */
	int verify_signatures; /* 1, 0; -1: as at the last start with this state (at first: 0) */
};
/* Runs until SIGTERM/SIGINT or the stop request. Returns an exit code (0 stopped in order, 3 the
 * machine refused; err says why). */
int cloud_run(const struct cloud_options *o, struct err *err);

/* Credentials of the local account, in <state dir>/credentials.json: an array of {"Name",
 * "AccessKeyId","SecretAccessKey"}, the caller's to wipe (json_wipe). Empty when there are none. */
int cloud_credentials_load(const char *state_dir, json_t **ret, struct err *err);
/* Makes one more, the last of *ret. -1 also when the name is taken. */
int cloud_credentials_add(const char *state_dir, const char *name, json_t **ret, struct err *err);
/* Makes one named "default" when there are none. */
int cloud_credentials_ensure(const char *state_dir, json_t **ret, struct err *err);

/* Services in the order they start; the documentation prints them. NULL-terminated. */
struct service;
extern const struct service *const cloud_services[];

/* What the local cloud covers, from the tables: array of {"service","signingName","actions":[..],
 * "types":[..],"covers"}; the caller's. */
json_t *cloud_coverage(void);
