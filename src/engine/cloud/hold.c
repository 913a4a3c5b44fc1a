#include "engine/cloud/hold.h"

#include <string.h>

#include "engine/cloud/hub/hub.h"

enum { LOOK_MS = 20, MOST_MS = 1000 };

struct held {
	struct held *next;
	struct http_exchange *exchange;
	char *stack, *body;
	json_t *headers;
	int status;
	int64_t until;
};
struct hold {
	struct hub *hub;
	struct held *list;
	struct hub_timer *timer;
};

struct hold *hold_new(struct hub *hub)
{
	struct hold *h = NEW(struct hold);

	h->hub = hub;
	return h;
}

static void answer(struct held *one)
{
	http_reply(one->exchange, one->status, one->headers, one->body, strlen(one->body));
	free(one->stack);
	free(one->body);
	json_decref(one->headers);
	free(one);
}

void hold_free(struct hold *h)
{
	while (h && h->list) {
		struct held *one = h->list;

		h->list = one->next;
		answer(one);
	}
	free(h);
}

/* The stack of a change set that is named by its ARN alone. */
static char *stack_of_change_set(struct hub *hub, const json_t *in)
{
	OWN(json) json_t *out = NULL;

	if (hub_call(hub, NULL, "cloudformation", "DescribeChangeSet", in, &out, NULL, NULL) < 0)
		return NULL;
	return str_dup(json_str(out, "StackId"));
}

char *hold_stack(struct hub *hub, const struct call *c)
{
	/* the CDK shows of a deletion or rollback only what happens after the answer */
	static const char *const begin[] = { "CreateStack", "UpdateStack", "ExecuteChangeSet" };

	if (strcmp(c->service, "cloudformation") != 0 || !json_str(c->headers, "user-agent"))
		return NULL;
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		if (strcmp(c->action, begin[i]) != 0)
			continue;
		if (json_str(c->in, "StackName"))
			return str_dup(json_str(c->in, "StackName"));
		return stack_of_change_set(hub, c->in);
	}
	return NULL;
}

static bool is_busy(struct hub *hub, const char *stack)
{
	OWN(json) json_t *in = json_pack("{s:s}", "StackName", stack);
	OWN(json) json_t *out = NULL;

	/* deleted, by name: done */
	if (hub_call(hub, NULL, "cloudformation", "DescribeStacks", in, &out, NULL, NULL) < 0)
		return false;
	return str_ends(json_str_or(json_array_get(json_list(out, "Stacks"), 0), "StackStatus", ""),
			"_IN_PROGRESS");
}

static void look(struct hub *hub, void *ctx)
{
	struct hold *h = ctx;
	struct held **link = &h->list;

	h->timer = NULL;
	while (*link) {
		struct held *one = *link;

		if (hub_now_ms(hub) < one->until && is_busy(hub, one->stack)) {
			link = &one->next;
			continue;
		}
		*link = one->next;
		answer(one);
	}
	if (h->list)
		h->timer = hub_timer(hub, LOOK_MS, look, h);
}

void hold_reply(struct hold *h, char *stack, struct http_exchange *x, int status, json_t *headers,
		char *body)
{
	struct held *one = NEW(struct held);

	*one = (struct held){ .next = h->list,
			      .exchange = x,
			      .stack = stack,
			      .body = body,
			      .headers = headers,
			      .status = status,
			      .until = hub_now_ms(h->hub) + MOST_MS };
	h->list = one;
	if (!h->timer)
		h->timer = hub_timer(h->hub, 0, look, h);
}
