/* What the service keeps beside the objects: which rules are due, which addresses are taken. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

/* A hub has no place for a service's private memory, so it hangs here by hub. */
static struct ec2_state *states;

struct ec2_state *ec2_state(struct hub *hub)
{
	struct ec2_state *s;

	for (s = states; s; s = s->next)
		if (s->hub == hub)
			return s;
	s = NEW(struct ec2_state);
	s->hub = hub;
	s->dirty = json_object();
	s->next = states;
	states = s;
	return s;
}

void ec2_state_free(struct hub *hub)
{
	for (struct ec2_state **link = &states; *link; link = &(*link)->next) {
		struct ec2_state *s = *link;

		if (s->hub != hub)
			continue;
		*link = s->next;
		hub_cancel(hub, s->timer);
		json_decref(s->dirty);
		ec2_pools_free(s->pools);
		free(s);
		return;
	}
}

/* ---- addresses of subnets --------------------------------------------------------------------- */

/* A released address rests this long before it is given out again, so that whoever still has the old
 * owner's name in a cache meets nobody rather than a stranger. */
enum { REST_MS = 5000, RESTING = 64 };

struct ec2_pool {
	char *subnet;
	uint32_t base;
	unsigned bits, free_count;
	uint8_t *taken;	 /* one byte per address */
	uint32_t lowest; /* all below are taken */
	struct {
		uint32_t index;
		int64_t until_ms;
	} resting[RESTING];
	unsigned next_resting;
	struct ec2_pool *next;
};

void ec2_pools_free(struct ec2_pool *pool)
{
	while (pool) {
		struct ec2_pool *next = pool->next;

		free(pool->subnet);
		free(pool->taken);
		free(pool);
		pool = next;
	}
}

static uint32_t pool_size(const struct ec2_pool *p)
{
	return (uint32_t)1 << (32 - p->bits);
}

static void mark(struct ec2_pool *p, uint32_t index, bool taken)
{
	if (index >= pool_size(p) || p->taken[index] == taken)
		return;
	p->taken[index] = taken;
	if (taken)
		p->free_count--;
	else
		p->free_count++;
	if (!taken && index < p->lowest)
		p->lowest = index;
	while (p->lowest < pool_size(p) && p->taken[p->lowest])
		p->lowest++;
}

static void fill(struct hub *hub, struct ec2_pool *p)
{
	const char *id;
	json_t *o;
	uint32_t address;

	p->free_count = pool_size(p);
	for (uint32_t i = 0; i < 4; i++)
		mark(p, i, true);
	mark(p, pool_size(p) - 1, true);
	json_object_foreach(hub_all(hub, ec2_interface.kind), id, o)
		if (str_eq(json_str(o, "subnetId"), p->subnet) &&
		    ip_parse(json_str(o, "privateIpAddress"), &address) == 0)
			mark(p, address - p->base, true);
}

static struct ec2_pool *pool_of(struct hub *hub, const json_t *subnet)
{
	struct ec2_state *s = ec2_state(hub);
	const char *id = ec2_id(&ec2_subnet, subnet);
	struct ec2_pool *p;

	for (p = s->pools; p; p = p->next)
		if (!strcmp(p->subnet, id))
			return p;
	p = NEW(struct ec2_pool);
	p->subnet = str_dup(id);
	if (ip_parse_cidr(json_str(subnet, "cidrBlock"), &p->base, &p->bits) < 0 || p->bits < 16)
		p->bits = 32;
	p->taken = mem_new(pool_size(p), 1);
	fill(hub, p);
	p->next = s->pools;
	s->pools = p;
	return p;
}

static bool rests(const struct ec2_pool *p, uint32_t index, int64_t now_ms)
{
	for (size_t i = 0; i < RESTING; i++)
		if (p->resting[i].index == index && p->resting[i].until_ms > now_ms)
			return true;
	return false;
}

static int take_named(struct call *c, struct ec2_pool *p, const char *want, uint32_t *ret)
{
	uint32_t address;

	if (ip_parse(want, &address) < 0)
		return ec2_invalid(c, want, "privateIpAddress", "This is not an IPv4 address.");
	if (!ip_in_cidr(address, p->base, p->bits))
		return call_fail(c, 400, "InvalidParameterValue",
				 "Address %s does not fall within the subnet's address range",
				 want);
	if (address - p->base < 4 || address - p->base == pool_size(p) - 1)
		return call_fail(c, 400, "InvalidParameterValue",
				 "Address %s is in subnet's reserved address range", want);
	if (p->taken[address - p->base])
		return call_fail(c, 400, "InvalidIPAddress.InUse", "Address %s is in use.", want);
	mark(p, address - p->base, true);
	*ret = address;
	return 0;
}

int ec2_address_take(struct hub *hub, struct call *c, const json_t *subnet, const char *want,
		     uint32_t *ret)
{
	struct ec2_pool *p = pool_of(hub, subnet);
	int64_t now_ms = hub_now_ms(hub);
	uint32_t found = 0;

	if (want)
		return take_named(c, p, want, ret);
	if (!p->free_count)
		return call_fail(c, 400, "InsufficientFreeAddressesInSubnet",
				 "The specified subnet does not have enough free addresses to "
				 "satisfy the request.");
	for (uint32_t i = p->lowest; i < pool_size(p) && !found; i++)
		if (!p->taken[i] && !rests(p, i, now_ms))
			found = i;
	if (!found) /* only resting ones are left */
		found = p->lowest;
	mark(p, found, true);
	*ret = p->base + found;
	return 0;
}

void ec2_address_release(struct hub *hub, const char *subnet, uint32_t address)
{
	for (struct ec2_pool *p = ec2_state(hub)->pools; p; p = p->next)
		if (!strcmp(p->subnet, subnet)) {
			mark(p, address - p->base, false);
			p->resting[p->next_resting].index = address - p->base;
			p->resting[p->next_resting].until_ms = hub_now_ms(hub) + REST_MS;
			p->next_resting = (p->next_resting + 1) % RESTING;
		}
}

unsigned ec2_address_free_count(struct hub *hub, const json_t *subnet)
{
	return pool_of(hub, subnet)->free_count;
}

/* Public addresses come from the range for benchmarks (RFC 2544): they belong to nobody. */
char *ec2_public_address(struct hub *hub)
{
	for (unsigned tries = 0; tries < 1000; tries++) {
		OWN(str) char *hex = hub_id(hub, "", 4);
		OWN(str) char *text = NULL;
		uint8_t low[2];

		if (hex_decode(hex, 4, low, 2) < 0 || low[1] == 0 || low[1] == 255)
			continue;
		text = str_printf("198.19.%u.%u", low[0], low[1]);
		if (!ec2_first(hub, &ec2_address, "publicIp", text))
			return GIVE(text);
	}
	return str_dup("198.18.0.1");
}
