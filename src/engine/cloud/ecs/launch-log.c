/* Step: log streams; and the lines of the containers on their way to CloudWatch Logs. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

enum {
	FLUSH_MS = 20,
	BATCH_LINES_MOST = 1000,
	BATCH_BYTES_MOST = 512 * 1024,
	MESSAGE_MOST = 16 * 1024 /* where the real driver splits */
};

static const json_t *log_options(const struct container *c)
{
	const json_t *log = json_map(c->definition, "logConfiguration");

	return str_eq(json_str(log, "logDriver"), "awslogs") ? json_map(log, "options") : NULL;
}

static enum ecs_step fail_log(struct launch *l, const struct container *c, const char *action,
			      const char *code, const char *text)
{
	if (strstr(code, "AccessDenied")) {
		OWN(str) char *user = ecs_denied_user(text, l->execution_role);
		OWN(str)
		char *resource = str_printf("log-group:%s:log-stream:%s", c->group, c->stream);
		OWN(str) char *arn = hub_arn(l->ecs->hub, "logs", resource);

		return FAIL(l, c, LAUNCH_FAIL_LOG_DENIED, user, action, arn);
	}
	if (strstr(code, "ResourceNotFound"))
		return FAIL(l, c, LAUNCH_FAIL_LOG_GROUP_MISSING, NULL);
	return FAIL(l, c, LAUNCH_FAIL_LOG_OTHER, text);
}

static enum ecs_step create_stream(struct launch *l, struct container *c, const json_t *options)
{
	OWN(json) json_t *in = json_pack("{s:s}", "logGroupName", c->group);
	struct err err = { 0 };
	char code[96] = "";

	if (json_bool_or(options, "awslogs-create-group", false) &&
	    hub_call(l->ecs->hub, l->execution_role, "logs", "CreateLogGroup", in, NULL, code,
		     &err) < 0 &&
	    !strstr(code, "AlreadyExists"))
		return fail_log(l, c, "logs:CreateLogGroup", code, err.text);
	json_set_str(in, "logStreamName", c->stream);
	if (hub_call(l->ecs->hub, l->execution_role, "logs", "CreateLogStream", in, NULL, code,
		     &err) < 0 &&
	    !strstr(code, "AlreadyExists"))
		return fail_log(l, c, "logs:CreateLogStream", code, err.text);
	return STEP_NEXT;
}

static enum ecs_step open_log(struct launch *l, struct container *c, const json_t *options)
{
	const char *region = json_str(options, "awslogs-region");
	OWN(str) char *host = NULL;
	const json_t *answer;
	enum ecs_step rc;

	if (!region)
		return FAIL(l, c, LAUNCH_FAIL_LOG_OPTIONS, "awslogs-region");
	host = str_printf("logs.%s.amazonaws.com", region);
	answer = ecs_launch_reach(l, host);
	if (!answer)
		return STEP_WAIT;
	if (!str_eq(json_str(answer, "result"), "ok"))
		return FAIL(l, c, LAUNCH_FAIL_LOG_TIMEOUT, NULL);
	c->group = str_dup(json_str_or(options, "awslogs-group", ""));
	c->stream = str_printf("%s/%s/%s", json_str_or(options, "awslogs-stream-prefix", "ecs"),
			       c->name, l->id);
	rc = create_stream(l, c, options);
	if (rc != STEP_NEXT) {
		free(GIVE(c->group));
		free(GIVE(c->stream));
	}
	return rc;
}

enum ecs_step ecs_step_log_stream(struct launch *l)
{
	for (size_t i = 0; i < l->container_count; i++) {
		struct container *c = &l->containers[i];
		const json_t *options = log_options(c);
		enum ecs_step rc;

		if (!options || c->group)
			continue;
		rc = open_log(l, c, options);
		if (rc != STEP_NEXT)
			return rc;
	}
	return STEP_NEXT;
}

/* ---- lines
 * --------------------------------------------------------------------------------------------------
 */

void ecs_log_flush(struct container *c)
{
	struct launch *l = c->launch;
	OWN(json) json_t *in = NULL;
	struct err err = { 0 };

	hub_cancel(l->ecs->hub, c->flush);
	c->flush = NULL;
	if (!json_array_size(c->lines))
		return;
	in = json_pack("{s:s, s:s, s:o}", "logGroupName", c->group, "logStreamName", c->stream,
		       "logEvents", c->lines);
	c->lines = json_array();
	c->line_bytes = 0;
	if (hub_call(l->ecs->hub, c->may_log ? NULL : l->execution_role, "logs", "PutLogEvents", in,
		     NULL, NULL, &err) == 0) {
		c->may_log = true;
		return;
	}
	/* As the real driver in non-blocking mode: the lines are lost, the container runs on. */
	hub_log(l->ecs->hub, "task %s: log of %s is lost: %s", l->id, c->name, err.text);
}

static void flush_due(struct hub *hub, void *ctx)
{
	struct container *c = ctx;

	(void)hub;
	c->flush = NULL;
	ecs_log_flush(c);
}

/* Text of any bytes: what is not UTF-8 becomes U+FFFD, NUL a blank. */
static json_t *message_of(const char *text, size_t len)
{
	json_t *whole = memchr(text, '\0', len) ? NULL : json_stringn(text, len);
	OWN(buf) struct buf safe = { 0 };

	if (whole)
		return whole;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] >= 0x80)
			buf_str(&safe, "\xef\xbf\xbd");
		else
			buf_char(&safe, text[i] ? text[i] : ' ');
	}
	return json_stringn(safe.data, safe.len);
}

/* Where to cut so that no UTF-8 sequence is torn apart. */
static size_t cut(const char *text, size_t len)
{
	size_t at = len < MESSAGE_MOST ? len : MESSAGE_MOST;

	while (at < len && at > MESSAGE_MOST - 4 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

void ecs_container_line(struct launch *l, const char *name, const char *text, size_t len)
{
	struct container *c = ecs_container(l, name);
	json_int_t now = hub_now_ms(l->ecs->hub);

	if (!c || !c->group || !len)
		return;
	while (len) {
		size_t part = cut(text, len);
		json_t *event = json_object();

		json_set_int(event, "timestamp", now);
		json_object_set_new(event, "message", message_of(text, part));
		json_array_append_new(c->lines, event);
		c->line_bytes += part;
		text += part;
		len -= part;
	}
	if (json_array_size(c->lines) >= BATCH_LINES_MOST || c->line_bytes >= BATCH_BYTES_MOST)
		ecs_log_flush(c);
	else if (!c->flush)
		c->flush = hub_timer(l->ecs->hub, FLUSH_MS, flush_due, c);
}
