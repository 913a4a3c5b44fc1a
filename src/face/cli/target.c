#include "face/cli/target.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/cloud/cloud.h"

char *target_state_dir(void)
{
	const char *own = getenv("MPCUP_STATE_DIR"), *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	OWN(str) char *here = own && *own && *own != '/' ? getcwd(NULL, 0) : NULL;

	if (here) /* the daemon lives in / */
		return str_printf("%s/%s", here, own);
	if (own && *own)
		return str_dup(own);
	if (xdg && *xdg == '/')
		return str_printf("%s/mpcup", xdg);
	return str_printf("%s/.local/state/mpcup", home && *home ? home : "/tmp");
}

uint16_t target_port(void)
{
	uint64_t port;

	if (num_parse_u64(getenv("MPCUP_PORT"), 1, 65535, &port) == 0)
		return (uint16_t)port;
	return 4566;
}

static int check_port(struct err *err)
{
	const char *text = getenv("MPCUP_PORT");
	uint64_t port;

	return text && *text && num_parse_u64(text, 1, 65535, &port) < 0
		       ? err_set(err, ERR_INPUT, "MPCUP_PORT=%s: a port is 1 to 65535", text)
		       : 0;
}

static int make_directories(const char *path, struct err *err)
{
	OWN(str) char *copy = str_dup(path);

	for (char *slash = strchr(copy + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(copy, slash ? 0755 : 0700) < 0 && errno != EEXIST)
			return err_sys(err, "%s", copy);
		if (!slash)
			return 0;
		*slash = '/';
	}
}

static char *endpoint_url(void)
{
	return str_printf("http://127.0.0.1:%u", target_port());
}

int target_health(json_t **ret_health, struct err *err)
{
	OWN(awsclient) struct awsclient *aws = NULL;
	OWN(str) char *endpoint = endpoint_url(), *body = NULL;
	OWN(str) char *url = str_printf("%s/_mpcup/health", endpoint);
	OWN(json) json_t *health = NULL;
	struct awsclient_options o = { .endpoint_url = endpoint, .local = true };
	int status = 0;
	size_t len = 0;

	if (check_port(err) < 0 || awsclient_new(&o, &aws, err) < 0)
		return -1;
	if (awsclient_http(aws, "GET", url, NULL, NULL, 0, 2000, &status, &body, &len, NULL) < 0)
		return 0;
	if (status != 200 || json_parse_text("health", body, len, &health, NULL) < 0 ||
	    !json_str(health, "version"))
		return err_set(err, ERR_SYS,
			       "something that is not mpcup's local cloud answers on 127.0.0.1:%u; stop it, "
			       "or choose another port with MPCUP_PORT=4567",
			       target_port());
	if (ret_health)
		*ret_health = GIVE(health);
	return 1;
}

/* The child: out of the terminal's session, output to the log file, ready message to a pipe. */
static void become_daemon(const char *state_dir, int ready_fd, int verify)
{
	OWN(str) char *log = str_printf("%s/cloud.log", state_dir);
	OWN(str) char *port = str_printf("%u", target_port());
	OWN(str) char *ready = str_printf("%d", ready_fd);
	int log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)setsid();
	if (log_fd < 0 || dup2(null_fd, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0)
		_exit(CLI_REFUSED);
	(void)fcntl(ready_fd, F_SETFD, 0);
	(void)!chdir("/");
	execl("/proc/self/exe", "mpcup", "cloud", "run", "--state-dir", state_dir, "--port", port,
	      "--ready-fd", ready, verify < 0 ? NULL : verify ? "--verify-signatures" : "--any-credentials",
	      (char *)NULL);
	_exit(CLI_REFUSED);
}

static int wait_ready(int fd, const char *state_dir, struct err *err)
{
	OWN(buf) struct buf text = { 0 };
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char chunk[512];
	ssize_t got;

	while (poll(&wait, 1, 20000) > 0 && (got = read(fd, chunk, sizeof(chunk))) > 0) {
		buf_add(&text, chunk, (size_t)got);
		if (text.data[text.len - 1] == '\n')
			break;
	}
	if (text.len && str_starts(text.data, "ready"))
		return 0;
	if (text.len && str_starts(text.data, "error: ")) {
		text.data[strcspn(text.data, "\n")] = '\0';
		return err_set(err, ERR_SYS, "%s", text.data + strlen("error: "));
	}
	return err_set(err, ERR_SYS, "the local cloud did not start; see %s/cloud.log", state_dir);
}

int target_start_cloud(int verify, struct err *err)
{
	OWN(str) char *state_dir = target_state_dir();
	OWN(fd) int reading = -1;
	OWN(fd) int writing = -1;
	int ends[2];
	pid_t child;

	if (make_directories(state_dir, err) < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "pipe");
	reading = ends[0];
	writing = ends[1];
	child = fork();
	if (child < 0)
		return err_sys(err, "fork");
	if (child == 0) {
		/* a second fork: the daemon's parent is init, not a command that may be waited for */
		if (fork() != 0)
			_exit(0);
		become_daemon(state_dir, writing, verify);
	}
	(void)waitpid(child, NULL, 0);
	own_drop_fd(&writing);
	writing = -1;
	return wait_ready(reading, state_dir, err);
}

/* Waits until nobody holds the daemon's lock. */
static int wait_unlocked(const char *state_dir, unsigned seconds, struct err *err)
{
	OWN(str) char *path = str_printf("%s/cloud.lock", state_dir);
	OWN(fd) int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", path);
	for (unsigned tries = 0; tries < seconds * 100; tries++) {
		struct timespec pause = { .tv_nsec = 10000000 };

		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		(void)nanosleep(&pause, NULL);
	}
	return err_set(err, ERR_SYS, "the local cloud still runs after %u s; its process id is in %s",
		       seconds, path);
}

/* Somebody else may have started it at the same moment: then theirs is ours as well. */
static int start_or_find(struct err *err)
{
	if (target_start_cloud(-1, err) == 0)
		return 0;
	for (int tries = 0; tries < 100; tries++) {
		struct timespec pause = { .tv_nsec = 20000000 };

		if (!strstr(err->text, "another local cloud") && !strstr(err->text, "is in use"))
			return -1;
		if (target_health(NULL, NULL) == 1) {
			*err = (struct err){ 0 };
			return 0;
		}
		(void)nanosleep(&pause, NULL);
	}
	return -1;
}

int target_stop_cloud(struct err *err)
{
	OWN(awsclient) struct awsclient *aws = NULL;
	OWN(str) char *endpoint = endpoint_url(), *state_dir = target_state_dir(), *body = NULL;
	OWN(str) char *url = str_printf("%s/_mpcup/stop", endpoint);
	struct awsclient_options o = { .endpoint_url = endpoint, .local = true };
	int status = 0, alive = target_health(NULL, err);
	size_t len = 0;

	if (alive < 0)
		return -1;
	if (!alive)
		return wait_unlocked(state_dir, 1, err) < 0 ? -1 : 1;
	if (awsclient_new(&o, &aws, err) < 0 ||
	    awsclient_http(aws, "POST", url, NULL, "", 0, 5000, &status, &body, &len, err) < 0)
		return -1;
	return wait_unlocked(state_dir, 20, err);
}

int target_check(const struct cli *cli, struct err *err)
{
	static const char *const of_aws[] = { "profile", "region", "endpoint-url" };
	const char *name = cli_option(cli, "target");

	if (name && strcmp(name, "local") && strcmp(name, "aws"))
		return err_set(err, ERR_INPUT, "--target %s: there are 'local' and 'aws'", name);
	for (size_t i = 0; i < sizeof(of_aws) / sizeof(of_aws[0]); i++)
		if (cli_option(cli, of_aws[i]) && !str_eq(name, "aws"))
			return err_set(err, ERR_INPUT,
				       "--%s is for --target aws%s", of_aws[i],
				       i ? "" : " (the node image's contract is --node-profile)");
	return 0;
}

/* Signs with the account's first credentials, so that it does not matter whether the local cloud
 * verifies signatures; without any it does not. */
static int open_client(struct target *ret, struct err *err)
{
	OWN(str) char *state_dir = target_state_dir();
	OWN(json) json_t *all = NULL;
	struct target t = { .endpoint = endpoint_url(), .local = true, .account = str_dup("000000000000") };
	struct awsclient_options o = { .endpoint_url = t.endpoint, .local = true };
	const json_t *first;
	int rc;

	if (cloud_credentials_load(state_dir, &all, err) < 0) {
		target_close(&t);
		return -1;
	}
	first = json_array_get(all, 0);
	o.access_key = json_str_or(first, "AccessKeyId", "mpcup");
	o.secret_key = json_str_or(first, "SecretAccessKey", "mpcup");
	rc = awsclient_new(&o, &t.aws, err);
	json_wipe(all);
	if (rc < 0) {
		target_close(&t);
		return -1;
	}
	*ret = t;
	return 0;
}

static void say_trouble(const json_t *health)
{
	if (json_str(health, "trouble"))
		(void)fprintf(stderr, "mpcup: %s\n", json_str(health, "trouble"));
}

void target_say_trouble(const struct target *t)
{
	OWN(json) json_t *health = NULL;

	if (t->local && target_health(&health, NULL) == 1)
		say_trouble(health);
}

int target_open(struct cli *cli, bool start, struct target *ret, struct err *err)
{
	OWN(json) json_t *health = NULL;
	int alive;

	if (target_check(cli, err) < 0)
		return -1;
	if (str_eq(cli_option(cli, "target"), "aws"))
		return target_open_aws(cli, ret, err);
	alive = target_health(&health, err);
	if (alive < 0)
		return -1;
	say_trouble(health);
	if (!alive && !start)
		return err_set(err, ERR_SYS, "the local cloud is not running; mpcup up starts it, or mpcup "
					     "cloud start");
	if (!alive && start_or_find(err) < 0)
		return err_in(err, "local cloud");
	return open_client(ret, err);
}

void target_close(struct target *t)
{
	awsclient_free(t->aws);
	free(t->endpoint);
	free(t->account);
	free(t->caller);
	*t = (struct target){ 0 };
}
