/* Where everything is drawn. From the top: AWS APIs, the ways out, bands of tasks, file systems, other
 * subnets; the chain at the left; below the VPCs the matrix of the peers and the findings. */
#include <string.h>

#include "core/graph/graph-internal.h"

enum {
	MARGIN = 24,
	HEAD = 76,
	API_WIDTH = 128,
	API_HEIGHT = 38,
	COLUMN_GAP = 10,
	WAY_HEIGHT = 34,
	VPC_HEAD = 36,
	LANE = 40,
	BAND_GAP = 40,
	BAND_SIDE = 30,
	BAND_FOOT = 26,
	SUBNET_WIDTH = 176,
	SUBNET_HEIGHT = 42,
	CHAIN_WIDTH = 190,
	CHAIN_GAP = 84, /* room for the names of the ports */
	STORE_HEAD = 34,
	STORE_ITEM = 36,
	WIDTH_MIN = 940,
	FINDING_WIDTH = 520,
	PANEL_HEIGHT = 190,
	NAME_WIDTH = 112, /* of a name beside the matrix, at most */
	VPC_NAME = 130
};

struct list {
	json_t **at;
	size_t count;
};
static inline void own_drop_list(struct list *l)
{
	free(l->at);
}
#define LIST struct list __attribute__((cleanup(own_drop_list)))

/* Objects of a kind below a parent ("": of no parent); "vpc" is the parent of an API. */
static struct list list_of(const json_t *model, const char *kind, const char *parent)
{
	struct list l = { 0 };
	json_t *one;
	size_t i;

	json_array_foreach(json_list(model, "objects"), i, one)
		if (str_eq(json_str(one, "kind"), kind) &&
		    (!parent ||
		     !strcmp(json_str_or(one, "parent", json_str_or(one, "vpc", "")), parent))) {
			l.at = mem_grow(l.at, l.count + 1, sizeof(*l.at));
			l.at[l.count++] = one;
		}
	return l;
}

static void place(json_t *object, double x, double y, double width, double height)
{
	json_object_set_new(object, "x", json_integer((json_int_t)(x + 0.5)));
	json_object_set_new(object, "y", json_integer((json_int_t)(y + 0.5)));
	json_object_set_new(object, "width", json_integer((json_int_t)(width + 0.5)));
	json_object_set_new(object, "height", json_integer((json_int_t)(height + 0.5)));
}

static double max_of(double a, double b)
{
	return a > b ? a : b;
}

/* ---- bands of tasks -------------------------------------------------------------------------- */

/* A few tasks stand in one row, unless other bands stand beside them. */
static size_t columns_of(const json_t *model, const json_t *band, size_t tasks)
{
	LIST bands = list_of(model, "band", json_str_or(band, "parent", ""));
	size_t columns = 1;

	if (tasks <= (bands.count > 1 ? 2 : 5))
		return tasks ? tasks : 1;
	while (5 * columns * columns < (bands.count > 1 ? 5 : 6) * tasks)
		columns++;
	return columns;
}

static double band_width(const json_t *model, const json_t *band)
{
	LIST tasks = list_of(model, "task", graph_id(band));
	LIST subnets = list_of(model, "subnet", graph_id(band));
	size_t columns = columns_of(model, band, tasks.count);
	double by_tasks = (double)(columns * (GRAPH_TASK_WIDTH + GRAPH_GAP)) - GRAPH_GAP;
	double by_subnets = (double)(subnets.count * (SUBNET_WIDTH + COLUMN_GAP)) - COLUMN_GAP;

	return 2 * BAND_SIDE + max_of(max_of(by_tasks, by_subnets), 260);
}

static double band_height(const json_t *model, const json_t *band)
{
	LIST tasks = list_of(model, "task", graph_id(band));
	size_t columns = columns_of(model, band, tasks.count);
	size_t rows = tasks.count ? (tasks.count + columns - 1) / columns : 1;

	return GRAPH_BAND_HEAD + (double)(rows * (GRAPH_TASK_HEIGHT + GRAPH_ROW_GAP)) -
	       GRAPH_ROW_GAP + BAND_FOOT;
}

/* Subnets share the width, tasks stand in a grid in the middle. */
static void fill_band(const json_t *model, json_t *band)
{
	LIST tasks = list_of(model, "task", graph_id(band));
	LIST subnets = list_of(model, "subnet", graph_id(band));
	double x = graph_number(band, "x"), y = graph_number(band, "y");
	double inner = graph_number(band, "width") - 2 * BAND_SIDE;
	size_t columns = columns_of(model, band, tasks.count);
	double used = (double)(columns * (GRAPH_TASK_WIDTH + GRAPH_GAP)) - GRAPH_GAP;
	double share = (inner + COLUMN_GAP) / (double)(subnets.count ? subnets.count : 1);

	for (size_t i = 0; i < subnets.count; i++)
		place(subnets.at[i], x + BAND_SIDE + (double)i * share, y + 28, share - COLUMN_GAP,
		      SUBNET_HEIGHT);
	for (size_t i = 0; i < tasks.count; i++)
		place(tasks.at[i],
		      x + BAND_SIDE + (inner - used) / 2 +
			      (double)((i % columns) * (GRAPH_TASK_WIDTH + GRAPH_GAP)),
		      y + GRAPH_BAND_HEAD +
			      (double)((i / columns) * (GRAPH_TASK_HEIGHT + GRAPH_ROW_GAP)),
		      GRAPH_TASK_WIDTH, GRAPH_TASK_HEIGHT);
}

/* ---- APIs and the ways to them --------------------------------------------------------------- */

/* The way that the first flow to an API takes, "" for none. */
static const char *way_of(const json_t *model, const json_t *api)
{
	json_t *flow;
	size_t i;

	json_array_foreach(json_list(model, "flows"), i, flow)
		if (str_eq(json_str(flow, "kind"), "api") &&
		    str_eq(json_str(flow, "to"), graph_id(api)))
			return json_str_or(flow, "via", "");
	return "";
}

/* Each way lies below the APIs it leads to; a way that is nobody's first one gets a place behind. */
static void place_ways(const json_t *model, const struct list *ways, const struct list *apis,
		       double x, double api_y, double way_y)
{
	size_t column = 0;

	for (size_t w = 0; w <= ways->count; w++) {
		const char *id = w < ways->count ? graph_id(ways->at[w]) : "";
		size_t first = column;

		for (size_t i = 0; i < apis->count; i++)
			if (!strcmp(way_of(model, apis->at[i]), id))
				place(apis->at[i], x + (double)(column++ * (API_WIDTH + COLUMN_GAP)),
				      api_y, API_WIDTH, API_HEIGHT);
		if (w == ways->count)
			break;
		if (column == first)
			column++;
		place(ways->at[w], x + (double)(first * (API_WIDTH + COLUMN_GAP)), way_y,
		      (double)((column - first) * (API_WIDTH + COLUMN_GAP)) - COLUMN_GAP, WAY_HEIGHT);
	}
}

static size_t column_count(const json_t *model, const struct list *ways, const struct list *apis)
{
	size_t count = apis->count;

	for (size_t w = 0; w < ways->count; w++) {
		bool used = false;

		for (size_t i = 0; i < apis->count; i++)
			used |= !strcmp(way_of(model, apis->at[i]), graph_id(ways->at[w]));
		count += !used;
	}
	return count;
}

/* ---- file systems ---------------------------------------------------------------------------- */

static void fill_system(const json_t *model, const json_t *fs)
{
	LIST targets = list_of(model, "mount-target", graph_id(fs));
	double x = graph_number(fs, "x"), y = graph_number(fs, "y");
	double share = (graph_number(fs, "width") - 16) /
		       (double)(targets.count ? targets.count : 1);

	for (size_t i = 0; i < targets.count; i++)
		place(targets.at[i], x + 12 + (double)i * share, y + STORE_HEAD, share - 8,
		      STORE_ITEM);
}

/* Returns the bottom. */
static double place_store(const json_t *model, json_t *store, double x, double y, double width)
{
	LIST systems = list_of(model, "file-system", graph_id(store));
	size_t columns = (size_t)((width - 16) / 158);
	size_t rows = (systems.count + columns - 1) / columns;
	double height = STORE_HEAD + (double)(rows * (STORE_ITEM + 8)) + 4;

	place(store, x, y, width, height);
	for (size_t i = 0; i < systems.count; i++)
		place(systems.at[i], x + 12 + (double)(i % columns) * 158,
		      y + STORE_HEAD + (double)(i / columns) * (STORE_ITEM + 8), 150, STORE_ITEM);
	return y + height;
}

static double place_systems(const json_t *model, const char *vpc, double x, double y, double width)
{
	LIST stores = list_of(model, "store", vpc);
	LIST systems = list_of(model, "file-system", vpc);
	double share = (width + 16) / (double)(systems.count ? systems.count : 1), bottom = y;

	for (size_t i = 0; i < stores.count; i++)
		bottom = place_store(model, stores.at[i], x, bottom, width);
	for (size_t i = 0; i < systems.count; i++) {
		place(systems.at[i], x + (double)i * share, y, share - 16,
		      STORE_HEAD + STORE_ITEM + 12);
		fill_system(model, systems.at[i]);
		bottom = y + STORE_HEAD + STORE_ITEM + 12;
	}
	return bottom;
}

static double systems_width(const json_t *model, const char *vpc)
{
	LIST systems = list_of(model, "file-system", vpc);
	double width = 0;

	for (size_t i = 0; i < systems.count; i++) {
		LIST targets = list_of(model, "mount-target", graph_id(systems.at[i]));

		width += max_of(200, (double)targets.count * 120) + 16;
	}
	return width;
}

/* ---- a VPC ----------------------------------------------------------------------------------- */

static double place_subnets(const struct list *subnets, double x, double y, double width)
{
	size_t columns = (size_t)(width / (SUBNET_WIDTH + COLUMN_GAP));
	double share;

	if (!columns)
		columns = 1;
	if (columns > subnets->count && subnets->count)
		columns = subnets->count;
	share = (width + COLUMN_GAP) / (double)columns;
	for (size_t i = 0; i < subnets->count; i++)
		place(subnets->at[i], x + (double)(i % columns) * share,
		      y + (double)((i / columns) * (SUBNET_HEIGHT + COLUMN_GAP)), share - COLUMN_GAP,
		      SUBNET_HEIGHT);
	return subnets->count ? y + (double)(((subnets->count - 1) / columns + 1) *
					     (SUBNET_HEIGHT + COLUMN_GAP))
			      : y;
}

/* Returns the bottom. */
static double place_chain(const struct list *chain, double x, double y)
{
	for (size_t i = 0; i < chain->count; i++) {
		place(chain->at[i], x, y, CHAIN_WIDTH, GRAPH_TASK_HEIGHT);
		y += GRAPH_TASK_HEIGHT + 14;
	}
	return y;
}

static double place_bands(const json_t *model, const struct list *bands, double x, double y,
			  double width)
{
	double used = 0, height = 0;

	for (size_t i = 0; i < bands->count; i++) {
		used += band_width(model, bands->at[i]) + (i ? BAND_GAP : 0);
		height = max_of(height, band_height(model, bands->at[i]));
	}
	for (size_t i = 0; i < bands->count; i++) {
		double w = band_width(model, bands->at[i]) +
			   (width - used) / (double)bands->count;

		place(bands->at[i], x, y, w, height);
		fill_band(model, bands->at[i]);
		x += w + BAND_GAP;
	}
	return y + height;
}

/* *x, *y: the corner above the VPC's APIs; *y becomes the bottom. Returns the right side. */
static double place_vpc(const json_t *model, json_t *vpc, double x, double *y)
{
	const char *id = graph_id(vpc);
	LIST apis = list_of(model, "api", id), ways = list_of(model, "way", id);
	LIST bands = list_of(model, "band", id), chain = list_of(model, "chain", id);
	LIST others = list_of(model, "subnet", id);
	double top = *y + (apis.count ? API_HEIGHT + 30 : 0), way_y = top + VPC_HEAD;
	double band_y = way_y + (ways.count ? WAY_HEIGHT : 0) + (apis.count ? LANE : 0);
	double inner = x + MARGIN + (chain.count ? CHAIN_WIDTH + CHAIN_GAP : 0), bottom, width;
	double columns = (double)(column_count(model, &ways, &apis) * (API_WIDTH + COLUMN_GAP)) -
			 COLUMN_GAP;
	double bands_width = 0;

	for (size_t i = 0; i < bands.count; i++)
		bands_width += band_width(model, bands.at[i]) + (i ? BAND_GAP : 0);
	/* lines go up through the head of the VPC: its name stands at the left of them */
	width = max_of(columns + (chain.count ? 0 : VPC_NAME), bands_width);
	width = max_of(max_of(width, systems_width(model, id)), 400);
	place_ways(model, &ways, &apis,
		   inner + max_of((width - columns) / 2, width - columns < VPC_NAME ? width - columns
										     : VPC_NAME),
		   *y, way_y);
	bottom = bands.count ? place_bands(model, &bands, inner, band_y, width) : band_y;
	bottom = max_of(bottom, place_chain(&chain, x + MARGIN, band_y));
	bottom = place_systems(model, id, inner, bottom + LANE, width);
	bottom = place_subnets(&others, x + MARGIN, bottom + 20, inner + width - x - MARGIN);
	place(vpc, x, top, inner + width + MARGIN - x, bottom + 14 - top);
	*y = bottom + 14;
	return inner + width + MARGIN;
}

/* ---- panels ---------------------------------------------------------------------------------- */

static json_t *add_panel(json_t *model, const char *kind, const char *label)
{
	json_t *object = json_pack("{s:s,s:s,s:s,s:s,s:s}", "id", kind, "kind", kind, "label", label,
				   "verdict", "NONE", "text", label);

	json_array_append_new(json_list(model, "objects"), object);
	return object;
}

/* Room for the longest name of a node. */
static double name_width(const json_t *model)
{
	double width = 40;
	json_t *id;
	size_t i;

	json_array_foreach(json_path(model, "peers.tasks"), i, id)
		width = max_of(width, 6.4 * (double)graph_length(json_str_or(
						    graph_find(model, json_string_value(id)), "label",
						    "")));
	return width > NAME_WIDTH ? NAME_WIDTH : width;
}

/* Returns the right side of the matrix; *bottom grows. */
static double place_matrix(json_t *model, double y, double *bottom)
{
	json_t *peers = json_map(model, "peers"), *object;
	size_t n = json_array_size(json_list(peers, "tasks"));
	double cell = n <= 6 ? 24 : n <= 32 ? 16 : 12, width, height;
	double name = name_width(model);

	if (n < 2)
		return MARGIN;
	object = add_panel(model, "matrix", "Peers: from row to column");
	width = max_of(name + (double)n * cell + 46, 230);
	height = 44 + name + (double)n * cell + 14;
	place(object, MARGIN, y, width, height);
	json_object_set_new(peers, "cell", json_integer((json_int_t)cell));
	json_object_set_new(peers, "name", json_integer((json_int_t)name));
	json_object_set_new(peers, "x", json_integer((json_int_t)(MARGIN + name + 28)));
	json_object_set_new(peers, "y", json_integer((json_int_t)(y + 44 + name)));
	*bottom = y + height;
	return MARGIN + width + 20;
}

void graph_layout(json_t *model)
{
	LIST outside = list_of(model, "chain", "");
	LIST vpcs = list_of(model, "vpc", NULL);
	double x = MARGIN + (outside.count ? CHAIN_WIDTH + CHAIN_GAP - MARGIN : 0);
	double y = HEAD, right = WIDTH_MIN, bottom = HEAD, panel;

	for (size_t i = 0; i < vpcs.count; i++) {
		right = max_of(right, place_vpc(model, vpcs.at[i], x, &y));
		y += 40;
	}
	if (outside.count) {
		LIST bands = list_of(model, "band", NULL);
		double at = bands.count ? graph_number(bands.at[0], "y") : HEAD;

		bottom = place_chain(&outside, MARGIN, at) + 14;
	}
	y = max_of(y - 16, bottom);
	bottom = y + PANEL_HEIGHT;
	panel = place_matrix(model, y, &bottom);
	if (bottom < y + PANEL_HEIGHT)
		bottom = y + PANEL_HEIGHT;
	right = max_of(right, panel + FINDING_WIDTH);
	place(add_panel(model, "findings", "Findings"), panel, y, right - panel, bottom - y);
	json_object_set_new(model, "width", json_integer((json_int_t)(right + MARGIN)));
	json_object_set_new(model, "height", json_integer((json_int_t)(bottom + MARGIN)));
}
