#include "engine/node/node.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "engine/node/node-mpc.h"
#include "engine/sys/sys.h"

/* nearcore's database wants 10000 files and 1000 for the rest. */
#define FILES_LEAST 11000

struct options {
	enum node_profile profile;
	struct node_ports ports;
};

static int parse_profile(const char *text, enum node_profile *ret)
{
	if (!strcmp(text, "3.1") || !strcmp(text, "3.2") || !strcmp(text, "D25"))
		*ret = NODE_PROFILE_31;
	else if (!strcmp(text, "current"))
		*ret = NODE_PROFILE_CURRENT;
	else
		return -1;
	return 0;
}

/* "--name value" pairs; argv[0] is the first of them. */
static int parse(int argc, char **argv, struct options *o)
{
	const char *profile = getenv("MPCUP_NODE_PROFILE");
	uint64_t value = 0;

	*o = (struct options){ .profile = NODE_PROFILE_31 };
	if (profile && *profile && parse_profile(profile, &o->profile) < 0)
		return -1;
	for (int i = 0; i < argc; i += 2) {
		if (i + 1 == argc)
			return -1;
		if (!strcmp(argv[i], "--profile")) {
			if (parse_profile(argv[i + 1], &o->profile) < 0)
				return -1;
		} else if (num_parse_u64(argv[i + 1], 1, 65535, &value) < 0) {
			return -1;
		} else if (!strcmp(argv[i], "--web-port")) {
			o->ports.web = (uint16_t)value;
		} else if (!strcmp(argv[i], "--rpc-port")) {
			o->ports.rpc = (uint16_t)value;
		} else if (!strcmp(argv[i], "--near-port")) {
			o->ports.near = (uint16_t)value;
		} else {
			return -1;
		}
	}
	return 0;
}

/* ---- what the real process refuses before it runs ------------------------------------------ */

static int fail(const char *what, const struct err *err)
{
	node_log_error(what, err);
	return NODE_EXIT_ERROR;
}

static int panic(const struct err *err)
{
	fprintf(stderr, "thread 'main' panicked at mpc-node (built into mpcup):\n%s\n", err->text);
	return NODE_EXIT_PANIC;
}

static int check_gcp(const struct node_environment *e, struct err *err)
{
	if (!e->gcp_keyshare)
		return 0;
	if (!e->gcp_project)
		return err_set(err, ERR_INPUT,
			       "GCP_PROJECT_ID must be specified to use GCP_KEYSHARE_SECRET_ID");
	return err_set(err, ERR_INPUT,
		       "key shares in Google Secret Manager are not part of the node that is built "
		       "into mpcup");
}

static int check_files(struct err *err)
{
	struct rlimit limit = { 0, 0 };

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max >= FILES_LEAST)
		return 0;
	return err_set(err, ERR_LIMIT,
		       "Hard limit for the number of open files (NOFILE) is too low (%llu). At "
		       "least %d are required. Set ulimit -Hn accordingly and restart the node.",
		       (unsigned long long)limit.rlim_max, FILES_LEAST);
}

/* The database's lock: a second process on the same volume ends here. Held until exit. */
static int lock_database(const struct node_environment *e, struct err *err)
{
	OWN(str) char *directory = node_path(e, "data");
	OWN(str) char *path = node_path(e, "data/LOCK");
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return err_sys(err, "cannot create %s", directory);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(err, "IO error: While open a file for lock: %s", path);
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return fd;
	close(fd);
	return err_set(err, ERR_SYS,
		       "IO error: While lock file: %s: Resource temporarily unavailable", path);
}

static int load_config(struct node *n, struct err *err)
{
	OWN(str) char *path = node_path(&n->environment, "config.yaml");
	OWN(str) char *text = NULL;

	if (node_file_read(path, &text, err) < 0)
		return -1;
	if (!text)
		return err_set(err, ERR_INPUT, "No such file or directory (os error 2)");
	return node_config_parse(text, n->environment.profile, &n->config, err);
}

/* In the order of the real start (node-contract.md 2.5). 0, or the exit code. */
static int load(struct node *n)
{
	const struct node_environment *e = &n->environment;
	struct err err = { 0 };

	if (load_config(n, &err) < 0)
		return fail("Load config.yaml", &err);
	if (node_secrets_load(e, n->config.responder_keys, &n->secrets, &err) < 0)
		return fail("Load secrets.json", &err);
	if (node_backup_key_keep(e, &err) < 0)
		return fail("Load backup encryption key", &err);
	if (node_store_key_check(e->store_key, &err) < 0)
		return fail("invalid local storage aes key hex", &err);
	if (check_gcp(e, &err) < 0)
		return fail("Load key share storage", &err);
	if (node_near_load(e, &n->near, &err) < 0) {
		err_in(&err, "Error loading config");
		return panic(&err);
	}
	return check_files(&err) < 0 ? fail("Open database", &err) : 0;
}

/* Under the database's lock: the key store has one process, too. 0, or the exit code. */
static int open_keys(struct node *n, int *ret_lock)
{
	struct err err = { 0 };

	*ret_lock = lock_database(&n->environment, &err);
	if (*ret_lock < 0)
		return panic(&err);
	if (mpc_new(n, n->environment.store_key, &n->mpc, &err) < 0)
		return fail("Load key share storage", &err);
	return 0;
}

static int run(struct node *n, const struct node_ports *ports)
{
	int lock = -1, code = load(n);

	if (code == 0)
		code = open_keys(n, &lock);
	node_environment_forget(&n->environment);
	if (code == 0 && !str_eq(n->environment.env, n->near.chain_id))
		node_log("WARN", "mpc_node",
			 "MPC_ENV is '%s', but this volume was initialised for chain '%s': the "
			 "volume wins",
			 n->environment.env ? n->environment.env : "", n->near.chain_id);
	if (code == 0)
		code = node_run(n, ports);
	if (lock >= 0)
		close(lock);
	return code;
}

/* As pid 1 without a handler it would not even notice; they wait until the loop takes them. */
static void hold_signals(void)
{
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	sigprocmask(SIG_BLOCK, &both, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int node_main(int argc, char **argv)
{
	const char *format = getenv("MPC_LOG_FORMAT");
	const struct rlimit none = { 0, 0 };
	struct node n = { 0 };
	struct options o;
	int code;

	if (parse(argc, argv, &o) < 0) {
		fprintf(stderr, "usage: mpcup node [--profile 3.1|current] [--web-port N] "
				"[--rpc-port N] [--near-port N]\n");
		return NODE_EXIT_USAGE;
	}
	setlinebuf(stdout);
	setrlimit(RLIMIT_CORE, &none);
	sys_hide_memory();
	hold_signals();
	if (sodium_init() < 0)
		return NODE_EXIT_ERROR;
	node_log_as_json(format && !strcmp(format, "json"));
	printf("mpcup " MPCUP_VERSION " built-in node, start contract of mpc-node %s (this is not "
	       "near/mpc)\n",
	       o.profile == NODE_PROFILE_31 ? "3.1" : "current");
	node_environment_read(o.profile, &n.environment);
	code = node_start_script(&n.environment);
	if (code == 0)
		code = run(&n, &o.ports);
	node_config_clear(&n.config);
	node_near_clear(&n.near);
	node_secrets_free(n.secrets);
	return code;
}
