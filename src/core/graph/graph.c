/* The model: where everything stands. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/graph/graph-internal.h"

enum { TEXTS_MAX = 6, START_TEXTS_MAX = 8 };

/* ---- objects --------------------------------------------------------------------------------- */

const char *graph_id(const json_t *object)
{
	return json_str_or(object, "id", "");
}

json_t *graph_object(struct graph *g, const char *id, const char *kind, const char *parent,
		     const char *label)
{
	json_t *object = json_object_get(g->index, id);

	if (object)
		return object;
	object = json_pack("{s:s,s:s,s:s,s:s,s:s}", "id", id, "kind", kind, "label", label,
			   "verdict", "NONE", "text", "");
	json_set_str(object, "parent", parent);
	json_array_append_new(g->objects, object);
	json_object_set(g->index, id, object);
	return object;
}

void graph_say(json_t *object, const char *fmt, ...)
{
	const char *old = json_str_or(object, "text", "");
	OWN(buf) struct buf b = { 0 };
	va_list args;

	buf_printf(&b, "%s%s", old, *old ? "\n" : "");
	va_start(args, fmt);
	buf_vprintf(&b, fmt, args);
	va_end(args);
	json_set_str(object, "text", b.data);
}

void graph_introduce(const struct graph *g, json_t *object, const char *what,
		     const struct deployment_resource *r)
{
	OWN(json) json_t *holder = json_object();
	OWN(str) char *place = NULL;
	const char *path;
	json_t *at;

	if (!r) {
		graph_say(object, "%s %s, outside of the templates", what,
			  json_str_or(object, "label", ""));
		return;
	}
	if ((at = graph_locate(g, r, NULL)))
		json_object_set_new(holder, "location", at);
	place = graph_place(holder);
	path = json_str(json_map(r->body, "Metadata"), "aws:cdk:path");
	graph_say(object, "%s %s\n%s, %s%s%s", what, json_str_or(object, "label", ""), r->logical,
		  place, path ? "\n" : "", path ? path : "");
	json_set_str(object, "name", r->logical);
}

/* ---- VPCs, subnets, tasks -------------------------------------------------------------------- */

const struct deployment_vpc *graph_service_vpc(const struct deployment_service *s)
{
	for (size_t i = 0; i < s->subnet_count; i++)
		if (s->subnets[i]->vpc)
			return s->subnets[i]->vpc;
	return NULL;
}

const char *graph_vpc(struct graph *g, const struct deployment_vpc *vpc)
{
	OWN(str) char *id = vpc && vpc->resource
				    ? str_printf("vpc:%zu/%s", vpc->resource->template,
						 vpc->resource->logical)
				    : str_dup("vpc:outside");
	OWN(str) char *name = NULL, *ip = NULL, *label = NULL;
	json_t *object = json_object_get(g->index, id);

	if (object)
		return graph_id(object);
	name = vpc && vpc->resource ? graph_resource_label(vpc->resource)
				    : str_dup("VPC not in the templates");
	ip = vpc && vpc->known_cidr ? ip_format(vpc->base) : NULL;
	label = ip ? str_printf("%s%s \xC2\xB7 %s/%u", strcasecmp(name, "vpc") ? "VPC " : "", name, ip, vpc->bits)
		   : str_dup(name);
	object = graph_object(g, id, "vpc", NULL, label);
	graph_introduce(g, object, "VPC", vpc ? vpc->resource : NULL);
	return graph_id(object);
}

/* "us-east-1a", and no formula. */
static bool is_zone_name(const char *zone)
{
	return !zone[strspn(zone, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

/* Zones by name, or by number where the template only says which of the region's. */
static char *zone_label(const struct graph *g, const char *zone)
{
	const struct deployment_subnet *const *all;
	size_t count, number = 1;

	if (!zone)
		return str_dup("zone not known");
	if (is_zone_name(zone))
		return str_dup(zone);
	all = deployment_subnets(g->d, &count);
	for (size_t i = 0; i < count; i++) {
		bool seen = !all[i]->zone || is_zone_name(all[i]->zone);

		if (all[i]->zone && !strcmp(all[i]->zone, zone))
			break;
		for (size_t k = 0; k < i && !seen; k++)
			seen = all[k]->zone && !strcmp(all[k]->zone, all[i]->zone);
		number += !seen;
	}
	return str_printf("zone %zu", number);
}

static const char *way_out(const struct deployment_subnet *s)
{
	for (size_t i = 0; s->routes && i < s->routes->count; i++)
		if (str_eq(s->routes->routes[i].destination, "0.0.0.0/0"))
			return s->routes->routes[i].kind == DEPLOYMENT_TO_NAT ? "by NAT gateway"
			       : s->routes->routes[i].kind == DEPLOYMENT_TO_INTERNET_GATEWAY
				       ? "by internet gateway"
				       : "elsewhere";
	return s->resource ? "none" : "not known";
}

static size_t subnet_index(const struct deployment *d, const struct deployment_subnet *s)
{
	size_t count, i = 0;
	const struct deployment_subnet *const *all = deployment_subnets(d, &count);

	while (i < count && all[i] != s)
		i++;
	return i;
}

static void add_subnet(struct graph *g, const struct deployment_subnet *s, const char *parent)
{
	OWN(str) char *id = str_printf("subnet:%s/%zu", parent, subnet_index(g->d, s));
	OWN(str) char *label = graph_subnet_label(g->d, s);
	OWN(str) char *zone = zone_label(g, s->zone);
	OWN(str) char *ip = s->known_cidr ? ip_format(s->base) : NULL;
	OWN(str) char *detail = ip ? str_printf("%s \xC2\xB7 %s/%u", zone, ip, s->bits) : str_dup(zone);
	json_t *object;

	object = graph_object(g, id, "subnet", parent, label);
	json_set_str(object, "detail", detail);
	graph_introduce(g, object, "Subnet", s->resource);
	graph_say(object, "%s\nDefault route: %s", detail, way_out(s));
}

/* Tasks that may be placed in the same subnets stand in one band. */
static const char *band_of(struct graph *g, const struct deployment_service *s)
{
	const char *vpc = graph_vpc(g, graph_service_vpc(s));
	OWN(buf) struct buf id = { 0 }, label = { 0 };
	json_t *object;

	buf_printf(&id, "band:%s", vpc);
	buf_str(&label, s->subnet_count ? "Tasks in " : "Tasks, subnets not known");
	for (size_t i = 0; i < s->subnet_count; i++) {
		OWN(str) char *name = graph_subnet_label(g->d, s->subnets[i]);

		buf_printf(&id, ":%zu", subnet_index(g->d, s->subnets[i]));
		buf_printf(&label, "%s%s",
			   i == 0			? ""
			   : i + 1 == s->subnet_count ? " and "
							: ", ",
			   name);
	}
	object = json_object_get(g->index, id.data);
	if (object)
		return graph_id(object);
	object = graph_object(g, id.data, "band", vpc, label.data);
	graph_say(object, "%s: each may be placed in any of these subnets", label.data);
	for (size_t i = 0; i < s->subnet_count; i++)
		add_subnet(g, s->subnets[i], graph_id(object));
	return graph_id(object);
}

static void add_task(struct graph *g, struct graph_task *task)
{
	const struct deployment_service *s = task->service;
	OWN(str) char *label = graph_task_label(g->d, s);
	OWN(str) char *id = str_printf("%s:%zu/%s", task->chain ? "chain" : "task",
				       s->resource ? s->resource->template : 0,
				       s->resource ? s->resource->logical : label);
	const char *parent = task->chain ? graph_vpc(g, graph_service_vpc(s)) : band_of(g, s);

	task->object = graph_object(g, id, task->chain ? "chain" : "task", parent, label);
	graph_introduce(g, task->object, task->chain ? "Chain" : "Task", s->resource);
	for (size_t i = 0; i < s->group_count; i++)
		graph_say(task->object, "Security group: %s", check_group_name(g->d, s->groups[i]));
}

static void take_chain(struct graph *g, const struct deployment_resource *service)
{
	for (size_t i = 0; i < g->task_count; i++)
		if (g->tasks[i].service->resource == service && !check_node(g->tasks[i].service))
			g->tasks[i].chain = true;
}

/* The services whose addresses the nodes have as boot node or RPC. */
static void find_chain(struct graph *g)
{
	static const char *const variables[] = { "NEAR_BOOT_NODES", "NEAR_RPC_URL" };

	for (size_t i = 0; i < g->task_count; i++)
		for (size_t v = 0; v < 2; v++) {
			struct check_host hosts[CHECK_HOSTS_MAX];
			struct check_side side;
			size_t n = check_hosts(g->d, g->tasks[i].service, variables[v], hosts,
					       CHECK_HOSTS_MAX);

			for (size_t h = 0; h < n; h++)
				if (check_host_side(g->d, &hosts[h], &side))
					take_chain(g, side.resource);
		}
}

static void add_tasks(struct graph *g)
{
	const struct deployment_service *const *services = deployment_services(g->d, &g->task_count);

	g->tasks = mem_new(g->task_count + 1, sizeof(*g->tasks));
	for (size_t i = 0; i < g->task_count; i++)
		g->tasks[i].service = services[i];
	find_chain(g);
	for (size_t i = 0; i < g->task_count; i++)
		add_task(g, &g->tasks[i]);
}

/* Subnets that no task may be placed in. */
static void add_other_subnets(struct graph *g)
{
	size_t count;
	const struct deployment_subnet *const *all = deployment_subnets(g->d, &count);

	for (size_t i = 0; i < count; i++) {
		bool used = !all[i]->resource;

		for (size_t t = 0; t < g->task_count && !used; t++)
			for (size_t k = 0; !g->tasks[t].chain &&
					   k < g->tasks[t].service->subnet_count;
			     k++)
				used |= g->tasks[t].service->subnets[k] == all[i];
		if (!used)
			add_subnet(g, all[i], graph_vpc(g, all[i]->vpc));
	}
}

/* ---- marks: each task's state in a word per kind --------------------------------------------- */

struct mark {
	size_t count, pass, told;
	const char *verdict;
	const json_t *last; /* told in full */
	struct buf text;
};

static const char *label_of(const struct graph *g, const char *id)
{
	return json_str_or(json_object_get(g->index, id), "label", id);
}

static void count_flow(const struct graph *g, struct mark *m, const json_t *flow)
{
	const char *verdict = json_str_or(flow, "verdict", "UNKNOWN");
	OWN(str) char *text = NULL;

	m->count++;
	m->pass += !strcmp(verdict, "PASS");
	m->verdict = graph_worse(m->verdict, verdict);
	if (!strcmp(verdict, "PASS") || m->told++ >= TEXTS_MAX)
		return;
	if (m->last && str_eq(json_str(m->last, "message"), json_str(flow, "message"))) {
		buf_printf(&m->text, "\nLikewise %s \xE2\x86\x92 %s",
			   label_of(g, json_str_or(flow, "from", "")),
			   label_of(g, json_str_or(flow, "to", "")));
		return;
	}
	m->last = flow;
	text = graph_flow_text(flow, label_of(g, json_str_or(flow, "from", "")),
			       label_of(g, json_str_or(flow, "to", "")));
	buf_printf(&m->text, "\n%s", text);
}

/* partial: the minority of the connections is blocked, which is more the others' fault than its own. */
static void put_mark(json_t *object, const char *label, const char *verdict, const char *text,
		     bool partial)
{
	json_t *marks = json_list(object, "marks"), *mark;

	if (!marks) {
		marks = json_array();
		json_object_set_new(object, "marks", marks);
	}
	mark = json_pack("{s:s,s:s,s:s}", "label", label, "verdict", verdict, "text", text);
	json_array_append_new(marks, mark);
	if (partial)
		json_set_bool(mark, "partial", true);
	else
		graph_worsen(object, verdict);
}

/* A finding of the task itself or of what it is made from, that no line tells. */
static bool is_of_start(const json_t *f, const struct deployment_service *s)
{
	const struct deployment_task *t = s->task;
	const struct deployment_resource *own[] = {
		s->resource, t ? t->resource : NULL,
		t && t->execution_role ? t->execution_role->resource : NULL,
		t && t->task_role ? t->task_role->resource : NULL
	};
	const char *service = json_str(f, "service"), *resource = json_str_or(f, "resource", "");

	if (graph_is_network(f, GRAPH_KIND_COUNT))
		return false;
	if (service)
		return s->resource && !strcmp(service, s->resource->logical);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i] && !strcmp(resource, own[i]->logical))
			return true;
	return false;
}

/* Secrets, rights, image, definition: all that keeps a task from starting beside the network. */
static void mark_start(struct graph *g, struct graph_task *task)
{
	OWN(buf) struct buf text = { 0 };
	const char *verdict = "PASS";
	size_t i, told = 0;
	json_t *one;

	json_array_foreach(json_list(g->in->result, "findings"), i, one) {
		const char *this = json_str_or(one, "verdict", "");
		OWN(str) char *line = NULL;

		if (!is_of_start(one, task->service))
			continue;
		if (strcmp(this, "WARN") != 0)
			verdict = graph_worse(verdict, this);
		if (told++ >= START_TEXTS_MAX)
			continue;
		line = graph_finding_text(one);
		buf_printf(&text, "\n%s", line);
	}
	if (told > START_TEXTS_MAX)
		buf_printf(&text, "\n(%zu more)", told - START_TEXTS_MAX);
	put_mark(task->object, "start", verdict,
		 text.len ? text.data + 1
			  : "Secrets, rights, image and task definition: nothing against a start",
		 false);
}

static void mark_task(struct graph *g, struct graph_task *task, struct mark *marks)
{
	static const char *const labels[] = { "NFS", "chain", "AWS", "peers" };
	static const char *const names[] = { "File systems", "Chain", "AWS APIs and registries",
					     "Peers" };
	static const enum graph_kind order[] = { GRAPH_API, GRAPH_NFS, GRAPH_CHAIN, GRAPH_PEER };

	mark_start(g, task);
	for (size_t i = 0; i < GRAPH_KIND_COUNT; i++) {
		struct mark *m = &marks[order[i]];
		OWN(str) char *text = NULL;

		if (!m->count)
			continue;
		if (m->told > TEXTS_MAX)
			buf_printf(&m->text, "\n(%zu more)", m->told - TEXTS_MAX);
		text = str_printf("%s: %zu of %zu connections proven%s", names[order[i]], m->pass,
				  m->count, m->text.data ? m->text.data : "");
		put_mark(task->object, labels[order[i]], m->verdict, text,
			 order[i] == GRAPH_PEER && m->pass * 2 >= m->count &&
				 str_eq(m->verdict, "FAIL"));
	}
}

static size_t task_of(const json_t *numbers, const json_t *flow, const char *end)
{
	const json_t *n = json_object_get(numbers, json_str_or(flow, end, ""));

	return n ? (size_t)json_integer_value(n) : SIZE_MAX;
}

static enum graph_kind kind_of(const json_t *flow)
{
	unsigned kind = 0;

	while (kind + 1 < GRAPH_KIND_COUNT &&
	       !str_eq(json_str(flow, "kind"), graph_kind((enum graph_kind)kind)))
		kind++;
	return (enum graph_kind)kind;
}

static void add_marks(struct graph *g)
{
	struct mark(*marks)[GRAPH_KIND_COUNT] = mem_new(g->task_count + 1, sizeof(*marks));
	OWN(json) json_t *numbers = json_object();
	json_t *flow;
	size_t i;

	for (i = 0; i < g->task_count; i++)
		json_set_int(numbers, graph_id(g->tasks[i].object), (json_int_t)i);
	json_array_foreach(g->flows, i, flow) {
		enum graph_kind kind = kind_of(flow);
		size_t from = task_of(numbers, flow, "from"), to = task_of(numbers, flow, "to");

		if (from != SIZE_MAX)
			count_flow(g, &marks[from][kind], flow);
		if (to != SIZE_MAX && kind == GRAPH_PEER)
			count_flow(g, &marks[to][kind], flow);
		if (kind != GRAPH_PEER)
			graph_worsen(json_object_get(g->index, json_str_or(flow, "to", "")),
				     json_str(flow, "verdict"));
	}
	for (i = 0; i < g->task_count; i++) {
		mark_task(g, &g->tasks[i], marks[i]);
		for (unsigned k = 0; k < GRAPH_KIND_COUNT; k++)
			buf_free(&marks[i][k].text);
	}
	free(marks);
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* What is wrong with a resource itself shows at its object. */
static void add_findings(struct graph *g)
{
	json_t *object, *one;
	size_t i, k;

	json_array_foreach(g->objects, i, object) {
		const char *name = json_str(object, "name");

		json_array_foreach(json_list(g->in->result, "findings"), k, one) {
			OWN(str) char *text = NULL;

			if (!name || json_list(object, "marks") ||
			    !str_eq(json_str(one, "resource"), name))
				continue;
			text = graph_finding_text(one);
			graph_say(object, "%s", text);
			if (str_eq(json_str(one, "verdict"), "FAIL"))
				graph_worsen(object, "FAIL");
		}
	}
}

static json_t *counts_of(const struct graph *g)
{
	json_int_t pass = 0, fail = 0, unknown = 0;
	json_t *flow;
	size_t i;

	json_array_foreach(g->flows, i, flow) {
		const char *verdict = json_str_or(flow, "verdict", "");

		pass += !strcmp(verdict, "PASS");
		fail += !strcmp(verdict, "FAIL");
		unknown += !strcmp(verdict, "UNKNOWN");
	}
	return json_pack("{s:I,s:I,s:I,s:I,s:I}", "tasks", (json_int_t)g->task_count, "flows",
			 pass + fail + unknown, "pass", pass, "fail", fail, "unknown", unknown);
}

/* One row per sender: what became of its connection to each task, '.' itself. */
static json_t *peers_of(const struct graph *g)
{
	OWN(json) json_t *columns = json_object();
	json_t *ids = json_array(), *rows = json_array(), *flow;
	size_t i, size;

	for (i = 0; i < g->task_count; i++)
		if (check_node(g->tasks[i].service)) {
			json_set_int(columns, graph_id(g->tasks[i].object),
				     (json_int_t)json_array_size(ids));
			json_add_str(ids, graph_id(g->tasks[i].object));
		}
	size = json_array_size(ids);
	OWN(str) char *cells = mem_new(size * size + 1, 1);
	memset(cells, '.', size * size);
	json_array_foreach(g->flows, i, flow) {
		size_t from = task_of(columns, flow, "from"), to = task_of(columns, flow, "to");

		if (kind_of(flow) == GRAPH_PEER && from != SIZE_MAX && to != SIZE_MAX)
			cells[from * size + to] = json_str_or(flow, "verdict", "U")[0];
	}
	for (i = 0; i < size; i++)
		json_array_append_new(rows, json_stringn(cells + i * size, size));
	return json_pack("{s:o,s:o}", "tasks", ids, "rows", rows);
}

static void number_flows(json_t *flows)
{
	json_t *flow;
	size_t i;

	json_array_foreach(flows, i, flow)
		json_set_int(flow, "id", (json_int_t)i);
}

json_t *graph_build(const struct graph_input *in)
{
	json_t *model = json_object();
	OWN(json) json_t *index = json_object();
	struct graph g = { .in = in, .d = in->deployment, .model = model, .index = index,
			   .objects = json_array(), .flows = json_array() };

	json_set_str(model, "title", in->title);
	if (json_object_size(in->assignment))
		json_object_set_new(model, "assignment", json_deep_copy(in->assignment));
	json_object_set_new(model, "objects", g.objects);
	json_object_set_new(model, "flows", g.flows);
	add_tasks(&g);
	graph_flows(&g);
	number_flows(g.flows);
	add_other_subnets(&g);
	add_marks(&g);
	add_findings(&g);
	json_object_set_new(model, "counts", counts_of(&g));
	json_object_set_new(model, "peers", peers_of(&g));
	json_object_set(model, "findings", json_list(in->result, "findings"));
	free(g.tasks);
	graph_layout(model);
	graph_lines(model);
	return model;
}

double graph_number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

const json_t *graph_find(const json_t *model, const char *id)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_list(model, "objects"), i, one)
		if (str_eq(graph_id(one), id))
			return one;
	return NULL;
}
