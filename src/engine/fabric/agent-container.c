/* Containers: a root of their own, namespaces of their own, no rights. */
#include "engine/fabric/agent-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/fabric/fabric.h"
#include "engine/sys/sys.h"

enum {
	ROOT_BYTES = 1 << 30,
	MOST_ARGUMENTS = 4096,
	ERROR_BYTES = 512,
	START_FAILED = 127,
	PROC_LINES = 8192,
};

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* ---- description --------------------------------------------------------------------------------
 */

char **fabric_agent_strings(const json_t *array)
{
	size_t count = json_array_size(array);
	char **list;

	if (!json_is_array(array) || count > MOST_ARGUMENTS)
		return NULL;
	list = mem_new(count + 1, sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (!text) {
			fabric_agent_strings_free(list);
			return NULL;
		}
		list[i] = str_dup(text);
	}
	return list;
}

void fabric_agent_strings_free(char **strings)
{
	for (size_t i = 0; strings && strings[i]; i++) {
		explicit_bzero(strings[i], strlen(strings[i]));
		free(strings[i]);
	}
	free(strings);
}

static void parse_environment(struct agent_container *c, json_t *map)
{
	const struct {
		const char *key, *value;
	} defaults[] = { { "PATH", default_path },
			 { "HOSTNAME", c->hostname },
			 { "HOME", "/root" } };
	size_t count = 0;
	const char *key;
	json_t *value;

	c->environment = mem_new(json_object_size(map) + 4, sizeof(char *));
	for (size_t i = 0; i < 3; i++)
		if (!json_object_get(map, defaults[i].key))
			c->environment[count++] =
				str_printf("%s=%s", defaults[i].key, defaults[i].value);
	json_object_foreach(map, key, value) if (json_is_string(value) && *key && !strchr(key, '='))
		c->environment[count++] = str_printf("%s=%s", key, json_string_value(value));
}

static int parse_mounts(struct agent_container *c, const json_t *list, struct err *err)
{
	size_t i;
	json_t *m;

	c->mounts = mem_new(json_array_size(list) + 1, sizeof(*c->mounts));
	json_array_foreach(list, i, m)
	{
		const char *source = json_str(m, "source"), *target = json_str(m, "target");

		if (!source || source[0] != '/' || !target || target[0] != '/' || !target[1])
			return err_set(err, ERR_INPUT,
				       "a mount needs an absolute source and target");
		c->mounts[c->mount_count++] =
			(struct agent_mount){ str_dup(source), str_dup(target),
					      json_bool_or(m, "read_only", false) };
	}
	return 0;
}

static int parse(struct agent_container *c, const json_t *d, const struct agent_settings *s,
		 struct err *err)
{
	OWN(str) char *dashes = ip_format(s->address);
	const char *host = json_str(d, "hostname");

	for (char *p = dashes; *p; p++)
		*p = *p == '.' ? '-' : *p;
	c->name = str_dup(json_str_or(d, "name", ""));
	c->root = str_dup(json_str_or(d, "root", "minimal"));
	c->directory = str_dup(json_str_or(d, "directory", "/"));
	c->hostname =
		host && *host ? str_dup_n(host, strnlen(host, 63)) : str_printf("ip-%s", dashes);
	c->argv = fabric_agent_strings(json_list(d, "argv"));
	c->read_only_root = json_bool_or(d, "read_only_root", false);
	c->init = json_bool_or(d, "init", false);
	c->uid = (uint32_t)json_int_or(d, "uid", 0);
	c->gid = (uint32_t)json_int_or(d, "gid", 0);
	c->nofile_soft = (uint64_t)json_int_or(d, "nofile_soft", 0);
	c->nofile_hard = (uint64_t)json_int_or(d, "nofile_hard", 0);
	c->memory_bytes = (uint64_t)json_int_or(d, "memory_bytes", 0);
	parse_environment(c, json_map(d, "environment"));
	if (!*c->name)
		return err_set(err, ERR_INPUT, "a container needs a name");
	if (!c->argv || !c->argv[0])
		return err_set(err, ERR_INPUT, "container %s: no command", c->name);
	if (!str_eq(c->root, "minimal") && c->root[0] != '/')
		return err_set(err, ERR_INPUT, "container %s: root is neither minimal nor a path",
			       c->name);
	if (str_eq(c->argv[0], "mpcup") && c->root[0] == '/')
		return err_set(err, ERR_INPUT, "container %s: mpcup runs in the minimal root only",
			       c->name);
	return parse_mounts(c, json_list(d, "mounts"), err);
}

int fabric_agent_container_parse(const json_t *description, const struct agent_settings *s,
				 struct agent_container **ret, struct err *err)
{
	struct agent_container *c = NEW(struct agent_container);

	c->pidfd = -1;
	if (parse(c, description, s, err) < 0) {
		fabric_agent_container_free(c);
		return -1;
	}
	*ret = c;
	return 0;
}

static json_t *strings_json(char *const *strings)
{
	json_t *list = json_array();

	for (; *strings; strings++)
		json_array_append_new(list, json_bytes(*strings, strlen(*strings)));
	return list;
}

json_t *fabric_agent_container_describe(const struct agent_container *c, const char *root)
{
	json_t *d = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I}", "name", c->name,
			      "root", root, "directory", c->directory, "hostname", c->hostname,
			      "read_only_root", c->read_only_root, "init", 1, "uid",
			      (json_int_t)c->uid, "gid", (json_int_t)c->gid, "nofile_soft",
			      (json_int_t)c->nofile_soft, "nofile_hard", (json_int_t)c->nofile_hard);
	json_t *environment = json_object();

	for (char **one = c->environment; *one; one++) {
		OWN(str) char *name = str_dup_n(*one, strcspn(*one, "="));
		const char *value = *one + strlen(name) + 1;

		json_object_set_new(environment, name, json_bytes(value, strlen(value)));
	}
	json_object_set_new(d, "argv", strings_json(c->argv));
	json_object_set_new(d, "environment", environment);
	return d;
}

void fabric_agent_container_free(struct agent_container *c)
{
	if (!c)
		return;
	fabric_agent_strings_free(c->argv);
	fabric_agent_strings_free(c->environment);
	for (size_t i = 0; i < c->mount_count; i++) {
		free(c->mounts[i].source);
		free(c->mounts[i].target);
	}
	free(c->mounts);
	if (c->pidfd >= 0)
		close(c->pidfd);
	free(c->name);
	free(c->root);
	free(c->directory);
	free(c->hostname);
	free(c);
}

/* ---- root
 * ----------------------------------------------------------------------------------------- */

static int text_file(int root, const char *path, struct err *err, const char *fmt, ...)
	ERR_FMT(4, 5);

static int text_file(int root, const char *path, struct err *err, const char *fmt, ...)
{
	OWN(buf) struct buf text = { 0 };
	va_list args;

	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	return sys_root_file(root, path, text.data, text.len, 0644, err);
}

/* What ECS writes into every container. */
static int network_files(int root, const struct agent_container *c, const struct agent_settings *s,
			 struct err *err)
{
	OWN(str) char *address = ip_format(s->address);
	OWN(str) char *resolver = ip_format(s->resolver);

	if (text_file(root, "/etc/hosts", err, "127.0.0.1 localhost\n%s %s\n", address,
		      c->hostname) < 0 ||
	    text_file(root, "/etc/hostname", err, "%s\n", c->hostname) < 0)
		return -1;
	return text_file(root, "/etc/resolv.conf", err,
			 "nameserver %s\noptions timeout:2 attempts:2\n", resolver);
}

static int host_bind(int root, const char *path, struct err *err)
{
	struct sys_mount_source source = { .path = path, .read_only = true };

	return sys_root_bind(root, path, &source, false, err);
}

/* The host's programs and libraries, as it has them: /bin may be a link to usr/bin. */
static int host_programs(int root, struct err *err)
{
	static const char *const parts[] = { "/usr",
					     "/bin",
					     "/sbin",
					     "/lib",
					     "/lib32",
					     "/lib64",
					     "/libx32",
					     "/etc/ld.so.cache",
					     "/etc/alternatives",
					     "/etc/ssl" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char link[256];
		ssize_t len = readlink(parts[i], link, sizeof(link) - 1);
		struct stat there;

		if (len > 0) {
			link[len] = '\0';
			if (symlinkat(link, root, parts[i] + 1) < 0)
				return err_sys(err, "cannot make %s", parts[i]);
		} else if (stat(parts[i], &there) == 0 && host_bind(root, parts[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Bound by its path: the mount that /proc/self/exe leads to belongs to the host's mount namespace.
 * When the path names another file by now (a new build, an upgrade) the running one is copied. */
static int own_program(int root, struct err *err)
{
	char path[PATH_MAX];
	struct sys_mount_source self = { .path = path, .read_only = true };
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	struct stat running, there;

	path[len < 0 ? 0 : len] = '\0';
	if (stat("/proc/self/exe", &running) == 0 && stat(path, &there) == 0 &&
	    running.st_dev == there.st_dev && running.st_ino == there.st_ino)
		return sys_root_bind(root, "/app/mpcup", &self, false, err);
	return sys_root_copy(root, "/app/mpcup", "/proc/self/exe", 0755, err);
}

static int minimal_root(int root, struct err *err)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
				 "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n" },
		{ "/etc/group", "root:x:0:\nnogroup:x:65534:\n" },
		{ "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n" },
	};

	if (host_programs(root, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (sys_root_file(root, files[i].path, files[i].text, strlen(files[i].text), 0644,
				  err) < 0)
			return -1;
	if (sys_root_mkdir(root, "/root", 0700, err) < 0 ||
	    sys_root_mkdir(root, "/tmp", 01777, err) < 0 ||
	    sys_root_mkdir(root, "/var/tmp", 01777, err) < 0 ||
	    sys_root_mkdir(root, "/run", 0755, err) < 0)
		return -1;
	return own_program(root, err);
}

static int volumes(int root, const struct agent_container *c, const struct agent_settings *s,
		   struct err *err)
{
	for (size_t i = 0; i < c->mount_count; i++) {
		struct sys_mount_source source = { .path = c->mounts[i].source,
						   .below = s->state_dir,
						   .read_only = c->mounts[i].read_only };

		if (sys_root_bind(root, c->mounts[i].target, &source, false, err) < 0)
			return -1;
	}
	return 0;
}

/* Makes it; *ret_at is the path that it lies at, the caller's. */
static int make_root(const struct agent_container *c, const struct agent_settings *s, char **ret_at,
		     struct err *err)
{
	bool minimal = str_eq(c->root, "minimal");
	OWN(str) char *scratch = str_printf("%s/root", s->state_dir);
	OWN(str) char *merged = str_printf("%s/merged", scratch);
	const char *at = minimal ? scratch : merged;
	OWN(fd) int root = -1;

	if (sys_mount_tmpfs(scratch, ROOT_BYTES, "755", err) < 0)
		return -1;
	if (!minimal &&
	    (mkdir(merged, 0755) < 0 || sys_mount_overlay(c->root, scratch, merged, err) < 0))
		return err->text[0] ? -1 : err_sys(err, "cannot make the root");
	root = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(err, "cannot open the root");
	if ((minimal && minimal_root(root, err) < 0) || network_files(root, c, s, err) < 0 ||
	    sys_root_kernel(root, err) < 0 || volumes(root, c, s, err) < 0 ||
	    sys_root_mkdir(root, c->directory, 0755, err) < 0)
		return -1;
	*ret_at = str_dup(at);
	return 0;
}

/* ---- the process
 * ------------------------------------------------------------------------------------- */

/* This program again, as the container's init. A new image rather than a fork: what the agent holds in
 * its memory is not for the container, and namespaces of a process that hides its memory cannot be
 * entered for health checks. */
static int run_init(const struct agent_container *c, struct err *err)
{
	OWN(str) char *program = fabric_program_find(c, c->argv[0], err);
	size_t count = 0;
	const char **argv;

	if (!program)
		return -1;
	while (c->argv[count])
		count++;
	argv = mem_new(count + 3, sizeof(*argv));
	argv[0] = "mpcup";
	argv[1] = FABRIC_INIT_WORD;
	memcpy(argv + 2, c->argv, count * sizeof(*argv));
	fabric_default_signals();
	fabric_hold_signals(SIG_BLOCK);
	environ = c->environment;
	(void)execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	return err_sys(err, "cannot execute the container's init");
}

/* An image need not have the libraries of this program: its init starts out here and goes into the
 * root itself. The description travels in memory, for the loader must not see the container's
 * variables. */
static int run_init_outside(const struct agent_container *c, const char *at, int errors,
			    struct err *err)
{
	OWN(json) json_t *description = fabric_agent_container_describe(c, at);
	OWN(str) char *text = json_text(description);
	OWN(str) char *error_number = str_printf("%d", errors);
	OWN(str) char *number = NULL;
	char *none[] = { NULL };
	int fd = memfd_create("container", 0);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    lseek(fd, 0, SEEK_SET) < 0 || fcntl(errors, F_SETFD, 0) < 0)
		return err_sys(err, "cannot describe the container to its init");
	number = str_printf("%d", fd);
	fabric_default_signals();
	fabric_hold_signals(SIG_BLOCK);
	environ = none;
	(void)execl("/proc/self/exe", "mpcup", FABRIC_INIT_WORD, FABRIC_INIT_ENTER, number,
		    error_number, (char *)NULL);
	return err_sys(err, "cannot execute the container's init");
}

/* Only returns when something went wrong. */
static int child_main(struct agent_container *c, const struct agent_settings *s, int output,
		      int errors, struct err *err)
{
	OWN(str) char *at = NULL;

	(void)setsid();
	if (sys_hostname(c->hostname, err) < 0 || make_root(c, s, &at, err) < 0)
		return -1;
	if (fabric_standard_files(output) < 0)
		return err_sys(err, "cannot set up standard files");
	if (c->init && c->root[0] == '/')
		return run_init_outside(c, at, errors, err);
	if (sys_root_enter(at, c->read_only_root, err) < 0 || fabric_confine(c, errors, err) < 0)
		return -1;
	return c->init ? run_init(c, err) : fabric_run(c, c->argv, errors, err);
}

/* Nothing until exec closed the pipe, or the reason why not. */
static int start_result(int errors, struct err *err)
{
	char text[ERROR_BYTES];
	size_t len = 0;
	ssize_t got;

	while (len < sizeof(text) - 1 &&
	       ((got = read(errors, text + len, sizeof(text) - 1 - len)) > 0 ||
		(got < 0 && errno == EINTR)))
		len += got > 0 ? (size_t)got : 0;
	if (!len)
		return 0;
	text[len] = '\0';
	return err_set(err, ERR_SYS, "%s", text);
}

int fabric_agent_container_start(struct agent_container *c, const struct agent_settings *s,
				 int output, int cgroup, struct err *err)
{
	OWN(fd) int errors = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "cannot make a pipe");
	errors = ends[0];
	c->pid = sys_clone(SYS_NEW_PID | SYS_NEW_MOUNT | SYS_NEW_IPC | SYS_NEW_UTS, cgroup,
			   &c->pidfd);
	if (c->pid == 0) {
		struct err why = { 0 };

		(void)child_main(c, s, output, ends[1], &why);
		(void)!write(ends[1], why.text, strnlen(why.text, ERROR_BYTES - 1));
		_exit(START_FAILED);
	}
	close(ends[1]);
	if (c->pid < 0)
		return err_sys(err, "container %s: cannot start a process", c->name);
	if (start_result(errors, err) == 0)
		return 0;
	(void)sys_pidfd_signal(c->pidfd, SIGKILL);
	(void)sys_pidfd_wait(c->pidfd);
	return -1;
}

/* ---- commands in a running container
 * --------------------------------------------------------------- */

/* In the container's namespaces; only returns when something went wrong. */
static int exec_main(const struct agent_container *c, char *const *argv, int errors,
		     struct err *err)
{
	(void)setsid();
	if (fabric_standard_files(-1) < 0)
		return err_sys(err, "cannot set up standard files");
	if (fabric_confine(c, errors, err) < 0)
		return -1;
	return fabric_run(c, argv, errors, err);
}

static int exec_wait(pid_t pid, int pidfd, int timeout_ms, struct err *err)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	int got;

	do {
		got = poll(&ended, 1, timeout_ms);
	} while (got < 0 && errno == EINTR);
	if (got > 0)
		return sys_pidfd_wait(pidfd);
	(void)kill(-pid, SIGKILL); /* its session: what it started too */
	(void)sys_pidfd_signal(pidfd, SIGKILL);
	(void)sys_pidfd_wait(pidfd);
	return err_set(err, ERR_LIMIT, "timeout");
}

int fabric_agent_container_exec(const struct agent_container *c, char *const *argv, int timeout_ms,
				struct err *err)
{
	OWN(fd) int errors = -1;
	OWN(fd) int pidfd = -1;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "cannot make a pipe");
	errors = ends[0];
	if (sys_join(c->pidfd, err) < 0) {
		close(ends[1]);
		return -1;
	}
	pid = sys_clone(0, -1, &pidfd);
	if (pid == 0) {
		struct err why = { 0 };

		(void)exec_main(c, argv, ends[1], &why);
		(void)!write(ends[1], why.text, strnlen(why.text, ERROR_BYTES - 1));
		_exit(START_FAILED);
	}
	close(ends[1]);
	if (pid < 0)
		return err_sys(err, "cannot start a process in the container");
	if (start_result(errors, err) < 0) {
		(void)sys_pidfd_wait(pidfd);
		return -1;
	}
	return exec_wait(pid, pidfd, timeout_ms, err);
}

/* ---- memory
 * ---------------------------------------------------------------------------------------------- */

static int read_at(int dir, const char *pid, const char *file, char *text, size_t size)
{
	char path[320];
	OWN(fd) int fd = -1;
	ssize_t got;

	(void)snprintf(path, sizeof(path), "%s/%s", pid, file);
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, size - 1);
	text[got < 0 ? 0 : got] = '\0';
	return got < 0 ? -1 : 0;
}

static uint64_t kilobytes(const char *status, const char *key)
{
	const char *at = strstr(status, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* The pid namespace says to which container a process belongs. */
static bool same_namespace(int proc, const char *pid, const char *of)
{
	char path[320], theirs[64], ours[64];
	ssize_t a, b;

	(void)snprintf(path, sizeof(path), "%s/ns/pid", pid);
	a = readlinkat(proc, path, theirs, sizeof(theirs));
	(void)snprintf(path, sizeof(path), "%s/ns/pid", of);
	b = readlinkat(proc, path, ours, sizeof(ours));
	return a > 0 && a == b && !memcmp(theirs, ours, (size_t)a);
}

uint64_t fabric_agent_container_memory(int proc, const struct agent_container *c)
{
	OWN(fd) int list = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = list < 0 ? NULL : fdopendir(list);
	char own[16], status[PROC_LINES];
	uint64_t total = 0;

	if (!dir)
		return 0;
	list = -1; /* the stream's now */
	(void)snprintf(own, sizeof(own), "%d", c->pid);
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9' ||
		    !same_namespace(proc, e->d_name, own))
			continue;
		if (read_at(proc, e->d_name, "status", status, sizeof(status)) == 0)
			total += (kilobytes(status, "RssAnon:") + kilobytes(status, "RssShmem:")) *
				 1024;
	}
	(void)closedir(dir);
	return total;
}
