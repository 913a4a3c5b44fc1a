/* Timers, identifiers, generated names. */
#include "engine/cloud/hub/hub-internal.h"

#include <event2/event.h>
#include <sys/random.h>
#include <string.h>
#include <time.h>

struct hub_timer {
	struct hub *hub;
	void (*fn)(struct hub *, void *ctx);
	void *ctx;
	struct event *event;
	struct hub_timer *next, **link;
};

static void unlink_timer(struct hub_timer *t)
{
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	event_free(t->event);
}

static void timer_fired(evutil_socket_t fd, short what, void *ctx)
{
	struct hub_timer t = *(struct hub_timer *)ctx;

	(void)fd;
	(void)what;
	unlink_timer(ctx);
	free(ctx);
	t.fn(t.hub, t.ctx);
}

struct hub_timer *hub_timer(struct hub *hub, unsigned ms, void (*fn)(struct hub *, void *ctx),
			    void *ctx)
{
	struct hub_timer *t = NEW(struct hub_timer);
	struct timeval delay = { .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	t->hub = hub;
	t->fn = fn;
	t->ctx = ctx;
	t->event = evtimer_new(hub->events, timer_fired, t);
	if (!t->event || evtimer_add(t->event, &delay) < 0)
		abort();
	t->next = hub->timers;
	t->link = &hub->timers;
	if (t->next)
		t->next->link = &t->next;
	hub->timers = t;
	return t;
}

void hub_cancel(struct hub *hub, struct hub_timer *t)
{
	(void)hub;
	if (!t)
		return;
	unlink_timer(t);
	free(t);
}

void hub_timers_free(struct hub *hub)
{
	while (hub->timers)
		hub_cancel(hub, hub->timers);
}

int64_t hub_now_ms(struct hub *hub)
{
	struct timespec now;

	(void)hub;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void random_bytes(struct hub *hub, void *data, size_t len)
{
	if (hub->random) {
		if (hub->random(data, len) < 0)
			abort();
		return;
	}
	for (size_t done = 0; done < len;) {
		ssize_t got = getrandom((char *)data + done, len - done, 0);

		if (got > 0)
			done += (size_t)got;
	}
}

char *hub_id(struct hub *hub, const char *prefix, unsigned digits)
{
	OWN(str) char *hex = hub_random(hub, "0123456789abcdef", digits);

	return str_printf("%s%s", prefix, hex);
}

char *hub_uuid(struct hub *hub)
{
	uint8_t b[16];
	OWN(str) char *hex = NULL;

	random_bytes(hub, b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	hex = hex_encode(b, sizeof(b));
	return str_printf("%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

/* Draws without bias: bytes at or above the largest multiple of the alphabet's size are thrown away. */
char *hub_random(struct hub *hub, const char *alphabet, unsigned len)
{
	size_t size = strlen(alphabet);
	unsigned limit = 256 - 256 % (unsigned)size;
	char *text = mem_new(len + 1, 1);
	uint8_t pool[64];

	for (unsigned done = 0; done < len;) {
		random_bytes(hub, pool, sizeof(pool));
		for (size_t i = 0; i < sizeof(pool) && done < len; i++)
			if (pool[i] < limit)
				text[done++] = alphabet[pool[i] % size];
	}
	explicit_bzero(pool, sizeof(pool));
	return text;
}

char *hub_physical_name(struct hub *hub, const struct resource *r, unsigned most, bool lower)
{
	OWN(str) char *suffix =
		hub_random(hub,
			   lower ? "abcdefghijklmnopqrstuvwxyz0123456789"
				 : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
			   12);
	unsigned room = most > 14 ? most - 14 : 2;
	unsigned stack = (unsigned)strlen(r->stack_name), logical = (unsigned)strlen(r->logical);
	char *name;

	if (stack + logical > room) {
		unsigned half = room / 2;

		if (stack > half)
			stack = logical >= room - half ? half : room - logical;
		if (stack + logical > room)
			logical = room - stack;
	}
	name = str_printf("%.*s-%.*s-%s", (int)stack, r->stack_name, (int)logical, r->logical,
			  suffix);
	for (char *c = name; lower && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return name;
}

char *hub_arn(struct hub *hub, const char *service, const char *resource)
{
	return aws_arn("aws", service, !strcmp(service, "iam") ? "" : hub->region, hub->account,
		       resource);
}
