#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/node/node-internal.h"

#define REPEAT_MS 30000

/* The process has one log, as its standard output is one. */
static bool as_json;

void node_log_as_json(bool on)
{
	as_json = on;
}

static void time_text(char *ret, size_t room)
{
	struct timespec now;
	struct tm tm;
	char seconds[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret, room, "%s.%06ldZ", seconds, now.tv_nsec / 1000);
}

void node_log(const char *level, const char *target, const char *fmt, ...)
{
	OWN(buf) struct buf text = { 0 };
	OWN(json) json_t *line = NULL;
	OWN(str) char *line_text = NULL;
	char at[64];
	va_list args;

	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	time_text(at, sizeof(at));
	if (!as_json) {
		printf("%s %5s %s: %s\n", at, level, target, text.data);
		return;
	}
	line = json_pack("{s:s,s:s,s:{s:s},s:s}", "timestamp", at, "level", level, "fields",
			 "message", text.data, "target", target);
	line_text = json_text(line);
	puts(line_text ? line_text : "{}");
}

void node_log_error(const char *what, const struct err *cause)
{
	fprintf(stderr, "Error: %s\n\nCaused by:\n    %s\n", what, cause->text);
}

int64_t node_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool node_repeat_due(struct node_repeat *r, const char *text)
{
	int64_t now = node_now_ms();

	if (!strncmp(r->text, text, sizeof(r->text) - 1) && now - r->at_ms < REPEAT_MS)
		return false;
	snprintf(r->text, sizeof(r->text), "%s", text);
	r->at_ms = now;
	return true;
}
