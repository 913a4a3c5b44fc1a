/* Flows as lines: what behaves alike is one line, what deviates has its own. Lines keep to the gaps
 * between the boxes. */
#include <string.h>

#include "core/graph/graph-internal.h"

enum {
	SINGLES_MAX = 8,  /* deviating flows of a bundle that are drawn one by one */
	PEERS_MAX = 24,	  /* the same among peers */
	NAMES_MAX = 12,	  /* tasks that a bundle's text names */
	BUS = 85,	  /* of the peers, below the top of a band */
	RISER = 13,	  /* its branches, in front of the tasks */
	ROW_MAX = 6	  /* tasks in one row that have a line each to a file system */
};

struct bundle {
	const json_t *model, *band, *to;
	const char *kind;
	json_int_t port;
	const json_t **flows;
	size_t count;
};

/* Connections of one place by verdict. */
struct tally {
	size_t count[3]; /* PASS, FAIL, UNKNOWN */
	const json_t *example[3];
	json_int_t port;
};

struct drawing {
	json_t *model, *lines, *index;
	json_t *numbers;       /* id of a task -> its place in tallies */
	struct tally *tallies; /* of each task with its peers */
	json_t *labelled;      /* places and ports that have their label */
	size_t lane; /* lines that run side by side so far */
};

static const json_t *find(const struct drawing *d, const char *id)
{
	return json_object_get(d->index, id ? id : "");
}

static const json_t *parent_of(const struct drawing *d, const json_t *object)
{
	return find(d, json_str(object, "parent"));
}

static double x_of(const json_t *o)
{
	return graph_number(o, "x");
}

static double y_of(const json_t *o)
{
	return graph_number(o, "y");
}

static double right_of(const json_t *o)
{
	return x_of(o) + graph_number(o, "width");
}

static double bottom_of(const json_t *o)
{
	return y_of(o) + graph_number(o, "height");
}

static double middle_of(const json_t *o)
{
	return x_of(o) + graph_number(o, "width") / 2;
}

static double clamp(double x, double least, double most)
{
	return x < least ? least : x > most ? most : x;
}

static void add_point(json_t *path, double x, double y)
{
	json_array_append_new(path, json_pack("[I,I]", (json_int_t)(x + 0.5), (json_int_t)(y + 0.5)));
}

static json_t *add_path(json_t *line)
{
	json_t *path = json_array();

	json_array_append_new(json_list(line, "paths"), path);
	return path;
}

static json_t *add_line(struct drawing *d, const char *kind, const char *verdict, size_t count,
			const char *text)
{
	json_t *line = json_pack("{s:s,s:s,s:I,s:s,s:[]}", "kind", kind, "verdict", verdict, "count",
				 (json_int_t)count, "text", text, "paths");

	json_array_append_new(d->lines, line);
	return line;
}

static void put_flows(json_t *line, const json_t *const *flows, size_t count)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append(ids, json_object_get(flows[i], "id"));
	json_object_set_new(line, "flows", ids);
}

static void put_label(json_t *line, double x, double y, const char *text)
{
	json_set_str(line, "label", text);
	json_object_set_new(line, "labelX", json_integer((json_int_t)x));
	json_object_set_new(line, "labelY", json_integer((json_int_t)y));
}

static const char *label_of(const struct drawing *d, const json_t *flow, const char *end)
{
	return json_str_or(find(d, json_str(flow, end)), "label", "?");
}

/* ---- texts ----------------------------------------------------------------------------------- */

static const char *word_of(const char *verdict)
{
	return !strcmp(verdict, "PASS") ? "work" : !strcmp(verdict, "FAIL") ? "blocked" : "unproven";
}

static char *text_of(const struct drawing *d, const json_t *const *flows, size_t count,
		     const char *what)
{
	struct buf b = { 0 };
	OWN(str) char *first = graph_flow_text(flows[0], label_of(d, flows[0], "from"),
					       label_of(d, flows[0], "to"));
	const char *lines = strchr(first, '\n');

	if (count == 1) {
		buf_str(&b, first);
		return buf_take(&b);
	}
	buf_printf(&b, "%s, TCP %lld: %zu %s", what, (long long)json_int_or(flows[0], "port", 0),
		   count, word_of(json_str_or(flows[0], "verdict", "")));
	if (lines)
		buf_str(&b, lines);
	buf_str(&b, "\nFrom ");
	for (size_t i = 0; i < count && i < NAMES_MAX; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", label_of(d, flows[i], "from"));
	if (count > NAMES_MAX)
		buf_printf(&b, " and %zu more", count - NAMES_MAX);
	return buf_take(&b);
}

/* ---- routes ---------------------------------------------------------------------------------- */

/* From the right side of a task through the gap to the top or the bottom of its band. Returns x. */
static double leave_band(struct drawing *d, json_t *path, const json_t *task, const json_t *band,
			 bool up)
{
	double gap = right_of(task) + 3 + (double)(d->lane++ % 3) * 3;
	double y = y_of(task) + graph_number(task, "height") / 2;

	add_point(path, right_of(task), y);
	add_point(path, gap, y);
	add_point(path, gap, up ? y_of(band) : bottom_of(band));
	return gap;
}

/* From (x, y) up or down to `to` at to_x; the piece across runs in the lane next to y. */
static void go_to(struct drawing *d, json_t *path, double x, double y, double to_x, double to_y)
{
	double lane = y + (to_y < y ? -1 : 1) * (8 + (double)(d->lane % 5) * 5);

	if ((int)x != (int)to_x) {
		d->lane++;
		add_point(path, x, lane);
		add_point(path, to_x, lane);
	}
	add_point(path, to_x, to_y);
}

static void route_api(struct drawing *d, json_t *path, const struct bundle *b, const json_t *task,
		      size_t slot)
{
	double to = middle_of(b->to) + (double)((slot + 1) / 2) * (slot % 2 ? 9 : -9), x;
	bool chain = str_eq(json_str(b->band, "kind"), "chain");

	if (task) {
		x = leave_band(d, path, task, b->band, true);
	} else {
		x = chain ? middle_of(b->band) + (double)(d->lane % 5) * 6
			  : clamp(to, x_of(b->band) + 14, right_of(b->band) - 14);
		add_point(path, x, y_of(b->band));
	}
	go_to(d, path, x, y_of(b->band), to, bottom_of(b->to));
}

static void route_nfs(struct drawing *d, json_t *path, const struct bundle *b, const json_t *task,
		      bool single_row)
{
	double x, y = bottom_of(b->band);

	if (task && single_row) {
		x = middle_of(task);
		add_point(path, x, bottom_of(task));
	} else if (task) {
		x = leave_band(d, path, task, b->band, false);
	} else {
		x = clamp(middle_of(b->to), x_of(b->band) + 20, right_of(b->band) - 20);
		add_point(path, x, y);
	}
	go_to(d, path, x, y, clamp(x, x_of(b->to) + 14, right_of(b->to) - 14), y_of(b->to));
}

/* Beside the chain straight to the left, else over the bands. */
static void route_chain(struct drawing *d, json_t *path, const struct bundle *b, const json_t *task,
			size_t slot)
{
	double y = clamp(y_of(b->to) + 12 + (double)slot * 14, y_of(b->to) + 6, bottom_of(b->to) - 6);
	bool beside = b->band && y > y_of(b->band) && y < bottom_of(b->band) &&
		      str_eq(json_str(b->band, "kind"), "band") &&
		      x_of(b->band) - right_of(b->to) < 160;
	double lane = y_of(b->band) - 8 - (double)(d->lane % 5) * 5, x;

	if (task) {
		x = leave_band(d, path, task, b->band, true);
	} else if (beside) {
		add_point(path, x_of(b->band), y);
		add_point(path, right_of(b->to), y);
		return;
	} else {
		x = x_of(b->band) + 16 + (double)(d->lane % 5) * 6;
		add_point(path, x, y_of(b->band));
	}
	d->lane++;
	add_point(path, x, lane);
	x = right_of(b->to) + 66 + (double)(d->lane % 4) * 4; /* beside the names of the ports */
	add_point(path, x, lane);
	add_point(path, x, y);
	add_point(path, right_of(b->to), y);
}

/* ---- bundles --------------------------------------------------------------------------------- */

static const json_t *band_of(const struct drawing *d, const json_t *task)
{
	return str_eq(json_str(task, "kind"), "chain") ? task : parent_of(d, task);
}

/* A file system that stands among many is reached at their common box. */
static const json_t *anchor_of(const struct drawing *d, const json_t *to)
{
	const json_t *parent = parent_of(d, to);

	return str_eq(json_str(parent, "kind"), "store") ? parent : to;
}

static bool in_one_row(const struct drawing *d, const json_t *band)
{
	const json_t *first = NULL;
	json_t *one;
	size_t i, count = 0;

	json_array_foreach(json_list(d->model, "objects"), i, one) {
		if (!str_eq(json_str(one, "kind"), "task") ||
		    !str_eq(json_str(one, "parent"), graph_id(band)))
			continue;
		first = first ? first : one;
		if (y_of(one) > y_of(first) || ++count > ROW_MAX)
			return false;
	}
	return true;
}

static void draw_some(struct drawing *d, const struct bundle *b, const json_t *const *flows,
		      size_t count, bool single, size_t slot, bool labelled)
{
	bool from_chain = str_eq(json_str(b->band, "kind"), "chain");
	const json_t *task = single && !from_chain ? find(d, json_str(flows[0], "from")) : NULL;
	OWN(str) char *what = str_printf("%s \xE2\x86\x92 %s", json_str_or(b->band, "label", ""),
					 json_str_or(b->to, "label", ""));
	OWN(str) char *text = text_of(d, flows, count, what);
	OWN(str) char *port = str_printf("TCP %lld", (long long)b->port);
	json_t *line = add_line(d, b->kind, json_str_or(flows[0], "verdict", "UNKNOWN"), count, text);
	json_t *path = add_path(line), *end;

	if (!strcmp(b->kind, "nfs"))
		route_nfs(d, path, b, task, in_one_row(d, b->band));
	else if (!strcmp(b->kind, "chain"))
		route_chain(d, path, b, task, slot);
	else
		route_api(d, path, b, task, slot);
	json_set_bool(line, "arrow", true);
	put_flows(line, flows, count);
	if (!labelled)
		return;
	end = json_array_get(path, json_array_size(path) - 1);
	if (!strcmp(b->kind, "chain"))
		put_label(line, json_number_value(json_array_get(end, 0)) + 8,
			  json_number_value(json_array_get(end, 1)) - 4, port);
	else if (!strcmp(b->kind, "nfs"))
		put_label(line, json_number_value(json_array_get(end, 0)) + 6,
			  json_number_value(json_array_get(end, 1)) - 6, port);
}

static size_t select_flows(const struct bundle *b, const char *verdict, const json_t **ret)
{
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++)
		if (str_eq(json_str(b->flows[i], "verdict"), verdict))
			ret[count++] = b->flows[i];
	return count;
}

/* The commonest verdict is drawn as one line, the others as lines of their own while they are few. */
static void draw_bundle(struct drawing *d, const struct bundle *b, size_t *slot)
{
	static const char *const verdicts[] = { "PASS", "FAIL", "UNKNOWN" };
	const json_t **some = mem_new(b->count + 1, sizeof(*some));
	size_t most = 0, counts[3];
	bool each = !strcmp(b->kind, "nfs") && in_one_row(d, b->band) &&
		    str_eq(json_str(b->to, "kind"), "file-system");
	OWN(str) char *key = str_printf("%s %lld", graph_id(b->to), (long long)b->port);
	bool labelled = !json_object_get(d->labelled, key);

	json_set_bool(d->labelled, key, true);
	for (size_t v = 0; v < 3; v++) {
		counts[v] = select_flows(b, verdicts[v], some);
		most = counts[v] > counts[most] ? v : most;
	}
	for (size_t v = 0; v < 3; v++) {
		(void)select_flows(b, verdicts[v], some);
		if (counts[v] && !each && (v == most || counts[v] > SINGLES_MAX)) {
			draw_some(d, b, some, counts[v], false, (*slot)++, labelled);
			labelled = false;
		} else {
			for (size_t i = 0; i < counts[v]; i++, labelled = false)
				draw_some(d, b, &some[i], 1, true, (*slot)++, labelled);
		}
	}
	free(some);
}

static bool belongs(const struct drawing *d, const struct bundle *b, const json_t *flow)
{
	return str_eq(json_str(flow, "kind"), b->kind) && json_int_or(flow, "port", 0) == b->port &&
	       anchor_of(d, find(d, json_str(flow, "to"))) == b->to &&
	       band_of(d, find(d, json_str(flow, "from"))) == b->band;
}

/* Lines of different bands to one place are kept apart. */
static size_t *slot_of(json_t *slots, size_t *numbers, const json_t *to)
{
	const char *id = graph_id(to);

	if (!json_object_get(slots, id))
		json_set_int(slots, id, (json_int_t)json_object_size(slots));
	return &numbers[json_int_or(slots, id, 0)];
}

static void draw_bundles(struct drawing *d, const char *kind)
{
	const json_t *flows = json_list(d->model, "flows");
	size_t count = json_array_size(flows);
	const json_t **members = mem_new(count + 1, sizeof(*members));
	OWN(json) json_t *slots = json_object();
	size_t *numbers = mem_new(count + 1, sizeof(*numbers));
	char *done = mem_new(count + 1, 1);

	for (size_t i = 0; i < count; i++) {
		const json_t *flow = json_array_get(flows, i);
		struct bundle b = { .model = d->model, .kind = kind, .flows = members };

		if (done[i] || !str_eq(json_str(flow, "kind"), kind))
			continue;
		b.band = band_of(d, find(d, json_str(flow, "from")));
		b.to = anchor_of(d, find(d, json_str(flow, "to")));
		b.port = json_int_or(flow, "port", 0);
		for (size_t k = i; k < count; k++)
			if (!done[k] && belongs(d, &b, json_array_get(flows, k))) {
				members[b.count++] = json_array_get(flows, k);
				done[k] = 1;
			}
		draw_bundle(d, &b, slot_of(slots, numbers, b.to));
	}
	free(done);
	free(numbers);
	free(members);
}

/* ---- peers ----------------------------------------------------------------------------------- */

static size_t verdict_index(const json_t *flow)
{
	const char *verdict = json_str_or(flow, "verdict", "UNKNOWN");

	return !strcmp(verdict, "PASS") ? 0 : !strcmp(verdict, "FAIL") ? 1 : 2;
}

static size_t most_of(const struct tally *t)
{
	size_t most = 0;

	for (size_t v = 1; v < 3; v++)
		most = t->count[v] > t->count[most] ? v : most;
	return most;
}

static void count_peer(struct tally *t, const json_t *flow)
{
	size_t v = verdict_index(flow);

	t->count[v]++;
	t->example[v] = t->example[v] ? t->example[v] : flow;
	t->port = json_int_or(flow, "port", 0);
}

/* One line with three numbers; what does not work has an example. */
static char *tally_text(const struct drawing *d, const struct tally *t, const char *what)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s, TCP %lld: %zu work, %zu blocked, %zu unproven", what, (long long)t->port,
		   t->count[0], t->count[1], t->count[2]);
	for (size_t v = 0; v < 3; v++) {
		const json_t *e = t->example[v];
		OWN(str) char *text = e ? graph_flow_text(e, label_of(d, e, "from"),
							  label_of(d, e, "to"))
					: NULL;

		if (text && (v || (!t->count[1] && !t->count[2])))
			buf_printf(&b, "\n\nFor example %s", text);
	}
	return buf_take(&b);
}

static const char *tally_verdict(const struct tally *t)
{
	static const char *const verdicts[] = { "PASS", "FAIL", "UNKNOWN" };

	return verdicts[most_of(t)];
}

static bool is_task_of(const json_t *task, const json_t *band)
{
	return str_eq(json_str(task, "kind"), "task") &&
	       str_eq(json_str(task, "parent"), graph_id(band));
}

/* Of a task with all its peers; NULL: it has none. */
static const struct tally *tally_of(const struct drawing *d, const json_t *task)
{
	const json_t *number = json_object_get(d->numbers, graph_id(task));
	const struct tally *t = number ? &d->tallies[json_integer_value(number)] : NULL;

	return t && t->port ? t : NULL;
}

/* From the bus to one task: what most of its connections are. */
static void draw_tick(struct drawing *d, const json_t *task, const struct tally *t, double x, double y)
{
	OWN(str) char *what = str_printf("%s and its peers", json_str_or(task, "label", ""));
	OWN(str) char *text = tally_text(d, t, what);
	json_t *line = add_line(d, "peer", tally_verdict(t), t->count[0] + t->count[1] + t->count[2], text);
	json_t *path = add_path(line);

	json_set_str(line, "of", graph_id(task));
	add_point(path, x, y);
	add_point(path, x_of(task), y);
}

/* A line above the tasks with a branch in front of each column; what most nodes are. */
static void draw_bus(struct drawing *d, const json_t *band, const struct tally *t)
{
	OWN(str) char *text = tally_text(d, t, "Between the nodes of this band");
	OWN(str) char *label = str_printf("peers, TCP %lld", (long long)t->port);
	json_t *line = add_line(d, "peer", "PASS", t->count[0] + t->count[1] + t->count[2], text);
	double y = y_of(band) + BUS, first = 0, last = 0;
	struct tally nodes = { .port = t->port };
	json_t *one, *path;
	size_t i;

	json_array_foreach(json_list(d->model, "objects"), i, one) {
		double x = x_of(one) - RISER;
		const struct tally *own = is_task_of(one, band) ? tally_of(d, one) : NULL;

		if (!own)
			continue;
		nodes.count[most_of(own)]++;
		path = add_path(line);
		add_point(path, x, y);
		add_point(path, x, y_of(one) + 14);
		draw_tick(d, one, own, x, y_of(one) + 14);
		first = first > 0 && first < x ? first : x;
		last = last > x ? last : x;
	}
	json_set_str(line, "verdict", tally_verdict(&nodes));
	json_set_str(line, "of", graph_id(band));
	path = add_path(line);
	add_point(path, first, y);
	add_point(path, last + 150, y);
	put_label(line, last + 20, y - 4, label);
}

/* Between rows and columns from below one task to another. */
static void draw_peer(struct drawing *d, const json_t *flow)
{
	const json_t *from = find(d, json_str(flow, "from")), *to = find(d, json_str(flow, "to"));
	OWN(str) char *text = graph_flow_text(flow, json_str_or(from, "label", ""),
					      json_str_or(to, "label", ""));
	json_t *line = add_line(d, "peer", json_str_or(flow, "verdict", ""), 1, text);
	json_t *path = add_path(line);
	double shift = (double)(d->lane++ % 4) * 3, lane = bottom_of(from) + 5 + shift;
	double x = middle_of(from) + 20 + shift * 3, to_x = middle_of(to) - 20 - shift * 3;

	json_set_bool(line, "arrow", true);
	put_flows(line, &flow, 1);
	add_point(path, x, bottom_of(from));
	add_point(path, x, lane);
	if ((int)y_of(from) != (int)y_of(to)) {
		double gap = right_of(to) + 2 + shift * 0.8;

		add_point(path, gap, lane);
		lane = bottom_of(to) + 5 + shift;
		add_point(path, gap, lane);
	}
	add_point(path, to_x, lane);
	add_point(path, to_x, bottom_of(to));
}

/* What is the way of neither its ends nor most flows. */
static bool deviates(const struct drawing *d, const json_t *flow, size_t most)
{
	const struct tally *from = tally_of(d, find(d, json_str(flow, "from")));
	const struct tally *to = tally_of(d, find(d, json_str(flow, "to")));
	size_t v = verdict_index(flow);

	return v != most && from && to && most_of(from) != v && most_of(to) != v;
}

static bool is_between(const struct drawing *d, const json_t *flow, const json_t *a, const json_t *b)
{
	const json_t *from, *to;

	if (!str_eq(json_str(flow, "kind"), "peer"))
		return false;
	from = parent_of(d, find(d, json_str(flow, "from")));
	to = parent_of(d, find(d, json_str(flow, "to")));
	return (from == a && to == b) || (from == b && to == a);
}

/* The single connections, unless they are too many to tell apart: then the matrix shows them. */
static void draw_deviating(struct drawing *d, const json_t *a, const json_t *b,
			   const struct tally *t)
{
	const json_t *found[PEERS_MAX];
	size_t most = most_of(t), count = 0, i;
	json_t *flow;

	json_array_foreach(json_list(d->model, "flows"), i, flow) {
		if (!is_between(d, flow, a, b) || !deviates(d, flow, most))
			continue;
		if (count == PEERS_MAX)
			return;
		found[count++] = flow;
	}
	for (i = 0; i < count; i++)
		draw_peer(d, found[i]);
}

static void count_between(const struct drawing *d, struct tally *t, const json_t *a, const json_t *b)
{
	json_t *flow;
	size_t i;

	json_array_foreach(json_list(d->model, "flows"), i, flow)
		if (is_between(d, flow, a, b))
			count_peer(t, flow);
}

static void draw_band(struct drawing *d, const json_t *band)
{
	struct tally t = { .port = 0 };

	count_between(d, &t, band, band);
	if (!t.port)
		return;
	draw_bus(d, band, &t);
	draw_deviating(d, band, band, &t);
}

/* Between two bands: a line from one bus to the other. */
static void draw_between(struct drawing *d, const json_t *a, const json_t *b)
{
	struct tally t = { .port = 0 };
	OWN(str) char *text = NULL;
	json_t *line, *path;
	double lane;

	count_between(d, &t, a, b);
	if (!t.port)
		return;
	text = tally_text(d, &t, "Between the nodes of two bands");
	line = add_line(d, "peer", tally_verdict(&t), t.count[0] + t.count[1] + t.count[2], text);
	path = add_path(line);
	lane = bottom_of(a) + 10 + (double)(d->lane++ % 5) * 5;
	add_point(path, middle_of(a) + 30, bottom_of(a));
	add_point(path, middle_of(a) + 30, lane);
	add_point(path, middle_of(b) - 30, lane);
	add_point(path, middle_of(b) - 30, bottom_of(b));
	draw_deviating(d, a, b, &t);
}

static void tally_tasks(struct drawing *d)
{
	json_t *one;
	size_t i, count = 0;

	json_array_foreach(json_list(d->model, "objects"), i, one)
		if (str_eq(json_str(one, "kind"), "task"))
			json_set_int(d->numbers, graph_id(one), (json_int_t)count++);
	d->tallies = mem_new(count + 1, sizeof(*d->tallies));
	json_array_foreach(json_list(d->model, "flows"), i, one) {
		static const char *const ends[] = { "from", "to" };

		for (size_t e = 0; e < 2 && str_eq(json_str(one, "kind"), "peer"); e++) {
			const json_t *n = json_object_get(d->numbers, json_str(one, ends[e]));

			if (n)
				count_peer(&d->tallies[json_integer_value(n)], one);
		}
	}
}

static void draw_peers(struct drawing *d)
{
	const json_t *objects = json_list(d->model, "objects");
	json_t *a, *b;
	size_t i, k;

	json_array_foreach(objects, i, a) {
		if (!str_eq(json_str(a, "kind"), "band"))
			continue;
		draw_band(d, a);
		json_array_foreach(objects, k, b)
			if (k > i && str_eq(json_str(b, "kind"), "band"))
				draw_between(d, a, b);
	}
}

void graph_lines(json_t *model)
{
	OWN(json) json_t *index = json_object(), *numbers = json_object();
	OWN(json) json_t *labelled = json_object();
	struct drawing d = { .model = model, .lines = json_array(), .index = index,
			     .numbers = numbers, .labelled = labelled };
	json_t *one;
	size_t i;

	json_array_foreach(json_list(model, "objects"), i, one)
		json_object_set(index, graph_id(one), one);
	json_object_set_new(model, "lines", d.lines);
	tally_tasks(&d);
	draw_peers(&d);
	draw_bundles(&d, "api");
	draw_bundles(&d, "chain");
	draw_bundles(&d, "nfs");
	free(d.tallies);
}
