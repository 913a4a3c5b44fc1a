#include "engine/image/image-internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "base/test.h"
#include "engine/sys/sys.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(image_name, is_that_of_the_container_engines)
{
	static const char *const rows[][2] = {
		{ "nginx", "docker.io/library/nginx:latest" },
		{ "nginx:1.25", "docker.io/library/nginx:1.25" },
		{ "docker.io/library/nginx:1.25", "docker.io/library/nginx:1.25" },
		{ "docker.io/nginx", "docker.io/library/nginx:latest" },
		{ "index.docker.io/nginx", "docker.io/library/nginx:latest" },
		{ "me/app", "docker.io/me/app:latest" },
		{ "localhost/app:1", "localhost/app:1" },
		{ "localhost:5000/app", "localhost:5000/app:latest" },
		{ "app@" DIGEST, "docker.io/library/app@" DIGEST },
		{ "app:1@" DIGEST, "docker.io/library/app@" DIGEST },
		{ "000000000000.dkr.ecr.us-east-1.amazonaws.com/x:t",
		  "000000000000.dkr.ecr.us-east-1.amazonaws.com/x:t" },
		{ "a/b__c/d-e", "docker.io/a/b__c/d-e:latest" },
	};
	static const char *const bad[] = { "",	    "Nginx",   "a//b",	"/a",	  "a/",
					   "a:",    "a:b/c:d", "a@b",	"-a",	  "a:-b",
					   "a b",   "a:b c",   "../a",	"a.com:x/b", "a@sha256:12",
					   "a/../b" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = { 0 };
		OWN(str) char *name = image_name(rows[i][0], &err);

		CHECK_STR(name, rows[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = { 0 };
		OWN(str) char *name = image_name(bad[i], &err);

		CHECK_STR(name, NULL);
		CHECK(strstr(err.text, "is not an image reference") != NULL);
	}
}

static json_t *parse(const char *text)
{
	json_t *j = NULL;
	struct err err = { 0 };

	CHECK_OK(json_parse_text("test", text, strlen(text), &j, &err), err);
	return j;
}

TEST(image_manifest, the_machines_platform_is_chosen)
{
	OWN(json)
	json_t *index = parse(
		"{\"manifests\":["
		"{\"digest\":\"a\",\"platform\":{\"os\":\"linux\",\"architecture\":\"s390x\"}},"
		"{\"digest\":\"b\",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}},"
		"{\"digest\":\"c\",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}},"
		"{\"digest\":\"d\",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}}]}");
	struct err err = { 0 };

	CHECK_STR(json_str(image_choose(index, "arm64", NULL, &err), "digest"), "c");
	CHECK_STR(json_str(image_choose(index, "amd64", NULL, &err), "digest"), "b");
	CHECK_STR(json_str(image_choose(index, "riscv64", NULL, &err), "digest"), "b");
	json_array_remove(json_list(index, "manifests"), 1);
	CHECK_STR(json_str(image_choose(index, "riscv64", NULL, &err), "digest"), "a");
	json_array_clear(json_list(index, "manifests"));
	CHECK(image_choose(index, "amd64", NULL, &err) == NULL);
	CHECK_STR(err.text, "the index lists no image");
}

TEST(image_manifest, of_several_images_the_name_chooses)
{
	OWN(json)
	json_t *index = parse(
		"{\"manifests\":[{\"digest\":\"a\",\"annotations\":{\"io.containerd.image.name\":"
		"\"docker.io/library/one:1\"}},{\"digest\":\"b\",\"annotations\":"
		"{\"org.opencontainers.image.ref.name\":\"two:2\"}}]}");
	OWN(json)
	json_t *saved = parse("[{\"Config\":\"a\",\"RepoTags\":[\"one:1\"]},"
			      "{\"Config\":\"b\",\"RepoTags\":[\"x:1\",\"two:2\"]}]");
	struct err err = { 0 };

	CHECK_STR(json_str(image_choose(index, "amd64", "one:1", &err), "digest"), "a");
	CHECK_STR(json_str(image_choose(index, "amd64", "library/two:2", &err), "digest"), "b");
	CHECK(image_choose(index, "amd64", NULL, &err) == NULL);
	CHECK(strstr(err.text, "choose one with --name: docker.io/library/one:1, two:2") != NULL);
	CHECK_STR(json_str(image_choose_saved(saved, "two:2", &err), "Config"), "b");
	CHECK(image_choose_saved(saved, "three", &err) == NULL);
	CHECK(strstr(err.text, "none of them three") != NULL);
}

TEST(image_manifest, configurations_are_read_and_checked)
{
	OWN(json)
	json_t *config = parse(
		"{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Entrypoint\":[\"/a\"],"
		"\"Cmd\":null,\"Env\":[\"A=1\"],\"StopSignal\":\"SIGQUIT\",\"ExposedPorts\":{\"80/tcp\":{}}},"
		"\"rootfs\":{\"diff_ids\":[\"" DIGEST "\"]}}");
	OWN(json) json_t *record = NULL;
	const json_t *diff_ids = NULL;
	struct err err = { 0 };

	CHECK_OK(image_read_config(config, 1, &record, &diff_ids, &err), err);
	CHECK_STR(json_string_value(json_path(record, "entryPoint.0")), "/a");
	CHECK_INT(json_array_size(json_list(record, "command")), 0);
	CHECK_INT(json_int_or(record, "stopSignal", 0), 3);
	CHECK_STR(json_string_value(json_path(record, "exposedPorts.0")), "80/tcp");
	CHECK_INT(image_read_config(config, 2, &record, &diff_ids, &err), -1);
	CHECK_STR(err.text, "number of layers and diffIDs don't match (2 and 1)");
	json_set_str(config, "os", "windows");
	CHECK_INT(image_read_config(config, 1, &record, &diff_ids, &err), -1);
	CHECK(strstr(err.text, "not for Linux") != NULL);
}

TEST(image_manifest, stop_signals)
{
	CHECK_INT(image_signal("SIGTERM"), 15);
	CHECK_INT(image_signal("QUIT"), 3);
	CHECK_INT(image_signal("9"), 9);
	CHECK_INT(image_signal("SIGRTMIN+3"), 37);
	CHECK_INT(image_signal("SIGNOPE"), 0);
	CHECK_INT(image_signal("0"), 0);
	CHECK_INT(image_signal("99"), 0);
}

TEST(image_digest, of_nothing)
{
	OWN(str) char *digest = image_digest("", 0);

	CHECK_STR(digest,
		  "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* ---- users
 * ------------------------------------------------------------------------------------------------ */

static void write_file(const char *root, const char *path, const char *text)
{
	OWN(str) char *full = str_printf("%s%s", root, path);
	struct err err = { 0 };

	CHECK_OK(sys_write_atomic(full, text, strlen(text), 0644, &err), err);
}

TEST(image_user, by_name_and_number_as_the_files_of_the_image_say)
{
	static const struct {
		const char *user;
		unsigned uid, gid;
		const char *home;
	} rows[] = {
		{ "", 0, 0, "/root" },	       { "web", 101, 102, "/srv" },
		{ "101", 101, 102, "/srv" },   { "web:staff", 101, 50, "/srv" },
		{ "7:8", 7, 8, "/" },	       { "7", 7, 0, "/" },
		{ "7:staff", 7, 50, "/" },     { "root:0", 0, 0, "/root" },
	};
	static const char *const bad[] = { "other", "web:other", "-1", "99999999999", "short", "wrong" };
	char root[] = "/tmp/test-image-XXXXXX";
	OWN(str) char *etc = NULL;

	CHECK(mkdtemp(root) != NULL);
	etc = str_printf("%s/etc", root);
	CHECK_INT(mkdir(etc, 0755), 0);
	write_file(root, "/etc/passwd",
		   "root:x:0:0:root:/root:/bin/sh\nshort:x:1\nwrong:x:a:b::/:\nweb:x:101:102::/srv:/bin/sh\n");
	write_file(root, "/etc/group", "root:x:0:\nstaff:x:50:web\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct image_user found = { 0 };
		struct err err = { 0 };

		CHECK_OK(image_user(root, rows[i].user, &found, &err), err);
		CHECK_INT(found.uid, rows[i].uid);
		CHECK_INT(found.gid, rows[i].gid);
		CHECK_STR(found.home, rows[i].home);
		free(found.home);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct image_user found;
		struct err err = { 0 };

		CHECK_INT(image_user(root, bad[i], &found, &err), -1);
		CHECK(str_starts(err.text, "unable to find "));
	}
	CHECK_OK(image_tree_remove(AT_FDCWD, root, NULL), (struct err){ 0 });
}

TEST(image_user, a_link_in_the_image_does_not_lead_to_the_machines_files)
{
	char root[] = "/tmp/test-image-XXXXXX";
	OWN(str) char *etc = NULL;
	OWN(str) char *passwd = NULL;
	struct image_user found;

	CHECK(mkdtemp(root) != NULL);
	etc = str_printf("%s/etc", root);
	passwd = str_printf("%s/etc/passwd", root);
	CHECK_INT(mkdir(etc, 0755), 0);
	CHECK_INT(symlink("/../../etc/passwd", passwd), 0);
	CHECK_INT(image_user(root, "daemon", &found, NULL), -1);
	CHECK_OK(image_tree_remove(AT_FDCWD, root, NULL), (struct err){ 0 });
}
