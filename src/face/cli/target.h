/* The target of a command: AWS, or the local cloud (started when it is not running) behind the same
 * client. They differ in endpoint and credentials, and in what only the local cloud has. */
#pragma once
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "engine/awsclient/awsclient.h"
#include "face/cli/cli.h"

struct target {
	struct awsclient *aws;
	char *endpoint; /* "http://127.0.0.1:4566"; NULL: AWS's own */
	/* Forwards on loopback, image mappings and the built-in chain are there. False: nothing of the
	 * kind is sent or asked, and private addresses cannot be reached from here. */
	bool local;
	char *account; /* 12 digits */
	char *caller;  /* ARN of who calls; NULL: local */
};
/* Rows of a command's table of options. */
#define TARGET_OPTIONS                                                                                  \
	{ .name = "target", .value = "NAME", .help = "local (default) or aws" },                        \
	{ .name = "profile", .value = "NAME", .help = "aws: profile of the shared config files" },      \
	{ .name = "region", .value = "NAME", .help = "aws: region (default: as the aws CLI has it)" },  \
	{ .name = "endpoint-url", .value = "URL", .help = "aws: this endpoint in place of AWS's own" }

/* start: the local cloud is started when it is not running; else that is an error with the command
 * to type. aws: finds the credentials and asks who the caller is; refuses when nobody can tell. */
int target_open(struct cli *cli, bool start, struct target *ret, struct err *err);
/* 0 when --target and its options fit together, else err. Commands that do work first ask this first. */
int target_check(const struct cli *cli, struct err *err);
/* Before something is changed: account, region and caller, to stderr. Local or --quiet: nothing. */
void target_say(const struct cli *cli, const struct target *t);
/* What keeps the local cloud from working, to stderr: a full disk. target_open() says it too. */
void target_say_trouble(const struct target *t);
/* The options that lead another command to the same target: " --target aws --region eu-west-1" or "";
 * the caller's. */
char *target_words(const struct cli *cli);
/* The pause between two looks at the target: short locally, 2 to 5 s on AWS, never twice the same. */
void target_pause(const struct target *t);
/* aws: credentials, caller. */
int target_open_aws(const struct cli *cli, struct target *ret, struct err *err);
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
