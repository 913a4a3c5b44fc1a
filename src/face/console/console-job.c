/* What commands find out about a stack: kept up to date while somebody looks at it. */
#include <string.h>

#include "face/console/console-internal.h"

static const struct job_kind {
	const char *name;
	const char *view;	  /* who looks at this wants it */
	const char *arguments[4]; /* then --stack=NAME */
	const char *kinds[3];	  /* beginnings of kinds of the hub whose change may change it */
	unsigned pause_ms;	  /* between two runs */
	bool again;		  /* runs again after the pause, because nodes tell nobody when they change */
} kinds[] = {
	{ "graph", "topology", { "graph", "--format=compact" },
	  { "ec2:security-group", "cloudformation:stack", "ec2:route" }, 300, false },
	{ "network", "network", { "status", "--json" }, { "ecs:task" }, 1500, true },
	{ "secrets", "secrets", { "secrets", "status", "--json" }, { "secretsmanager:", "ecs:service" }, 1000, false },
	{ "diagnosis", "tasks", { "diagnose", "--json" }, { "ecs:task", "cloudformation:stack" }, 1500, false },
};
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

struct job {
	struct console *console;
	struct job *next;
	const struct job_kind *kind;
	char *stack;
	json_t *result; /* last one, NULL: none yet */
	char *error;	/* why the last run gave none, NULL: it did */
	struct command *running;
	struct hub_timer *pause;
	bool stale; /* it may have changed since the run began */
};

static void job_run(struct job *j);

/* ---- one run ------------------------------------------------------------------------------------------ */

static bool job_wanted(const struct job *j)
{
	return console_wanted(j->console, j->kind->view, j->stack);
}

static void pause_over(struct hub *hub, void *ctx)
{
	struct job *j = ctx;

	(void)hub;
	j->pause = NULL;
	if ((j->stale || j->kind->again) && job_wanted(j))
		job_run(j);
}

/* The last line of what a command says, without its name. Caller frees. */
static char *complaint(const char *errors)
{
	size_t len = strlen(errors), begin;

	while (len && (errors[len - 1] == '\n' || errors[len - 1] == ' '))
		len--;
	for (begin = len; begin && errors[begin - 1] != '\n';)
		begin--;
	if (!strncmp(errors + begin, "mpcup: ", 7))
		begin += 7;
	return len > begin ? str_dup_n(errors + begin, len - begin) : str_dup("the command said nothing");
}

static void on_done(void *ctx, const char *output, size_t len, const char *errors)
{
	struct job *j = ctx;
	json_t *result = NULL;

	j->running = NULL;
	free(j->error);
	j->error = NULL;
	if (json_parse_text("command", output, len, &result, NULL) == 0) {
		json_decref(j->result);
		j->result = result;
	} else {
		j->error = complaint(errors);
	}
	console_mark(j->console, "jobs");
	if (job_wanted(j))
		j->pause = hub_timer(j->console->hub, j->kind->pause_ms, pause_over, j);
}

static void job_run(struct job *j)
{
	OWN(str) char *stack = str_printf("--stack=%s", j->stack);
	const char *arguments[6] = { NULL };
	struct err err = { 0 };
	size_t count = 0;

	while (count < 4 && j->kind->arguments[count]) {
		arguments[count] = j->kind->arguments[count];
		count++;
	}
	arguments[count] = stack;
	j->stale = false;
	j->running = console_command(j->console, arguments, on_done, j, &err);
	if (!j->running) {
		free(j->error);
		j->error = str_dup(err.text);
		console_mark(j->console, "jobs");
	}
}

/* ---- all of them --------------------------------------------------------------------------------------- */

static void job_free(struct job *j)
{
	hub_cancel(j->console->hub, j->pause);
	json_decref(j->result);
	free(j->error);
	free(j->stack);
	free(j);
}

static struct job *find(struct console *c, const struct job_kind *kind, const char *stack)
{
	struct job *j = c->jobs;

	while (j && (j->kind != kind || strcmp(j->stack, stack) != 0))
		j = j->next;
	return j;
}

static void start_for(struct console *c, const struct listener *l)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		struct job *j = find(c, &kinds[i], l->stack);

		if (!*l->stack || strcmp(kinds[i].view, l->view) != 0 || j)
			continue;
		j = NEW(struct job);
		j->console = c;
		j->kind = &kinds[i];
		j->stack = str_dup(l->stack);
		j->next = c->jobs;
		c->jobs = j;
		job_run(j);
	}
}

/* Those that run end first: their answer is for nobody, but it comes. */
static void drop_unwanted(struct console *c)
{
	for (struct job **at = &c->jobs; *at;) {
		struct job *j = *at;

		if (j->running || job_wanted(j)) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		job_free(j);
	}
}

void console_jobs_update(struct console *c)
{
	drop_unwanted(c);
	for (struct listener *l = c->listeners; l; l = l->next)
		start_for(c, l);
	/* one that ran for nobody and is wanted again has no pause to go on from */
	for (struct job *j = c->jobs; j; j = j->next)
		if (!j->running && !j->pause && job_wanted(j))
			job_run(j);
}

void console_jobs_changed(struct console *c, const char *kind)
{
	for (struct job *j = c->jobs; j; j = j->next)
		for (size_t i = 0; i < 3 && j->kind->kinds[i]; i++) {
			if (!str_starts(kind, j->kind->kinds[i]))
				continue;
			j->stale = true;
			/* soon and not now: changes come in crowds */
			if (!j->running && !j->pause)
				j->pause = hub_timer(c->hub, j->kind->pause_ms / 4, pause_over, j);
		}
}

json_t *console_jobs(struct console *c, const struct listener *l)
{
	json_t *ret = json_object();

	for (struct job *j = c->jobs; j; j = j->next) {
		json_t *one;

		if (strcmp(j->kind->view, l->view) != 0 || strcmp(j->stack, l->stack) != 0)
			continue;
		one = json_object();
		if (j->result)
			json_object_set(one, "result", j->result);
		json_set_str(one, "error", j->error);
		json_object_set_new(ret, j->kind->name, one);
	}
	return ret;
}

void console_jobs_end(struct console *c)
{
	while (c->jobs) {
		struct job *j = c->jobs;

		c->jobs = j->next;
		job_free(j);
	}
}
