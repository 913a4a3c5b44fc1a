/* mpcup cloud start|stop|status|credentials|reset|run */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/cloud/cloud.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/target.h"
#include "face/console/console.h"

/* What this machine holds tasks to (engine/fabric). */
static const char *limit_words(const char *how)
{
	if (str_eq(how, "cgroup"))
		return "enforced by cgroups";
	if (str_eq(how, "watchdog"))
		return "watched once a second (no delegated cgroup)";
	return "not enforced (no delegated cgroup)";
}

static void print_for_clients(const char *endpoint, bool verify)
{
	(void)printf("signatures   %s\n\nfor the aws CLI and SDKs:\n  export AWS_ENDPOINT_URL=%s "
		     "AWS_REGION=us-east-1",
		     verify ? "verified" : "not verified, any credentials are taken", endpoint);
	(void)puts(verify ? "\n  eval \"$(mpcup cloud credentials)\""
			  : " AWS_ACCESS_KEY_ID=mpcup AWS_SECRET_ACCESS_KEY=mpcup");
}

static int print_status(struct cli *cli, const json_t *health)
{
	OWN(str) char *state_dir = target_state_dir();
	OWN(json) json_t *status =
		json_pack("{s:s,s:o,s:s}", "status", health ? "running" : "stopped", "endpoint",
			  json_sprintf("http://127.0.0.1:%u", target_port()), "stateDirectory",
			  state_dir);

	if (health) {
		json_object_set(status, "version", json_object_get(health, "version"));
		json_object_set(status, "limits", json_object_get(health, "limits"));
		json_object_set(status, "verifySignatures", json_object_get(health, "verifySignatures"));
		json_set_str(status, "trouble", json_str(health, "trouble"));
	}
	if (cli->json) {
		cli_print_json(status);
		return CLI_OK;
	}
	(void)printf("local cloud  %s\nendpoint     %s\nstate        %s\n", json_str(status, "status"),
		     json_str(status, "endpoint"), state_dir);
	if (json_str(health, "trouble"))
		(void)printf("trouble      %s%s%s\n", cli_paint(cli, "red"), json_str(health, "trouble"),
			     cli_paint(cli, "off"));
	if (health)
		(void)printf("limits       memory of tasks: %s; CPU: %s\n",
			     limit_words(json_str(json_map(health, "limits"), "memory")),
			     limit_words(json_str(json_map(health, "limits"), "cpu")));
	if (health)
		print_for_clients(json_str(status, "endpoint"),
				  json_bool_or(health, "verifySignatures", false));
	return CLI_OK;
}

/* 1, 0, or -1 when the command line does not say. */
static int wanted_verification(const struct cli *cli, int *ret, struct err *err)
{
	bool verify = cli_flag(cli, "verify-signatures"), any = cli_flag(cli, "any-credentials");

	if (verify && any)
		return err_set(err, ERR_INPUT, "--verify-signatures or --any-credentials, not both");
	*ret = verify ? 1 : any ? 0 : -1;
	return 0;
}

static int run_start(struct cli *cli, struct err *err)
{
	OWN(json) json_t *health = NULL;
	int verify, alive;

	if (wanted_verification(cli, &verify, err) < 0)
		return -1;
	alive = target_health(&health, err);
	if (alive < 0 || (!alive && target_start_cloud(verify, err) < 0))
		return -1;
	if (alive && verify >= 0 && json_bool_or(health, "verifySignatures", false) != verify)
		return err_set(err, ERR_SYS,
			       "the local cloud runs %s verification of signatures; stop it first: mpcup cloud "
			       "stop",
			       verify ? "without" : "with");
	if (!alive && target_health(&health, err) != 1)
		return err_set(err, ERR_SYS, "the local cloud started and does not answer");
	return print_status(cli, health);
}

static int run_stop(struct cli *cli, struct err *err)
{
	int rc = target_stop_cloud(err);

	if (rc < 0)
		return -1;
	if (cli->json)
		return print_status(cli, NULL);
	if (!cli->quiet)
		(void)puts(rc ? "The local cloud was not running."
			      : "The local cloud is stopped. Its state is kept; mpcup cloud start brings it back.");
	return CLI_OK;
}

static int run_status(struct cli *cli, struct err *err)
{
	OWN(json) json_t *health = NULL;

	return target_health(&health, err) < 0 ? -1 : print_status(cli, health);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	/* the lock stays: whoever waits for it waits on this very file */
	if (ftw->level == 0 || (ftw->level == 1 && str_ends(path, "/cloud.lock")))
		return 0;
	return remove(path);
}

static int run_reset(struct cli *cli, struct err *err)
{
	OWN(str) char *state_dir = target_state_dir();
	struct stat st;

	if (!cli_flag(cli, "yes"))
		return err_set(err, ERR_INPUT,
			       "this deletes all stacks, secrets, file systems, images and logs of the local cloud in "
			       "%s; say so with --yes",
			       state_dir);
	if (target_stop_cloud(err) < 0)
		return -1;
	if (stat(state_dir, &st) == 0 &&
	    nftw(state_dir, remove_entry, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0)
		return err_sys(err, "%s", state_dir);
	if (cli->json)
		return print_status(cli, NULL);
	if (!cli->quiet)
		(void)printf("The local cloud is empty: %s\n", state_dir);
	return CLI_OK;
}

static int run_daemon(struct cli *cli, struct err *err)
{
	OWN(str) char *state_dir = target_state_dir();
	const char *given = cli_option(cli, "state-dir");
	struct cloud_options o = { .port = target_port(), .ready_fd = -1, .log_fd = -1, .page = &console_page };
	uint64_t number;

	if (wanted_verification(cli, &o.verify_signatures, err) < 0)
		return -1;

	o.state_dir = given ? given : state_dir;
	if (cli_option(cli, "port")) {
		if (num_parse_u64(cli_option(cli, "port"), 1, 65535, &number) < 0)
			return err_set(err, ERR_INPUT, "--port %s: a port is 1 to 65535",
				       cli_option(cli, "port"));
		o.port = (uint16_t)number;
	}
	if (cli_option(cli, "ready-fd") &&
	    num_parse_u64(cli_option(cli, "ready-fd"), 3, 1023, &number) == 0) {
		o.ready_fd = (int)number;
		(void)fcntl(o.ready_fd, F_SETFD, FD_CLOEXEC);
	}
	return cloud_run(&o, err);
}

#define VERIFY_OPTIONS                                                                                 \
	{ .name = "verify-signatures",                                                                 \
	  .help = "refuse requests that are not signed with credentials of this cloud" },              \
	{ .name = "any-credentials", .help = "take any credentials again (the default at first)" }
static const struct cli_option start_options[] = {
	VERIFY_OPTIONS,
	{ 0 },
};
const struct command command_cloud_start = {
	.name = "cloud start",
	.help = "start the local AWS alone, for the aws CLI, SDKs and the CDK",
	.details = "One daemon per user on 127.0.0.1:4566 (MPCUP_PORT changes it), rootless. State is kept in\n"
		   "$XDG_STATE_HOME/mpcup (MPCUP_STATE_DIR changes it) and survives a restart.\n\n"
		   "Any credentials are taken, unless --verify-signatures was given: then every request must\n"
		   "be signed (SigV4, in headers or presigned) with credentials of mpcup cloud credentials or\n"
		   "of AssumeRole, as on AWS. That holds for later starts with the same state too.",
	.options = start_options,
	.examples = "  mpcup cloud start\n  aws --endpoint-url http://127.0.0.1:4566 --region us-east-1 cloudformation list-stacks",
	.run = run_start,
};
const struct command command_cloud_stop = {
	.name = "cloud stop",
	.help = "stop the local AWS; its state is kept",
	.examples = "  mpcup cloud stop",
	.run = run_stop,
};
const struct command command_cloud_status = {
	.name = "cloud status",
	.help = "say whether the local AWS runs, where, and how to point clients at it",
	.examples = "  mpcup cloud status\n  mpcup cloud status --json",
	.run = run_status,
};
static const struct cli_option reset_options[] = {
	{ .name = "yes", .help = "really delete everything" },
	{ 0 },
};
const struct command command_cloud_reset = {
	.name = "cloud reset",
	.help = "stop the local AWS and delete all its state",
	.examples = "  mpcup cloud reset --yes",
	.options = reset_options,
	.run = run_reset,
};
static const struct cli_option daemon_options[] = {
	{ .name = "state-dir", .value = "DIR", .help = "where the state is kept" },
	{ .name = "port", .value = "PORT", .help = "port on 127.0.0.1" },
	{ .name = "ready-fd", .value = "FD", .help = "descriptor that is told when the daemon serves" },
	VERIFY_OPTIONS,
	{ 0 },
};
const struct command command_cloud_run = {
	.name = "cloud run",
	.help = "run the local AWS in the foreground (for a supervisor such as systemd)",
	.examples = "  mpcup cloud run --state-dir ~/mpcup-state --port 4567",
	.options = daemon_options,
	.run = run_daemon,
};
