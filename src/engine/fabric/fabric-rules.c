/* A VPC's security groups, ACLs and ways out as one nf_tables table, replaced in one transaction.
 *
 * forward: jump acl (every packet, stateless) -> established passes -> jump egress -> jump ingress.
 * egress and ingress look the interface up by address and go to the chain compiled for its list of
 * groups. Two jumps instead of egress going to ingress: kernel 6.1 validates nested maps in
 * quadratic time (fabric.md 3.2). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/fabric/fabric-internal.h"

#define TABLE "mpcup"
enum { TCP = 6, UDP = 17, DNS_PORT = 53 };

/* Interfaces with the same groups share their chains. */
struct group_list {
	char *key;
	char **ids; /* borrowed from the topology, sorted */
	size_t count;
};

struct plan {
	const struct topology_vpc *vpc;
	struct group_list *lists;
	size_t list_count;
	size_t *list_of;  /* interface -> list */
	bool *referenced; /* group -> some rule names it */
};

static void plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->list_count; i++) {
		free(p->lists[i].key);
		free(p->lists[i].ids);
	}
	free(p->lists);
	free(p->list_of);
	free(p->referenced);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t plan_list(struct plan *p, const struct topology_interface *i)
{
	OWN(buf) struct buf key = { 0 };
	char **ids = mem_new(i->group_count + 1, sizeof(*ids));
	struct group_list *list;

	for (size_t k = 0; k < i->group_count; k++)
		ids[k] = i->groups[k];
	qsort(ids, i->group_count, sizeof(*ids), by_text);
	buf_str(&key, "");
	for (size_t k = 0; k < i->group_count; k++)
		if (k == 0 || strcmp(ids[k], ids[k - 1]) != 0)
			buf_printf(&key, "%s,", ids[k]);
	for (size_t k = 0; k < p->list_count; k++)
		if (!strcmp(p->lists[k].key, key.data)) {
			free(ids);
			return k;
		}
	p->lists = mem_grow(p->lists, p->list_count + 1, sizeof(*p->lists));
	list = &p->lists[p->list_count];
	*list = (struct group_list){ buf_take(&key), ids, i->group_count };
	return p->list_count++;
}

static void plan_references(struct plan *p, const struct topology_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct topology_group *g = NULL;

		if (rules[i].peer == TOPOLOGY_PEER_GROUP)
			g = topology_group(p->vpc, rules[i].group);
		if (g)
			p->referenced[g - p->vpc->groups] = true;
	}
}

static void plan_make(struct plan *p, const struct topology_vpc *vpc)
{
	p->vpc = vpc;
	p->list_of = mem_new(vpc->interface_count + 1, sizeof(*p->list_of));
	p->referenced = mem_new(vpc->group_count + 1, sizeof(*p->referenced));
	for (size_t i = 0; i < vpc->interface_count; i++)
		p->list_of[i] = plan_list(p, &vpc->interfaces[i]);
	for (size_t i = 0; i < vpc->group_count; i++) {
		plan_references(p, vpc->groups[i].ingress, vpc->groups[i].ingress_count);
		plan_references(p, vpc->groups[i].egress, vpc->groups[i].egress_count);
	}
}

/* ---- what must hold before the kernel is asked
 * ---------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	uint32_t x = (*(const struct topology_interface *const *)a)->address;
	uint32_t y = (*(const struct topology_interface *const *)b)->address;

	return x < y ? -1 : x > y;
}

static int check_addresses(const struct topology_vpc *vpc, struct err *err)
{
	const struct topology_interface **sorted =
		mem_new(vpc->interface_count + 1, sizeof(struct topology_interface *));
	int result = 0;

	for (size_t i = 0; i < vpc->interface_count; i++)
		sorted[i] = &vpc->interfaces[i];
	qsort((void *)sorted, vpc->interface_count, sizeof(void *), by_address);
	for (size_t i = 1; i < vpc->interface_count && result == 0; i++)
		if (sorted[i]->address == sorted[i - 1]->address)
			result = err_set(err, ERR_INPUT, "%s and %s have the same address",
					 sorted[i - 1]->id, sorted[i]->id);
	free((void *)sorted);
	return result;
}

static const struct topology_acl *acl_of(const struct topology_vpc *vpc, const char *id)
{
	for (size_t i = 0; i < vpc->acl_count; i++)
		if (!strcmp(vpc->acls[i].id, id))
			return &vpc->acls[i];
	return NULL;
}

static int check(const struct topology_vpc *vpc, struct err *err)
{
	for (size_t i = 0; i < vpc->subnet_count; i++) {
		const char *acl = vpc->subnets[i].acl;

		if (acl && !acl_of(vpc, acl))
			return err_set(err, ERR_INPUT, "%s names the unknown network ACL %s",
				       vpc->subnets[i].id, acl);
	}
	return check_addresses(vpc, err);
}

/* ---- rules
 * ------------------------------------------------------------------------------------------- */

static void match_service(struct sys_nft *n, int protocol, uint16_t from, uint16_t to)
{
	if (protocol < 0)
		return;
	sys_nft_match_protocol(n, (uint8_t)protocol);
	if (protocol == TCP || protocol == UDP)
		sys_nft_match_ports(n, from, to);
}

static void match_cidr(struct sys_nft *n, bool source, uint32_t base, unsigned bits)
{
	if (bits)
		sys_nft_match_address(n, source, base, bits, true);
}

static void members_name(char name[128], const struct topology_group *g)
{
	(void)snprintf(name, 128, "members-%.100s", g->id);
}

/* peer is the packet's source for ingress, its destination for egress */
static void group_rule(struct sys_nft *n, const struct plan *p, const struct topology_rule *r,
		       const char *chain, bool ingress)
{
	const struct topology_group *g = NULL;
	char members[128];

	if (r->peer == TOPOLOGY_PEER_GROUP) {
		g = topology_group(p->vpc, r->group);
		if (!g)
			return; /* a group of nobody here */
	}
	sys_nft_rule(n, chain);
	if (g) {
		members_name(members, g);
		sys_nft_match_set(n, ingress, members);
	} else if (r->peer == TOPOLOGY_PEER_S3) {
		sys_nft_match_address(n, ingress, fabric_outside_s3(), 32, true);
	} else {
		match_cidr(n, ingress, r->base, r->bits);
	}
	match_service(n, r->protocol, r->from, r->to);
	if (r->id)
		sys_nft_count(n, r->id);
	sys_nft_do(n, ingress ? SYS_NFT_ACCEPT : SYS_NFT_RETURN, NULL);
}

static void count_and_drop(struct sys_nft *n, const char *chain, const char *counter)
{
	sys_nft_rule(n, chain);
	sys_nft_count(n, counter);
	sys_nft_do(n, SYS_NFT_DROP, NULL);
}

static void list_chain(struct sys_nft *n, const struct plan *p, size_t list, bool ingress)
{
	const struct group_list *l = &p->lists[list];
	char chain[64];

	(void)snprintf(chain, sizeof(chain), "%s-%zu", ingress ? "ingress" : "egress", list);
	sys_nft_chain(n, chain);
	sys_nft_counter(n, chain);
	for (size_t i = 0; i < l->count; i++) {
		const struct topology_group *g = topology_group(p->vpc, l->ids[i]);
		size_t count = !g ? 0 : ingress ? g->ingress_count : g->egress_count;

		if (i > 0 && !strcmp(l->ids[i], l->ids[i - 1]))
			continue;
		for (size_t k = 0; k < count; k++)
			group_rule(n, p, ingress ? &g->ingress[k] : &g->egress[k], chain, ingress);
	}
	count_and_drop(n, chain, chain);
}

static void acl_chain(struct sys_nft *n, const struct topology_acl *acl, const char *chain,
		      bool egress)
{
	sys_nft_chain(n, chain);
	for (size_t i = 0; i < acl->count; i++) {
		const struct topology_acl_entry *e = &acl->entries[i];

		if (e->egress != egress)
			continue;
		sys_nft_rule(n, chain);
		match_cidr(n, !egress, e->base, e->bits);
		match_service(n, e->protocol, e->from, e->to);
		if (!e->allow)
			sys_nft_count(n, "acl");
		sys_nft_do(n, e->allow ? SYS_NFT_RETURN : SYS_NFT_DROP, NULL);
	}
	count_and_drop(n, chain, "acl");
}

static void acl_name(char name[64], const struct topology_vpc *vpc, const char *id, bool egress)
{
	(void)snprintf(name, 64, "acl-%s-%zu", egress ? "egress" : "ingress",
		       (size_t)(acl_of(vpc, id) - vpc->acls));
}

/* A packet that leaves or enters a subnet passes the subnet's ACL; inside a subnet none. */
static void acl_rules(struct sys_nft *n, const struct topology_vpc *vpc)
{
	char name[64];

	sys_nft_counter(n, "acl");
	for (size_t i = 0; i < vpc->acl_count; i++)
		for (int egress = 0; egress < 2; egress++) {
			acl_name(name, vpc, vpc->acls[i].id, egress);
			acl_chain(n, &vpc->acls[i], name, egress);
		}
	sys_nft_chain(n, "acl");
	for (int egress = 1; egress >= 0; egress--)
		for (size_t i = 0; i < vpc->subnet_count; i++) {
			const struct topology_subnet *s = &vpc->subnets[i];

			if (!s->acl)
				continue;
			acl_name(name, vpc, s->acl, egress);
			sys_nft_rule(n, "acl");
			sys_nft_match_address(n, true, s->base, s->bits, egress);
			sys_nft_match_address(n, false, s->base, s->bits, !egress);
			sys_nft_do(n, SYS_NFT_JUMP, name);
		}
}

/* To the router itself: the resolver, if the VPC has one, and replies to forwards. */
static void input_chain(struct sys_nft *n, bool dns)
{
	static const uint8_t protocols[] = { UDP, TCP };

	sys_nft_base_chain(n, "input", SYS_NFT_INPUT);
	sys_nft_rule(n, "input");
	sys_nft_match_established(n);
	sys_nft_do(n, SYS_NFT_ACCEPT, NULL);
	for (size_t i = 0; dns && i < sizeof(protocols); i++) {
		sys_nft_rule(n, "input");
		sys_nft_match_protocol(n, protocols[i]);
		sys_nft_match_ports(n, DNS_PORT, DNS_PORT);
		sys_nft_do(n, SYS_NFT_ACCEPT, NULL);
	}
}

static void outside_rule(struct sys_nft *n, uint32_t address, const char *who)
{
	sys_nft_rule(n, "ingress");
	sys_nft_match_address(n, false, address, 32, true);
	sys_nft_match_set(n, true, who);
	sys_nft_do(n, SYS_NFT_ACCEPT, NULL);
}

static void frame(struct sys_nft *n, const struct plan *p)
{
	static const char *const jumps[] = { "egress", "ingress" };

	sys_nft_map(n, "egress-of");
	sys_nft_map(n, "ingress-of");
	sys_nft_set(n, "internet");
	sys_nft_set(n, "s3");
	sys_nft_counter(n, "unknown");
	acl_rules(n, p->vpc);
	for (size_t i = 0; i < 2; i++)
		sys_nft_chain(n, jumps[i]);
	sys_nft_rule(n, "egress");
	sys_nft_do_map(n, true, "egress-of");
	count_and_drop(n, "egress", "unknown");
	outside_rule(n, fabric_outside_api(), "internet");
	outside_rule(n, fabric_outside_s3(), "s3");
	sys_nft_rule(n, "ingress");
	sys_nft_do_map(n, false, "ingress-of");
	count_and_drop(n, "ingress", "unknown");
	sys_nft_base_chain(n, "forward", SYS_NFT_FORWARD);
	sys_nft_rule(n, "forward");
	sys_nft_do(n, SYS_NFT_JUMP, "acl");
	sys_nft_rule(n, "forward");
	sys_nft_match_established(n);
	sys_nft_do(n, SYS_NFT_ACCEPT, NULL);
	for (size_t i = 0; i < 2; i++) {
		sys_nft_rule(n, "forward");
		sys_nft_do(n, SYS_NFT_JUMP, jumps[i]);
	}
}

/* ---- elements
 * ------------------------------------------------------------------------------------------ */

static void verdict_elements(struct sys_nft *n, const struct plan *p, const char *direction)
{
	char map[64], chain[64];

	(void)snprintf(map, sizeof(map), "%s-of", direction);
	for (size_t i = 0; i < p->vpc->interface_count; i++) {
		(void)snprintf(chain, sizeof(chain), "%s-%zu", direction, p->list_of[i]);
		sys_nft_element_goto(n, map, p->vpc->interfaces[i].address, chain);
	}
}

static bool has_group(const struct topology_interface *i, const char *id)
{
	for (size_t k = 0; k < i->group_count; k++)
		if (!strcmp(i->groups[k], id))
			return true;
	return false;
}

static void member_elements(struct sys_nft *n, const struct plan *p)
{
	char members[128];

	for (size_t g = 0; g < p->vpc->group_count; g++) {
		if (!p->referenced[g])
			continue;
		members_name(members, &p->vpc->groups[g]);
		for (size_t i = 0; i < p->vpc->interface_count; i++)
			if (has_group(&p->vpc->interfaces[i], p->vpc->groups[g].id))
				sys_nft_element(n, members, p->vpc->interfaces[i].address);
	}
}

static void way_elements(struct sys_nft *n, const struct topology_vpc *vpc)
{
	for (size_t i = 0; i < vpc->interface_count; i++)
		if (topology_outside(vpc, &vpc->interfaces[i]))
			sys_nft_element(n, "internet", vpc->interfaces[i].address);
	for (size_t i = 0; i < vpc->interface_count; i++) {
		const struct topology_subnet *s = topology_subnet(vpc, vpc->interfaces[i].subnet);

		if ((s && s->s3_gateway) || topology_outside(vpc, &vpc->interfaces[i]))
			sys_nft_element(n, "s3", vpc->interfaces[i].address);
	}
}

static void rule_counters(struct sys_nft *n, const struct topology_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i].id)
			sys_nft_counter(n, rules[i].id);
}

static void build(struct sys_nft *n, const struct plan *p)
{
	char members[128];

	sys_nft_begin(n, TABLE);
	for (size_t g = 0; g < p->vpc->group_count; g++) {
		rule_counters(n, p->vpc->groups[g].ingress, p->vpc->groups[g].ingress_count);
		rule_counters(n, p->vpc->groups[g].egress, p->vpc->groups[g].egress_count);
	}
	for (size_t g = 0; g < p->vpc->group_count; g++)
		if (p->referenced[g]) {
			members_name(members, &p->vpc->groups[g]);
			sys_nft_set(n, members);
		}
	for (size_t i = 0; i < p->list_count; i++) {
		list_chain(n, p, i, false);
		list_chain(n, p, i, true);
	}
	input_chain(n, p->vpc->dns_support);
	frame(n, p);
	verdict_elements(n, p, "egress");
	verdict_elements(n, p, "ingress");
	member_elements(n, p);
	way_elements(n, p->vpc);
}

/* ---- counters
 * --------------------------------------------------------------------------------------------- */

struct tally {
	const struct vpc *vpc;
	json_t *into;
	json_t *passed; /* rules are added here */
};

static void add(json_t *into, const char *group, const char *direction, json_int_t packets)
{
	json_t *g = json_object_get(into, group);

	if (!g) {
		g = json_pack("{s:i, s:i}", "ingress", 0, "egress", 0);
		(void)json_object_set_new(into, group, g);
	}
	json_set_int(g, direction, json_int_or(g, direction, 0) + packets);
}

static void tally_counter(void *ctx, const char *name, uint64_t packets)
{
	struct tally *t = ctx;
	json_t *group;
	size_t i;

	if (json_object_get(t->passed, name))
		json_set_int(t->passed, name, json_int_or(t->passed, name, 0) + (json_int_t)packets);
	json_array_foreach(json_object_get(t->vpc->chains, name), i, group)
		add(t->into, json_string_value(group),
		    str_starts(name, "ingress") ? "ingress" : "egress", (json_int_t)packets);
}

static void tally(struct vpc *v, json_t *into, json_t *passed)
{
	struct tally t = { .vpc = v, .into = into, .passed = passed };
	struct err err = { 0 };

	if (sys_nft_counters(v->filter, TABLE, tally_counter, &t, &err) < 0)
		fabric_log(v->fabric, "%s: %s", v->id, err.text);
}

json_t *fabric_vpc_counters(struct fabric *f, const char *vpc)
{
	struct vpc *v = fabric_vpc_find(f, vpc);
	json_t *answer = v ? json_deep_copy(v->dropped) : json_object();

	if (v)
		tally(v, answer, NULL);
	return answer;
}

json_t *fabric_vpc_passed(struct fabric *f, const char *vpc)
{
	struct vpc *v = fabric_vpc_find(f, vpc);
	OWN(json) json_t *dropped = json_object();
	json_t *answer = v ? json_deep_copy(v->passed) : json_object();

	if (v)
		tally(v, dropped, answer);
	return answer;
}

static void keep_passed(const struct topology_rule *rules, size_t count, const json_t *before, json_t *ret)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i].id)
			json_set_int(ret, rules[i].id, json_int_or(before, rules[i].id, 0));
}

/* Those of the new table's rules, with what they had. The caller's. */
static json_t *passed_of(const struct topology_vpc *vpc, const json_t *before)
{
	json_t *passed = json_object();

	for (size_t i = 0; i < vpc->group_count; i++) {
		keep_passed(vpc->groups[i].ingress, vpc->groups[i].ingress_count, before, passed);
		keep_passed(vpc->groups[i].egress, vpc->groups[i].egress_count, before, passed);
	}
	return passed;
}

/* Which groups a chain's drops are counted for. */
static json_t *chains_of(const struct plan *p)
{
	static const char *const directions[] = { "egress", "ingress" };
	json_t *chains = json_object();

	for (size_t d = 0; d < 2; d++)
		for (size_t i = 0; i < p->list_count; i++) {
			json_t *groups = json_array();
			char name[64];

			(void)snprintf(name, sizeof(name), "%s-%zu", directions[d], i);
			for (size_t k = 0; k < p->lists[i].count; k++)
				if (k == 0 ||
				    strcmp(p->lists[i].ids[k], p->lists[i].ids[k - 1]) != 0)
					(void)json_array_append_new(
						groups, json_string(p->lists[i].ids[k]));
			(void)json_object_set_new(chains, name, groups);
		}
	return chains;
}

/* ---- the room's door
 * --------------------------------------------------------------------------------------- */

static int load(struct vpc *v, const struct topology_vpc *vpc, struct err *err)
{
	OWN(json) json_t *dropped = json_deep_copy(v->dropped), *passed = json_deep_copy(v->passed);
	struct plan p = { 0 };
	int result;

	plan_make(&p, vpc);
	if (json_object_size(v->chains))
		tally(v, dropped, passed); /* the counters go with the old table */
	build(v->filter, &p);
	result = sys_nft_commit(v->filter, err);
	if (result == 0) {
		json_decref(v->chains);
		v->chains = chains_of(&p);
		json_decref(v->dropped);
		v->dropped = GIVE(dropped);
		json_decref(v->passed);
		v->passed = passed_of(vpc, passed);
		for (size_t i = 0; i < vpc->group_count; i++)
			add(v->dropped, vpc->groups[i].id, "ingress", 0);
	}
	plan_free(&p);
	return result;
}

int fabric_rules_close(struct vpc *v, struct err *err)
{
	const struct topology_vpc none = { 0 };

	return load(v, &none, err);
}

int fabric_vpc_rules(struct fabric *f, const struct topology_vpc *vpc, struct err *err)
{
	struct vpc *v = fabric_vpc_find(f, vpc->id);

	if (!v)
		return err_set(err, ERR_INPUT, "no VPC %s", vpc->id);
	if (check(vpc, err) < 0 || load(v, vpc, err) < 0)
		return err_in(err, "rules of %s", vpc->id);
	return 0;
}
