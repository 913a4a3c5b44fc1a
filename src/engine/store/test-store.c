#include "engine/store/store.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/test.h"

static void count(void *ctx, const char *kind, const char *id, json_t *value)
{
	buf_printf(ctx, "%s/%s=%s;", kind, id, json_string_value(value));
}

static struct store *reopen(struct store *s, const char *path)
{
	struct err err = { 0 };

	store_close(s);
	s = NULL;
	CHECK_OK(store_open(path, &s, &err), err);
	return s;
}

TEST(store, objects_survive_in_order_of_creation)
{
	char path[] = "/tmp/mpcup-store-XXXXXX";
	int fd = mkstemp(path);
	struct store *s = NULL;
	struct err err = { 0 };
	OWN(buf) struct buf seen = { 0 };
	OWN(json) json_t *one = json_string("1"), *two = json_string("2");
	OWN(str) char *wal = str_printf("%s-wal", path), *shm = str_printf("%s-shm", path);

	close(fd);
	CHECK_OK(store_open(path, &s, &err), err);
	CHECK_OK(store_put(s, "b", "x", one, &err), err);
	CHECK_OK(store_put(s, "a", "y", one, &err), err);
	CHECK_OK(store_put(s, "a", "z", one, &err), err);
	CHECK_OK(store_put(s, "b", "x", two, &err), err);
	CHECK_OK(store_remove(s, "a", "y", &err), err);
	CHECK_OK(store_commit(s, &err), err);
	s = reopen(s, path);
	CHECK_OK(store_each(s, count, &seen, &err), err);
	CHECK_STR(seen.data, "b/x=2;a/z=1;");
	store_close(s);
	unlink(path);
	unlink(wal);
	unlink(shm);
}

TEST(store, log_events_come_in_order_and_any_bytes_become_text)
{
	struct store *s = NULL;
	struct err err = { 0 };
	OWN(json) json_t *rows = NULL, *last = NULL;

	CHECK_OK(store_open(":memory:", &s, &err), err);
	CHECK_OK(store_log_add(s, "g", "s1", 20, 1, "b\xff!", 3, &err), err);
	CHECK_OK(store_log_add(s, "g", "s2", 10, 1, "a", 1, &err), err);
	CHECK_OK(store_log_add(s, "h", "s2", 10, 1, "other", 5, &err), err);
	CHECK_OK(store_log_read(s, "g", NULL, 0, 100, 0, 10, 0, &rows, &err), err);
	CHECK_INT(json_array_size(rows), 2);
	CHECK_STR(json_str(json_array_get(rows, 0), "message"), "a");
	CHECK_STR(json_str(json_array_get(rows, 1), "message"), "b\xef\xbf\xbd!");
	CHECK_OK(store_log_read(s, "g", NULL, 0, 100, 0, 1, 1, &last, &err), err);
	CHECK_STR(json_str(json_array_get(last, 0), "logStreamName"), "s1");
	CHECK_OK(store_log_drop(s, "g", "s1", &err), err);
	store_close(s);
}

TEST(store, a_path_that_cannot_be_opened_is_an_error_with_its_name)
{
	struct store *s = NULL;
	struct err err = { 0 };

	CHECK_INT(store_open("/nonexistent/dir/state.db", &s, &err), -1);
	CHECK(strstr(err.text, "/nonexistent/dir/state.db") != NULL);
}
