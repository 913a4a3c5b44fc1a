/* The target of a command: the local cloud (started when it is not running) behind the same client
 * as the real one. */
#pragma once
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "engine/awsclient/awsclient.h"
#include "face/cli/cli.h"

struct target {
	struct awsclient *aws;
	char *endpoint; /* "http://127.0.0.1:4566" */
};
/* start: the local cloud is started when it is not running; else that is an error with the command
 * to type. */
int target_open(struct cli *cli, bool start, struct target *ret, struct err *err);
/* 0 when --target names one that there is, else err. Commands that do work first ask this first. */
int target_check(const struct cli *cli, struct err *err);
void target_close(struct target *t);
static inline void own_drop_target(struct target *t)
{
	target_close(t);
}

char *target_state_dir(void);	 /* $MPCUP_STATE_DIR, else $XDG_STATE_HOME/mpcup, else ~/.local/state/mpcup */
uint16_t target_port(void);	 /* $MPCUP_PORT, else 4566 */
/* 1 and *ret_health (caller's) when our daemon answers on the port, 0 when nothing does, -1 when
 * something else does. */
int target_health(json_t **ret_health, struct err *err);
/* Starts the daemon in the background and waits until it serves. 0, or -1 with its own words. */
/* verify: 1, 0, or -1 for what the state says. */
int target_start_cloud(int verify, struct err *err);
/* Stops it and waits until all its processes are gone. 0; 1: it was not running. */
int target_stop_cloud(struct err *err);
/* The option --target: only "local" in this version; anything else is refused. */
extern const char target_help[];
