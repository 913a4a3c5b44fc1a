/* What the files of the console share. Never leaves the room. */
#pragma once
#include "engine/cloud/hub/hub.h"
#include "engine/http/http.h"

#define CONSOLE_PATH "/_mpcup/"
enum { CONSOLE_TOKEN_BYTES = 32 };

struct console;
struct command;
struct job;

/* Somebody who looks: one open stream. */
struct listener {
	struct console *console;
	struct listener *next;
	struct http_exchange *exchange;
	char *view, *stack, *task; /* "" when the page names none */
	json_t *sent;		   /* section -> id -> value, as the page has it */
	json_t *log_tokens;	   /* container -> where its log was read to */
	bool broken;		   /* does not read: gone soon */
};

struct console {
	struct hub *hub;
	char token[2 * CONSOLE_TOKEN_BYTES + 1]; /* of this run */
	char *run;				  /* name of this run, to tell a page that it is old */
	struct listener *listeners;
	struct command *commands; /* that run */
	struct job *jobs;
	struct hub_timer *soon; /* changes are sent then */
	struct hub_timer *tick; /* counters are read then */
	unsigned dirty;		/* bits of sections */
	json_t *needs;		/* template id -> logical -> [logical], as long as somebody looks */
};

/* ---- console-assets.c (made from assets/) ------------------------------------------------------ */
struct console_asset {
	const char *name, *type;
	const unsigned char *data;
	size_t len;
};
extern const struct console_asset console_assets[]; /* ends with a row without name */

/* ---- console.c: answers ------------------------------------------------------------------------ */
/* Headers that every answer has; the caller's. */
json_t *console_headers(const char *type);
void console_reply_json(struct http_exchange *x, int status, const json_t *body);
void console_refuse(struct http_exchange *x, int status, const char *fmt, ...) ERR_FMT(3, 4);

/* ---- console-stream.c: who looks and what they are sent ------------------------------------------ */
void console_listen(struct console *c, struct http_exchange *x, const struct http_request *r);
/* Something of a kind in the hub has changed. */
void console_changed(struct console *c, const char *kind);
/* A section has changed. */
void console_mark(struct console *c, const char *section);
bool console_wanted(const struct console *c, const char *view, const char *stack);
void console_streams_end(struct console *c);

/* ---- console-view*.c: what there is to see -------------------------------------------------------- */
/* Each: object id -> value, the caller's. */
json_t *console_stacks(struct console *c, const struct listener *l);
json_t *console_events(struct console *c, const struct listener *l);
json_t *console_resources(struct console *c, const struct listener *l);
json_t *console_services(struct console *c, const struct listener *l);
json_t *console_tasks(struct console *c, const struct listener *l);
json_t *console_rules(struct console *c, const struct listener *l);
json_t *console_groups(struct console *c, const struct listener *l);
json_t *console_counters(struct console *c, const struct listener *l);
json_t *console_jobs(struct console *c, const struct listener *l);
/* Lines of the listener's task that were not read yet: array of {"container","at","text"}, NULL: none. */
json_t *console_log(struct console *c, struct listener *l);
/* An API call of the console; NULL: it failed. The caller's. in: taken over. */
json_t *console_ask(struct console *c, const char *service, const char *action, json_t *in);

/* ---- console-command.c: commands of this program, run where the user is ---------------------------- */
typedef void (*command_done)(void *ctx, const char *output, size_t len, const char *errors);
/* arguments: NULL-terminated, without "mpcup". done comes once, later. NULL: it could not be started. */
struct command *console_command(struct console *c, const char *const *arguments, command_done done, void *ctx,
				struct err *err);
/* Without `done`. */
void console_commands_end(struct console *c);

/* ---- console-job.c: what commands find out, again when it may have changed -------------------------- */
/* Starts what those who look want to see and nobody keeps up to date, ends what nobody wants. */
void console_jobs_update(struct console *c);
/* What a job shows may have changed. */
void console_jobs_changed(struct console *c, const char *kind);
void console_jobs_end(struct console *c);

/* ---- console-action.c -------------------------------------------------------------------------------- */
void console_act(struct console *c, struct http_exchange *x, const struct http_request *r);
