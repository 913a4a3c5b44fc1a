#include "engine/sys/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "base/test.h"

static char *temporary(void)
{
	char path[] = "/tmp/mpcup-sys-test-XXXXXX";

	return str_dup(mkdtemp(path));
}

static void remove_tree(const char *path)
{
	OWN(str) char *command = str_printf("rm -rf %s", path);

	CHECK_INT(system(command), 0);
}

TEST(sys_file, an_atomic_write_replaces_content_and_mode_and_leaves_nothing_else)
{
	OWN(str) char *dir = temporary();
	OWN(str) char *path = str_printf("%s/file", dir);
	OWN(str) char *nowhere = str_printf("%s/none/file", dir);
	OWN(str) char *text = NULL;
	OWN(str) char *command = str_printf("test \"$(ls -A %s)\" = file", dir);
	struct err err = { 0 };
	struct stat st;
	size_t len = 0;

	CHECK_OK(sys_write_atomic(path, "first", 5, 0644, &err), err);
	CHECK_OK(sys_write_atomic(path, "second", 6, 0600, &err), err);
	CHECK_OK(sys_read_file(path, 6, &text, &len, &err), err);
	CHECK_STR(text, "second");
	CHECK_INT(len, 6);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK_INT(system(command), 0);
	CHECK_INT(sys_write_atomic(nowhere, "x", 1, 0600, &err), -1);
	CHECK(strstr(err.text, nowhere) != NULL);
	remove_tree(dir);
}

TEST(sys_file, reading_stops_at_the_limit)
{
	OWN(str) char *dir = temporary();
	OWN(str) char *path = str_printf("%s/file", dir);
	OWN(str) char *text = NULL;
	struct err err = { 0 };

	CHECK_OK(sys_write_atomic(path, "123456", 6, 0600, &err), err);
	CHECK_INT(sys_read_file(path, 5, &text, NULL, &err), -1);
	CHECK_INT(err.code, ERR_LIMIT);
	CHECK(text == NULL);
	remove_tree(dir);
}

TEST(sys_file, directories_are_made_with_parents_and_may_exist)
{
	OWN(str) char *dir = temporary();
	OWN(str) char *deep = str_printf("%s/a/b//c/", dir);
	OWN(str) char *file = str_printf("%s/a/file", dir);
	OWN(str) char *below = str_printf("%s/x", file);
	struct err err = { 0 };

	CHECK_OK(sys_mkdir_all(deep, 0755, &err), err);
	CHECK_OK(sys_mkdir_all(deep, 0755, &err), err);
	CHECK_INT(access(deep, F_OK), 0);
	CHECK_OK(sys_write_atomic(file, "", 0, 0600, &err), err);
	CHECK_INT(sys_mkdir_all(below, 0755, &err), -1);
	remove_tree(dir);
}

TEST(sys_file, the_state_directory_is_private_and_needs_a_home)
{
	OWN(str) char *dir = temporary();
	OWN(str) char *want = str_printf("%s/mpcup", dir);
	OWN(str) char *got = NULL;
	OWN(str) char *home = str_dup(getenv("HOME"));
	struct err err = { 0 };
	struct stat st;

	CHECK_INT(setenv("XDG_STATE_HOME", dir, 1), 0);
	CHECK_OK(sys_state_dir(&got, &err), err);
	CHECK_STR(got, want);
	CHECK_INT(stat(got, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0700);
	CHECK_INT(unsetenv("XDG_STATE_HOME") + unsetenv("HOME"), 0);
	CHECK_INT(sys_state_dir(&got, &err), -1);
	CHECK(strstr(err.text, "HOME") != NULL);
	if (home)
		CHECK_INT(setenv("HOME", home, 1), 0);
	remove_tree(dir);
}

TEST(sys_fd, descriptors_travel_and_those_without_room_are_closed)
{
	int pair[2], ends[2], got[2] = { -1, -1 };
	char byte = 0;
	size_t count = 1;

	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	CHECK_INT(sys_send_fds(pair[0], "x", 1, ends, 2), 0);
	CHECK_INT(sys_recv_fds(pair[1], &byte, 1, got, &count), 1);
	CHECK_INT(count, 1);
	CHECK(got[0] >= 0 && got[1] == -1);
	CHECK(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
	close(ends[0]);
	close(ends[1]);
	/* the write end that had no room is closed: nobody writes any more */
	CHECK_INT(read(got[0], &byte, 1), 0);
	CHECK_INT(sys_send_fds(pair[0], "x", 1, got, 5), -1);
	close(got[0]);
	close(pair[0]);
	close(pair[1]);
}

TEST(sys_fd, only_kept_descriptors_stay_open)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int keep[] = { dup2(1, 20), dup2(1, 10) };
		bool good;

		(void)dup2(1, 15);
		(void)dup2(1, 30);
		sys_close_others(keep, 2);
		good = fcntl(10, F_GETFD) >= 0 && fcntl(20, F_GETFD) >= 0 &&
		       fcntl(15, F_GETFD) < 0 && fcntl(30, F_GETFD) < 0 && fcntl(2, F_GETFD) >= 0;
		_exit(good ? 0 : 1);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

TEST(sys_process, exit_codes_are_those_of_a_shell)
{
	int pidfd = -1;
	pid_t pid = sys_clone(0, -1, &pidfd);

	if (pid == 0)
		_exit(7);
	CHECK_INT(sys_pidfd_wait(pidfd), 7);
	close(pidfd);
	pid = sys_clone(0, -1, &pidfd);
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	CHECK_INT(sys_pidfd_signal(pidfd, SIGKILL), 0);
	CHECK_INT(sys_pidfd_wait(pidfd), 137);
	close(pidfd);
}

/* ---- inside namespaces of our own ---------------------------------------------------------------
 */

/* Runs fn as pid 1 of new namespaces; its value. */
static int isolated(int (*fn)(struct err *err))
{
	int status = -1;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct err err = { 0 };
		pid_t inner;
		int code = 99;

		if (sys_isolate(&err) == 0) {
			inner = fork();
			if (inner == 0) {
				code = sys_isolate_mounts(&err) < 0 ? 98 : fn(&err);
				if (code)
					printf("# %s\n", err.text);
				(void)fflush(NULL);
				_exit(code);
			}
			(void)waitpid(inner, &status, 0);
			_exit(sys_exit_code(status));
		}
		printf("# %s\n", err.text);
		(void)fflush(NULL);
		_exit(code);
	}
	(void)waitpid(pid, &status, 0);
	return sys_exit_code(status);
}

static void count_counter(void *ctx, const char *name, uint64_t packets)
{
	(void)packets;
	*(int *)ctx += !strcmp(name, "drops");
}

/* A table that holds one of everything; then far more elements than one message holds. */
static int filter(struct err *err)
{
	struct sys_nft *n = NULL;
	int counters = 0;

	if (sys_nft_open(&n, err) < 0)
		return 1;
	for (int round = 0; round < 2; round++) {
		sys_nft_begin(n, "test");
		sys_nft_set(n, "some");
		sys_nft_map(n, "where");
		sys_nft_counter(n, "drops");
		sys_nft_chain(n, "leaf");
		sys_nft_rule(n, "leaf");
		sys_nft_match_address(n, true, 0x0a000000, 8, true);
		sys_nft_match_address(n, false, 0x0a000001, 32, false);
		sys_nft_match_set(n, true, "some");
		sys_nft_match_protocol(n, 6);
		sys_nft_match_ports(n, 80, 90);
		sys_nft_count(n, "drops");
		sys_nft_do(n, SYS_NFT_DROP, NULL);
		sys_nft_base_chain(n, "forward", SYS_NFT_FORWARD);
		sys_nft_rule(n, "forward");
		sys_nft_match_established(n);
		sys_nft_do(n, SYS_NFT_ACCEPT, NULL);
		sys_nft_rule(n, "forward");
		sys_nft_do_map(n, true, "where");
		for (uint32_t i = 0; i < 100000; i++)
			sys_nft_element(n, "some", 0x0a000000 + i);
		for (uint32_t i = 0; i < 100000; i++)
			sys_nft_element_goto(n, "where", 0x0a000000 + i, "leaf");
		if (sys_nft_commit(n, err) < 0)
			return 2;
	}
	if (sys_nft_counters(n, "test", count_counter, &counters, err) < 0 || counters != 1)
		return 3;
	sys_nft_begin(n, "test");
	sys_nft_chain(n, "leaf");
	sys_nft_rule(n, "leaf");
	sys_nft_do(n, SYS_NFT_JUMP, "nowhere");
	if (sys_nft_commit(n, err) == 0 || !err->text[0])
		return 4;
	sys_nft_close(n);
	return 0;
}
TEST(sys_nft, tables_load_in_one_go_or_in_parts_and_errors_are_reported)
{
	CHECK_INT(isolated(filter), 0);
}

static int links(struct err *err)
{
	const struct sys_veth veth = { .name = "left",
				       .peer_name = "right",
				       .index = 100,
				       .peer_index = 101,
				       .mac = { 2, 0, 0, 0, 0, 1 },
				       .peer_mac = { 2, 0, 0, 0, 0, 2 },
				       .peer_pid = getpid(),
				       .peer_net_fd = -1 };
	struct sys_netlink *n = NULL;

	if (sys_netlink_open(&n, err) < 0)
		return 1;
	sys_netlink_up(n, SYS_LOOPBACK);
	sys_netlink_veth(n, &veth);
	sys_netlink_address(n, 100, 0x0a000001, 24);
	sys_netlink_route(n, 0x0a000005, 32, 100, 0, 0x0a000001);
	sys_netlink_route(n, 0x0a000005, 32, 100, 0, 0x0a000001); /* replaces */
	sys_netlink_neighbour(n, 100, 0x0a000005, veth.peer_mac);
	sys_netlink_blackhole(n, 0x0a000000, 8);
	sys_netlink_up(n, 101);
	if (sys_netlink_commit(n, err) < 0)
		return 2;
	for (int i = 0; i < 1000 && !sys_netlink_operational(n, 100); i++)
		(void)usleep(1000);
	if (!sys_netlink_operational(n, 100) || sys_netlink_operational(n, 7777))
		return 3;
	sys_netlink_route_remove(n, 0x0a000005, 32, 100);
	if (sys_netlink_commit(n, err) < 0)
		return 4;
	sys_netlink_route_remove(n, 0x0a000005, 32, 100);
	sys_netlink_up(n, 100);
	if (sys_netlink_commit(n, err) == 0) /* gone already; what follows is still done */
		return 5;
	for (int i = 0; i < 200; i++)
		sys_netlink_up(n, 100);
	if (sys_netlink_commit(n, err) < 0)
		return 6;
	sys_netlink_close(n);
	return 0;
}
TEST(sys_netlink, links_addresses_routes_and_neighbours_are_made_in_one_batch)
{
	CHECK_INT(isolated(links), 0);
}

static int roots(struct err *err)
{
	struct sys_mount_source usr = { .path = "/usr", .read_only = true };
	OWN(str) char *dir = temporary();
	OWN(str) char *evil = str_printf("%s/evil", dir);
	OWN(str) char *root_path = str_printf("%s/root", dir);
	struct sys_mount_source behind = { .path = evil, .below = dir };
	int root;

	if (symlink("/etc", evil) < 0 || mkdir(root_path, 0700) < 0 ||
	    sys_mount_tmpfs(root_path, 1 << 26, "755", err) < 0)
		return 1;
	root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (sys_root_bind(root, "/usr", &usr, false, err) < 0 ||
	    sys_root_copy(root, "/copy", "/proc/self/exe", 0644, err) < 0 ||
	    sys_root_file(root, "/etc/deep/file", "text", 4, 0640, err) < 0 ||
	    sys_root_kernel(root, err) < 0)
		return 2;
	/* an absolute link in the root stays in the root, .. is refused, links below `below` too */
	if (symlinkat("/etc", root, "link") < 0 ||
	    sys_root_mkdir(root, "/link/made", 0755, err) < 0)
		return 3;
	if (sys_root_mkdir(root, "/../x", 0755, err) == 0 ||
	    sys_root_file(root, "/..", "", 0, 0, err) == 0 ||
	    sys_root_bind(root, "/volume", &behind, false, err) == 0)
		return 4;
	close(root);
	(void)rmdir(evil);
	if (sys_root_enter(root_path, true, err) < 0)
		return 5;
	if (access("/etc/made", F_OK) < 0 || access("/copy", F_OK) < 0 ||
	    access("/dev/null", W_OK) < 0 || access("/tmp", F_OK) == 0 ||
	    open("/new", O_CREAT | O_WRONLY, 0600) >= 0)
		return 6;
	if (sys_write_control("/proc/sys/kernel/hostname", "x", NULL) == 0)
		return 7;
	return 0;
}
TEST(sys_mount, a_root_is_built_from_binds_and_nothing_leads_out_of_it)
{
	CHECK_INT(isolated(roots), 0);
	CHECK_INT(system("rm -rf /tmp/mpcup-sys-test-*"), 0);
}

static int confinement(struct err *err)
{
	int pidfd;

	if (sys_confine(err) < 0)
		return 1;
	if (sys_net_new(NULL) == 0 || sys_hostname("x", NULL) == 0)
		return 2;
	if (sys_clone(SYS_NEW_NET, -1, &pidfd) >= 0 || errno != ENOSYS)
		return 3;
	if (fork() == 0)
		_exit(0);
	return 0;
}
TEST(sys_confine, takes_rights_away_but_lets_processes_fork)
{
	CHECK_INT(isolated(confinement), 0);
}

TEST(sys_isolate, each_cause_has_its_own_advice)
{
	struct err err = { 0 };

	sys_isolate_explain("unshare", ENOSPC, &err);
	CHECK(strstr(err.text, "user.max_user_namespaces") != NULL);
	sys_isolate_explain("unshare", EINVAL, &err);
	CHECK(strstr(err.text, "CONFIG_USER_NS") != NULL);
	sys_isolate_explain("unshare", EPERM, &err);
	CHECK(strstr(err.text, "unshare: Operation not permitted") != NULL);
	CHECK_INT(err.code, ERR_SYS);
}

TEST(sys_library, all_functions_are_there_or_none_is_touched)
{
	size_t (*length)(const char *) = NULL, (*nothing)(const char *) = NULL;
	const struct sys_symbol symbols[] = { { "strlen", &length }, { "no_such_function", &nothing } };
	struct err err = { 0 };

	CHECK_INT(sys_library("libmpcup-none.so.1", "none1", symbols, 1, &err), -1);
	CHECK(strstr(err.text, "install the package none1"));
	CHECK_INT(sys_library("libc.so.6", "libc6", symbols, 2, &err), -1);
	CHECK(!length);
	CHECK_OK(sys_library("libc.so.6", "libc6", symbols, 1, &err), err);
	CHECK(length && length("four") == 4);
}
