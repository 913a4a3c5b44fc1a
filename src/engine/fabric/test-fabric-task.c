#include "engine/fabric/test-world.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/sys/sys.h"

static void one_task(struct test_task *t)
{
	struct err err = { 0 };
	struct topology_vpc *v = topology_new("vpc-a", "10.0.0.0/16");

	EXPECT_OK(fabric_vpc_add(world.fabric, "vpc-a", ip("10.0.0.0"), 16, &err), err);
	(void)add_subnet(v, "subnet-1", "10.0.0.0/24");
	(void)add_interface(v, "eni-1", "subnet-1", "10.0.0.10", "");
	load(v);
	topology_vpc_free(v);
	task_start(t, "vpc-a", "eni-1", "10.0.0.10");
}

/* Runs a shell command to its end; what it printed. */
static const char *output(struct test_task *t, const char *command, json_t *more)
{
	OWN(json) json_t *a = NULL;

	t->lines.len = 0;
	buf_str(&t->lines, "");
	a = task_shell(t, "main", command, more);
	if (!json_object_get(a, "started")) {
		buf_str(&t->lines, json_str_or(a, "error", "no answer"));
		return t->lines.data;
	}
	EXPECT(wait_for(&t->exited, TEST_PATIENCE_MS));
	return t->lines.data;
}

static void lines(void)
{
	struct test_task t;

	one_task(&t);
	EXPECT_STR(output(&t, "echo $GREETING; echo error >&2; printf 'no newline'", NULL),
		   "hello\nerror\nno newline\n");
	EXPECT_INT(t.code, 0);
	EXPECT_STR(output(&t, "exit 42", NULL), "");
	EXPECT_INT(t.code, 42);
	t.line_count = 0;
	(void)output(&t, "head -c 600000 /dev/zero | tr '\\0' x; echo; echo end", NULL);
	EXPECT_INT(t.line_count, 4); /* 256 KiB, 256 KiB, the rest, end */
	EXPECT_INT(t.lines.len, 600000 + 3 + 3 + 1);
	t.line_count = 0;
	(void)output(&t, "seq 100000", NULL);
	EXPECT_INT(t.line_count, 100000);
	task_end(&t);
}
TEST(container, lines_and_exit_codes_arrive_completely)
{
	in_fabric(lines);
}

static void start_errors(void)
{
	struct test_task t;
	OWN(json) json_t *a = NULL;
	OWN(json) json_t *b = NULL;
	OWN(json) json_t *c = NULL;
	OWN(json) json_t *d = NULL;

	one_task(&t);
	a = task_shell(&t, "main", "", json_pack("{s:[s]}", "argv", "/no/such/program"));
	EXPECT(strstr(json_str_or(a, "error", ""), "/no/such/program") != NULL);
	b = task_shell(&t, "main", "",
		       json_pack("{s:[{s:s, s:s}]}", "mounts", "source", "/no/such/place", "target",
				 "/data"));
	EXPECT(strstr(json_str_or(b, "error", ""), "/no/such/place") != NULL);
	c = task_ask(&t, json_pack("{s:s}", "op", "dance"));
	EXPECT_STR(json_str(c, "error"), "no such operation");
	d = task_ask(&t, json_pack("{s:s, s:s, s:[s]}", "op", "exec", "container", "none", "argv",
				   "true"));
	EXPECT_STR(json_str(d, "error"), "no such container");
	EXPECT_STR(output(&t, "echo still here", NULL), "still here\n");
	task_end(&t);
}
TEST(container, what_cannot_start_says_why_and_the_task_lives_on)
{
	in_fabric(start_errors);
}

static void confined(void)
{
	struct test_task t;

	one_task(&t);
	EXPECT_STR(
		output(&t,
		       "grep -E '^(CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; "
		       "id -u; "
		       "echo $$; hostname; ls / | grep -v ^lib; ls /app; cat /etc/resolv.conf | "
		       "head -1",
		       json_pack("{s:s}", "directory", "/app")),
		"CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"
		"NoNewPrivs:\t1\nSeccomp:\t2\n0\n1\nip-10-0-0-"
		"10\napp\nbin\ndev\netc\nproc\nroot\nrun\n"
		"sbin\ntmp\nusr\nvar\nmpcup\nnameserver 10.0.0.2\n");
	EXPECT_STR(output(&t,
			  "unshare -U true 2>/dev/null || echo 1; unshare -n true 2>/dev/null || "
			  "echo 2; "
			  "mount -t tmpfs x /tmp 2>/dev/null || echo 3; touch /usr/x 2>/dev/null "
			  "|| echo 4; "
			  "echo 0 2>/dev/null >/proc/sys/net/ipv4/ip_forward || echo 5; "
			  "echo x 2>/dev/null >/proc/sys/kernel/core_pattern || echo 6; "
			  "echo b 2>/dev/null >/proc/sysrq-trigger || echo 7; ulimit -c; "
			  "echo /proc/[0-9]*; chroot / true 2>/dev/null || echo 8",
			  NULL),
		   "1\n2\n3\n4\n5\n6\n7\n0\n/proc/1\n8\n");
	EXPECT_STR(output(&t, "touch /x /tmp/x /dev/shm/x && echo writable", NULL), "writable\n");
	EXPECT_STR(output(&t,
			  "touch /x 2>/dev/null || echo read-only; touch /tmp/x 2>/dev/null || "
			  "echo too",
			  json_pack("{s:b}", "read_only_root", 1)),
		   "read-only\ntoo\n");
	EXPECT_STR(output(&t, "ulimit -Sn; ulimit -Hn",
			  json_pack("{s:i, s:i}", "nofile_soft", 500, "nofile_hard", 600)),
		   "500\n600\n");
	task_end(&t);
}
TEST(container, has_its_own_small_world_and_no_rights)
{
	in_fabric(confined);
}

static void mounts(void)
{
	struct test_task t;
	OWN(str) char *data = str_printf("%s/efs/fs-1/node", world.state_dir);
	OWN(str) char *evil = str_printf("%s/efs/fs-1/evil", world.state_dir);
	OWN(str) char *file = str_printf("%s/kept", data);
	OWN(str) char *text = NULL;
	OWN(json) json_t *a = NULL;
	struct err err = { 0 };
	const char *const targets[] = { "/data", "/deep/in/side" };

	EXPECT_OK(sys_mkdir_all(data, 0755, &err), err);
	EXPECT(symlink("/etc", evil) == 0);
	one_task(&t);
	for (size_t i = 0; i < 2; i++)
		EXPECT_STR(output(&t, "cd $0; echo kept > kept; cat kept",
				  json_pack("{s:[s, s, s, s], s:[{s:s, s:s}]}", "argv", "/bin/sh",
					    "-c", "cd $0; echo kept > kept; cat kept", targets[i],
					    "mounts", "source", data, "target", targets[i])),
			   "kept\n");
	EXPECT_OK(sys_read_file(file, 100, &text, NULL, &err), err);
	EXPECT_STR(text, "kept\n");
	EXPECT_STR(output(&t, "touch /data/x 2>/dev/null || echo read-only; cat /data/kept",
			  json_pack("{s:[{s:s, s:s, s:b}]}", "mounts", "source", data, "target",
				    "/data", "read_only", 1)),
		   "read-only\nkept\n");
	/* a link that a container left behind leads nowhere */
	a = task_shell(&t, "main", "ls /data",
		       json_pack("{s:[{s:s, s:s}]}", "mounts", "source", evil, "target", "/data"));
	EXPECT(strstr(json_str_or(a, "error", ""), "cannot open the mount source") != NULL);
	task_end(&t);
}
TEST(container, sees_its_volumes_and_nothing_behind_links_in_them)
{
	in_fabric(mounts);
}

static void image_root(void)
{
	struct test_task t;
	OWN(str) char *image = str_printf("%s/image", world.state_dir);
	OWN(str)
	char *command = str_printf(
		"mkdir -p %s/bin %s/usr %s/etc && cp -a /bin/busybox %s/bin/ 2>/dev/null || "
		"(mkdir -p %s/bin; touch %s/none)",
		image, image, image, image, image, image);
	OWN(str) char *marker = str_printf("%s/written", image);
	struct err err = { 0 };

	EXPECT_INT(system(command), 0);
	EXPECT_OK(sys_mkdir_all(image, 0755, &err), err);
	/* the host's programs through volumes, so that an empty image can run something */
	one_task(&t);
	EXPECT_STR(output(&t, "",
			  json_pack("{s:s, s:[s, s, s], s:[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}, "
				    "{s:s, s:s}]}",
				    "root", image, "argv", "/bin/sh", "-c",
				    "echo x > /written; cat /written /etc/hostname", "mounts",
				    "source", "/usr/bin", "target", "/bin", "source", "/usr/lib",
				    "target", "/usr/lib", "source", "/usr/lib", "target", "/lib",
				    "source", "/usr/lib64", "target", "/lib64")),
		   "x\nip-10-0-0-10\n");
	EXPECT_INT(access(marker, F_OK), -1); /* the image stays as it was */
	task_end(&t);
}
TEST(container, an_image_directory_gets_a_private_writable_layer)
{
	in_fabric(image_root);
}

static void itself(void)
{
	struct test_task t;

	one_task(&t);
	EXPECT_STR(output(&t, "",
			  json_pack("{s:[s, s], s:{s:s}}", "argv", "mpcup", "dns.reads_a_query",
				    "environment", "ASAN_OPTIONS", "detect_leaks=0")),
		   "ok 1 - dns.reads_a_query_and_folds_its_name\n1..1\n");
	EXPECT_INT(t.code, 0);
	task_end(&t);
}
TEST(container, mpcup_as_a_command_is_this_very_program)
{
	in_fabric(itself);
}

static void signals(void)
{
	struct test_task t;
	OWN(json) json_t *a = NULL;

	one_task(&t);
	json_decref(task_shell(
		&t, "main", "trap 'echo term; exit 7' TERM; echo up; while :; do sleep 0.01; done",
		NULL));
	EXPECT_SOON(t.line_count == 1); /* the trap is set */
	a = task_ask(&t, json_pack("{s:s, s:s, s:i}", "op", "signal", "container", "main", "signal",
				   SIGTERM));
	EXPECT(json_object_size(a) == 0);
	EXPECT(wait_for(&t.exited, TEST_PATIENCE_MS));
	EXPECT_INT(t.code, 7);
	EXPECT_STR(t.lines.data, "up\nterm\n");

	/* pid 1 without a handler: SIGTERM does nothing (ECS: waits for stopTimeout), SIGKILL ends
	 * it */
	json_decref(task_shell(&t, "main", "exec sleep 100", NULL));
	json_decref(task_ask(&t, json_pack("{s:s, s:s, s:i}", "op", "signal", "container", "main",
					   "signal", SIGTERM)));
	EXPECT(!wait_for(&t.exited, 200));
	json_decref(task_ask(&t, json_pack("{s:s, s:s, s:i}", "op", "signal", "container", "main",
					   "signal", SIGKILL)));
	EXPECT(wait_for(&t.exited, TEST_PATIENCE_MS));
	EXPECT_INT(t.code, 137);

	/* with an init it ends at once */
	t.line_count = 0;
	json_decref(
		task_shell(&t, "main", "echo up; exec sleep 100", json_pack("{s:b}", "init", 1)));
	EXPECT_SOON(t.line_count == 1);
	json_decref(task_ask(&t, json_pack("{s:s, s:s, s:i}", "op", "signal", "container", "main",
					   "signal", SIGTERM)));
	EXPECT(wait_for(&t.exited, TEST_PATIENCE_MS));
	EXPECT_INT(t.code, 143);
	task_end(&t);
}
TEST(container, signals_reach_it_as_they_reach_pid_1_or_through_an_init)
{
	in_fabric(signals);
}

static void exec_inside(void)
{
	struct test_task t;
	double began;
	const char *const commands[][2] = {
		{ "test \"$(cat /proc/1/comm)\" = sleep && test $GREETING = hello", "0" },
		{ "exit 3", "3" },
		{ "test -z \"$(grep CapEff /proc/self/status | tr -d 'CapEf:0\\t')\"", "0" }
	};

	one_task(&t);
	json_decref(task_shell(&t, "main", "exec sleep 100", NULL));
	for (size_t i = 0; i < 3; i++) {
		OWN(json)
		json_t *a = task_ask(&t, json_pack("{s:s, s:s, s:[s, s, s], s:i}", "op", "exec",
						   "container", "main", "argv", "/bin/sh", "-c",
						   commands[i][0], "timeout_ms", 3000));

		EXPECT_INT(json_int_or(a, "exit", -1), atoi(commands[i][1]));
	}
	began = now_ms();
	json_decref(task_shell(&t, "second", "sleep 0.3", NULL));
	{
		OWN(json)
		json_t *a = task_ask(&t, json_pack("{s:s, s:s, s:[s, s], s:i}", "op", "exec",
						   "container", "main", "argv", "sleep", "50",
						   "timeout_ms", 100));
		EXPECT_STR(json_str(a, "error"), "timeout");
	}
	EXPECT(now_ms() - began < 50000); /* it did not wait for the 50 s */
	task_end(&t);
}
TEST(container, exec_runs_inside_and_is_ended_when_it_takes_too_long)
{
	in_fabric(exec_inside);
}

static void memory(void)
{
	struct test_task t;
	OWN(json) json_t *limits = fabric_limits(world.fabric);

	one_task(&t);
	EXPECT(json_str(limits, "memory") != NULL);
	json_decref(task_shell(&t, "main",
			       "x=$(head -c 100000000 /dev/zero | tr '\\0' x); sleep 30",
			       json_pack("{s:i}", "memory_bytes", 50000000)));
	EXPECT(wait_for(&t.exited, TEST_PATIENCE_MS));
	EXPECT_INT(t.code, 137);
	EXPECT(t.oom);
	(void)output(&t, "sleep 1.2", json_pack("{s:i}", "memory_bytes", 50000000));
	EXPECT_INT(t.code, 0);
	EXPECT(!t.oom);
	task_end(&t);
}
TEST(container, too_much_memory_ends_it_and_is_reported)
{
	in_fabric(memory);
}

static void killed(void)
{
	struct test_task t;

	one_task(&t);
	json_decref(task_shell(&t, "main", "for i in 1 2 3 4 5; do sleep 100 & done; echo up; wait",
			       NULL));
	EXPECT_SOON(t.line_count == 1);
	fabric_task_kill(t.task);
	EXPECT(wait_for(&t.gone, TEST_PATIENCE_MS));
	EXPECT(t.exited && t.code == 137);
	task_end(&t);

	/* and before it was ready */
	task_start(&t, "vpc-a", "eni-1", "10.0.0.10");
	fabric_task_kill(t.task);
	EXPECT(wait_for(&t.gone, TEST_PATIENCE_MS));
	EXPECT(t.failed && !t.ready);
	task_end(&t);
}
TEST(container, a_killed_task_takes_all_its_processes_along)
{
	in_fabric(killed);
}

/* ---- numbers
 * -------------------------------------------------------------------------------------- */

enum { MANY = 30 };

static double start_many(size_t count)
{
	static struct test_task tasks[MANY];
	double began = now_ms(), took;

	for (size_t i = 0; i < count; i++) {
		OWN(str) char *address = str_printf("10.0.0.%zu", 20 + i);
		OWN(str) char *eni = str_printf("eni-%zu", i);

		task_start(&tasks[i], "vpc-a", eni, address);
	}
	for (size_t i = 0; i < count; i++)
		EXPECT(wait_for(&tasks[i].ready, TEST_PATIENCE_MS));
	took = now_ms() - began;
	began = now_ms();
	for (size_t i = 0; i < count; i++)
		json_decref(task_shell(&tasks[i], "main", "echo up; exec sleep 100", NULL));
	for (size_t i = 0; i < count; i++)
		EXPECT_SOON(tasks[i].line_count);
	printf("# %zu tasks: ready after %.0f ms, containers printing %.0f ms later\n", count, took,
	       now_ms() - began);
	for (size_t i = 0; i < count; i++)
		fabric_task_kill(tasks[i].task);
	for (size_t i = 0; i < count; i++)
		task_end(&tasks[i]);
	return took;
}

static void speed(void)
{
	struct err err = { 0 };
	double began = now_ms();

	EXPECT_OK(fabric_vpc_add(world.fabric, "vpc-a", ip("10.0.0.0"), 16, &err), err);
	printf("# VPC after %.1f ms\n", now_ms() - began);
	(void)start_many(3);
	(void)start_many(MANY);
}
TEST(fabric_speed, three_tasks_and_thirty_tasks_start_and_print)
{
	in_fabric(speed);
}

enum { BURST = 400 };

static void burst(void)
{
	static struct test_task tasks[BURST];
	struct err err = { 0 };

	EXPECT_OK(fabric_vpc_add(world.fabric, "vpc-a", ip("10.0.0.0"), 16, &err), err);
	for (size_t i = 0; i < BURST; i++) {
		OWN(str) char *address = str_printf("10.0.%zu.%zu", 1 + i / 200, 20 + i % 200);

		task_start(&tasks[i], "vpc-a", "eni", address);
		if (i % 4 == 3)
			fabric_task_kill(tasks[i].task);
	}
	for (size_t i = 0; i < BURST; i++)
		EXPECT(wait_for(i % 4 == 3 ? &tasks[i].gone : &tasks[i].ready, TEST_PATIENCE_MS));
	for (size_t i = 0; i < BURST; i++)
		if (!tasks[i].gone)
			fabric_task_kill(tasks[i].task);
	for (size_t i = 0; i < BURST; i++)
		task_end(&tasks[i]);
}
TEST(fabric_speed, hundreds_of_tasks_can_be_asked_for_at_once)
{
	in_fabric(burst);
}

static void thousand_interfaces(void)
{
	struct topology_vpc *v = topology_new("vpc-a", "10.0.0.0/16");
	struct err err = { 0 };
	struct test_task t;
	double began;

	EXPECT_OK(fabric_vpc_add(world.fabric, "vpc-a", ip("10.0.0.0"), 16, &err), err);
	(void)add_subnet(v, "subnet-1", "10.0.0.0/16");
	for (int g = 0; g < 5; g++) {
		OWN(str) char *id = str_printf("sg-%d", g);

		(void)add_group(v, id);
	}
	for (int g = 0; g < 5; g++) {
		OWN(str) char *id = str_printf("sg-%d", g);
		OWN(str) char *peer = str_printf("sg-%d", (g + 1) % 5);

		allow(v, id, true, 6, 80, 90, peer);
		allow(v, id, false, -1, 0, 65535, "0.0.0.0/0");
	}
	for (int i = 0; i < 3000; i++) {
		OWN(str) char *id = str_printf("eni-%d", i);
		OWN(str) char *address = str_printf("10.0.%d.%d", 1 + i / 250, 1 + i % 250);
		OWN(str) char *groups = str_printf("sg-%d,sg-%d", i % 5, (i + 2) % 5);

		(void)add_interface(v, id, "subnet-1", address, groups);
	}
	v->interface_count = 1000;
	began = now_ms();
	load(v);
	printf("# rules of 1000 interfaces: %.1f ms\n", now_ms() - began);
	began = now_ms();
	load(v);
	printf("# replaced: %.1f ms\n", now_ms() - began);
	v->interface_count = 3000;
	load(v);
	task_start(&t, "vpc-a", "eni-7", "10.0.1.8");
	EXPECT_CONNECT(&t, "10.0.1.7", 80, "timeout"); /* nobody lives there */
	task_end(&t);
	topology_vpc_free(v);
}
TEST(fabric_speed, rules_of_thousands_of_interfaces_load_at_once)
{
	in_fabric(thousand_interfaces);
}

/* ---- ends
 * ------------------------------------------------------------------------------------------- */

/* Processes of this user whose environment or arguments carry the mark. */
static int marked_processes(const char *mark)
{
	DIR *dir = opendir("/proc");
	int count = 0;

	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		OWN(str) char *path = str_printf("/proc/%s/cmdline", e->d_name);
		OWN(str) char *text = NULL;
		size_t len = 0;

		if (e->d_name[0] < '0' || e->d_name[0] > '9' ||
		    sys_read_file(path, 100000, &text, &len, NULL) < 0)
			continue;
		count += memmem(text, len, mark, strlen(mark)) != NULL;
	}
	(void)closedir(dir);
	return count;
}

static char mark[32]; /* of this run: another build's tests may run beside it */
static int announce[2];

static void run_until_killed(void)
{
	struct test_task t;
	OWN(str) char *command = str_printf("sleep %s & sleep %s", mark, mark);

	one_task(&t);
	json_decref(task_shell(&t, "main", command, NULL));
	(void)!write(announce[1], "x", 1);
	run_for(2 * TEST_PATIENCE_MS);
}

/* Waits until there are so many, or none. */
static void wait_for_marked(int count)
{
	double end = now_ms() + TEST_PATIENCE_MS;

	while ((count ? marked_processes(mark) < count : marked_processes(mark) > 0) &&
	       now_ms() < end)
		(void)usleep(2000);
	CHECK(count ? marked_processes(mark) >= count : marked_processes(mark) == 0);
}

static void kill_and_look(bool host)
{
	pid_t outer;
	char byte;
	int status;
	OWN(str) char *remove = NULL;
	OWN(str) char *children = NULL;
	OWN(str) char *path = NULL;

	(void)snprintf(mark, sizeof(mark), "77177.%d", (int)getpid());
	outer = fork();
	if (outer == 0) {
		(void)!freopen("/dev/null", "w", stdout); /* it fails, by design */
		in_fabric(run_until_killed);
		_exit(0);
	}
	CHECK_INT(read(announce[0], &byte, 1), 1);
	wait_for_marked(2);
	path = str_printf("/proc/%d/task/%d/children", outer, outer);
	CHECK_INT(sys_read_file(path, 1000, &children, NULL, NULL), 0);
	(void)kill(host ? outer : (pid_t)atoi(children ? children : "0"), SIGKILL);
	wait_for_marked(0);
	CHECK_INT(waitpid(outer, &status, 0), outer);
	remove = str_printf("rm -rf %s%d-*", FABRIC_TEST_DIR, (int)outer);
	CHECK_INT(system(remove), 0);
}

TEST(fabric_end, nothing_is_left_after_kill_9_of_the_daemon)
{
	CHECK_INT(pipe2(announce, O_CLOEXEC), 0);
	kill_and_look(false);
	close(announce[0]);
	close(announce[1]);
}

TEST(fabric_end, nothing_is_left_after_kill_9_of_the_host_side)
{
	CHECK_INT(pipe2(announce, O_CLOEXEC), 0);
	kill_and_look(true);
	close(announce[0]);
	close(announce[1]);
}

static int until_term(void *ctx, int host_fd)
{
	(void)ctx;
	(void)host_fd;
	(void)!write(announce[1], "x", 1);
	while (pause() < 0)
		;
	return 0;
}

TEST(fabric_end, sigterm_to_the_host_side_reaches_the_daemon)
{
	char byte;
	int status = -1;
	pid_t outer;

	CHECK_INT(pipe2(announce, O_CLOEXEC), 0);
	outer = fork();
	if (outer == 0)
		_exit(fabric_enter(until_term, NULL, NULL));
	CHECK_INT(read(announce[0], &byte, 1), 1);
	(void)kill(outer, SIGTERM);
	CHECK_INT(waitpid(outer, &status, 0), outer);
	CHECK_INT(WEXITSTATUS(status), 128 + SIGTERM);
	close(announce[0]);
	close(announce[1]);
}

static int listener;
static int accept_one(void *ctx, int host_fd)
{
	int fd = accept(listener, NULL, NULL);

	(void)host_fd;
	return fd >= 0 && send(fd, "inside", 6, MSG_NOSIGNAL) == 6 ? *(int *)ctx : 1;
}

TEST(fabric_end, a_listener_opened_before_serves_the_host_from_inside)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	struct err err = { 0 };
	int zero = 0, status = -1;
	pid_t client;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_INT(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	CHECK_INT(listen(listener, 1), 0);
	CHECK_INT(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	client = fork();
	if (client == 0) {
		char text[8] = "";
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
		    recv(fd, text, 6, MSG_WAITALL) != 6)
			_exit(1);
		_exit(strcmp(text, "inside") != 0);
	}
	CHECK_INT(fabric_enter(accept_one, &zero, &err), 0);
	CHECK_INT(waitpid(client, &status, 0), client);
	CHECK_INT(status, 0);
	close(listener);
}

static int no_namespaces_left(void *ctx, int host_fd)
{
	struct err err = { 0 };
	int code;

	(void)ctx;
	(void)host_fd;
	if (sys_write_control("/proc/sys/user/max_user_namespaces", "0", &err) < 0)
		return 2;
	code = fabric_enter(no_namespaces_left, NULL, &err);
	if (code != -1 || !strstr(err.text, "user.max_user_namespaces")) {
		printf("# got %d %s\n", code, err.text);
		return 3;
	}
	return 0;
}

TEST(fabric_end, without_user_namespaces_the_error_names_the_switch)
{
	struct err err = { 0 };

	CHECK_INT(fabric_enter(no_namespaces_left, NULL, &err), 0);
}

static int exit_five(void *ctx, int host_fd)
{
	(void)host_fd;
	return getpid() == 1 && getuid() == 0 ? *(int *)ctx : 99;
}

TEST(fabric_end, the_bodys_value_is_the_exit_code)
{
	int five = 5;
	struct err err = { 0 };

	CHECK_INT(fabric_enter(exit_five, &five, &err), 5);
	CHECK_STR(err.text, "");
}
