/* The model as SVG. Shapes carry a class per verdict, so that one style sheet paints light and dark. */
#include <string.h>

#include "core/graph/graph-internal.h"

enum { MESSAGE_MAX = 160, MARK_HEIGHT = 15, ROW_TEXTS_MAX = 4, VPC_NAME = 176 };

/* Colours are written out, not as variables: not every viewer of SVG knows those. */
const char graph_style[] =
	".paper{fill:#fff}"
	".mpcup{background:#fff;font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif}"
	".mpcup text{fill:#1f2328;pointer-events:none}"
	".mpcup .muted{fill:#59636e}.mpcup .strong{font-weight:600}"
	".mpcup .box{fill:#fff;stroke:#8c959f;stroke-width:1.2}"
	".mpcup .vpc>.box{fill:#f6f8fa;stroke:#6e7781;stroke-width:1.6}"
	".mpcup .band>.box{fill:#fff;stroke:#afb8c1;stroke-dasharray:5 3}"
	".mpcup .subnet>.box{fill:#eef4fb;stroke:#b6cbe4}"
	".mpcup .panel>.box{fill:#f6f8fa;stroke:#d1d9e0}"
	".mpcup .api>.box,.mpcup .way>.box{fill:#fff8e8;stroke:#d4a72c}"
	".mpcup .file-system>.box,.mpcup .store>.box{fill:#f4f0fb;stroke:#a58ad1}"
	".mpcup .chain>.box{fill:#e9f6f6;stroke:#4b9b9b;stroke-width:1.6}"
	".mpcup .pass>.edge{stroke:#1a7f37}.mpcup .fail>.edge{stroke:#cf222e;stroke-width:2.2}"
	".mpcup .unknown>.edge{stroke:#6e7781;stroke-dasharray:5 3}"
	".mpcup .line{fill:none;stroke-linejoin:round}.mpcup .hit{fill:none;stroke:#000;stroke-opacity:0;"
	"stroke-width:11;pointer-events:stroke}"
	".mpcup .pass>.line{stroke:#2da44e}.mpcup .fail>.line{stroke:#cf222e}"
	".mpcup .unknown>.line{stroke:#6e7781;stroke-dasharray:6 4}"
	".mpcup .pass>.mark{fill:#d3f1db;stroke:#2da44e}.mpcup .fail>.mark{fill:#cf222e;stroke:#cf222e}"
	".mpcup .unknown>.mark{fill:#f0f2f4;stroke:#6e7781;stroke-dasharray:3 2}"
	".mpcup .cell.none{fill:#e7ebef}.mpcup .cell.pass{fill:#8fd8a3}.mpcup .cell.fail{fill:#cf222e}"
	".mpcup .cell.unknown{fill:#f6f8fa;stroke:#6e7781;stroke-dasharray:3 2}"
	".mpcup .fail>.cross{fill:#cf222e}.mpcup .fail>text.mark-text{fill:#fff;font-weight:600}"
	".mpcup .partial>.mark{fill:#fff;stroke-dasharray:3 2}.mpcup .partial>text.mark-text{fill:#cf222e}"
	".mpcup .fail>.cross-stroke{stroke:#fff;stroke-width:1.6}"
	".mpcup .pass>.head{fill:#2da44e}.mpcup .fail>.head{fill:#cf222e}.mpcup .unknown>.head{fill:#6e7781}"
	".mpcup text.word-fail{fill:#cf222e;font-weight:600}.mpcup text.word-warn{fill:#9a6700;font-weight:600}"
	".mpcup g:hover>.line{stroke-width:5}.mpcup g:hover>.box{stroke-width:2.4}"
	".mpcup .cell:hover,.mpcup .cell:focus{stroke:#0969da;stroke-width:3;outline:none}"
	".mpcup g:focus{outline:none}.mpcup g:focus>.box,.mpcup g:focus>.mark,.mpcup g:focus>.line{"
	"stroke:#0969da;stroke-width:3}"
	"@media(prefers-color-scheme:dark){"
	".paper{fill:#0d1117}.mpcup{background:#0d1117}.mpcup text{fill:#e6edf3}.mpcup .muted{fill:#9da7b1}"
	".mpcup .box{fill:#161b22;stroke:#6e7681}.mpcup .vpc>.box{fill:#10151c;stroke:#8b949e}"
	".mpcup .band>.box{fill:#0d1117;stroke:#484f58}.mpcup .subnet>.box{fill:#12233a;stroke:#2f4f78}"
	".mpcup .panel>.box{fill:#10151c;stroke:#30363d}"
	".mpcup .api>.box,.mpcup .way>.box{fill:#2a2210;stroke:#9e7a1c}"
	".mpcup .file-system>.box,.mpcup .store>.box{fill:#1f1830;stroke:#7a5fb0}"
	".mpcup .chain>.box{fill:#0f2728;stroke:#3f8686}"
	".mpcup .pass>.edge{stroke:#3fb950}.mpcup .fail>.edge{stroke:#f85149}"
	".mpcup .unknown>.edge{stroke:#8b949e}"
	".mpcup .pass>.line{stroke:#3fb950}.mpcup .fail>.line{stroke:#f85149}"
	".mpcup .unknown>.line{stroke:#8b949e}"
	".mpcup .pass>.mark{fill:#12351d;stroke:#2f8f46}.mpcup .fail>.mark{fill:#da3633;stroke:#f85149}"
	".mpcup .unknown>.mark{fill:#21262d;stroke:#8b949e}"
	".mpcup .cell.none{fill:#21262d}.mpcup .cell.pass{fill:#238636}.mpcup .cell.fail{fill:#da3633}"
	".mpcup .cell.unknown{fill:#0d1117;stroke:#8b949e}"
	".mpcup .partial>.mark{fill:#0d1117}.mpcup .partial>text.mark-text{fill:#ff7b72}"
	".mpcup .fail>.cross{fill:#da3633}.mpcup text.word-fail{fill:#ff7b72}.mpcup text.word-warn{fill:#e3b341}"
	".mpcup .pass>.head{fill:#3fb950}.mpcup .fail>.head{fill:#f85149}.mpcup .unknown>.head{fill:#8b949e}}";

void graph_escape(struct buf *b, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '&')
			buf_str(b, "&amp;");
		else if (c == '<')
			buf_str(b, "&lt;");
		else if (c == '>')
			buf_str(b, "&gt;");
		else if (c == '"')
			buf_str(b, "&quot;");
		else if (c < 0x20 && c != '\n' && c != '\t')
			buf_str(b, "\xEF\xBF\xBD"); /* XML has no such characters */
		else
			buf_char(b, (char)c);
	}
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static const char *class_of(const char *verdict)
{
	return str_eq(verdict, "PASS")	    ? "pass"
	       : str_eq(verdict, "FAIL")    ? "fail"
	       : str_eq(verdict, "UNKNOWN") ? "unknown"
					    : "none";
}

/* Text that fits into `width`; characters count as 0.6 of their size. */
static void put_text(struct buf *b, double x, double y, double size, double width,
		     const char *class, const char *text)
{
	double most = width / (size * 0.6);
	OWN(str) char *shown = graph_shorten(text, most > 2 ? (size_t)most : 2);

	buf_printf(b, "<text x=\"%.0f\" y=\"%.0f\" font-size=\"%g\"", x, y, size);
	if (*class)
		buf_printf(b, " class=\"%s\"", class);
	buf_str(b, ">");
	graph_escape(b, shown);
	buf_str(b, "</text>");
}

static void put_title(struct buf *b, const char *text)
{
	buf_str(b, "<title>");
	graph_escape(b, text);
	buf_str(b, "</title>");
}

static void put_rect(struct buf *b, double x, double y, double width, double height, double radius,
		     const char *class)
{
	buf_printf(b, "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\"", x, y, width, height);
	if (radius > 0)
		buf_printf(b, " rx=\"%g\"", radius);
	buf_printf(b, " class=\"%s\"/>", class);
}

/* <g> with its title; the caller closes it. */
static void open_group(struct buf *b, const char *kind, const char *verdict, const char *text)
{
	buf_printf(b, "<g class=\"%s %s\" tabindex=\"0\">", kind, class_of(verdict));
	put_title(b, text);
}

/* ---- objects --------------------------------------------------------------------------------- */

static void draw_mark(struct buf *b, const json_t *mark, double *x, double y)
{
	const char *label = json_str_or(mark, "label", "");
	double width = (double)strlen(label) * 6 + 7;

	open_group(b, json_is_true(json_object_get(mark, "partial")) ? "m partial" : "m",
		   json_str(mark, "verdict"), json_str_or(mark, "text", ""));
	buf_printf(b, "<rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%d\" rx=\"3\" class=\"mark\"/>",
		   *x, y, width, MARK_HEIGHT);
	buf_printf(b, "<text x=\"%.1f\" y=\"%.0f\" font-size=\"9\" text-anchor=\"middle\" "
		   "class=\"mark-text\">", *x + width / 2, y + 11);
	graph_escape(b, label);
	buf_str(b, "</text></g>");
	*x += width + 2.5;
}

static void draw_words(struct buf *b, const json_t *o)
{
	const char *kind = json_str_or(o, "kind", ""), *label = json_str_or(o, "label", "");
	const char *detail = json_str(o, "detail");
	double x = graph_number(o, "x"), y = graph_number(o, "y"), width = graph_number(o, "width");
	json_t *marks = json_list(o, "marks"), *one;
	size_t i;

	if (!strcmp(kind, "vpc") || !strcmp(kind, "band")) {
		/* lines to the APIs leave the head of a VPC free up to here */
		bool vpc = !strcmp(kind, "vpc");

		put_text(b, x + 12, y + 20, 12, vpc ? VPC_NAME : width - 24, vpc ? "strong" : "muted",
			 label);
	} else if (!strcmp(kind, "file-system") || !strcmp(kind, "store")) {
		OWN(str) char *text = str_printf("EFS %s", label);

		put_text(b, x + 12, y + 21, 12, width - 20, "strong",
			 !strcmp(kind, "store") || graph_number(o, "height") < 40 ? label : text);
	} else if (!strcmp(kind, "mount-target")) {
		put_text(b, x + 9, y + 15, 9.5, width - 16, "muted", "mount target in");
		put_text(b, x + 9, y + 28, 11, width - 16, "", label);
	} else if (marks || detail) {
		put_text(b, x + 10, y + 21, marks ? 13 : 11.5, width - 18, "strong", label);
		if (detail)
			put_text(b, x + 10, y + 35, 10, width - 18, "muted", detail);
	} else if (!strcmp(kind, "chain")) {
		put_text(b, x + 10, y + 22, 13, width - 18, "strong", label);
		put_text(b, x + 10, y + 41, 10, width - 18, "muted", "NEAR, not in the templates");
	} else {
		put_text(b, x + 10, y + graph_number(o, "height") / 2 + 4, 11, width - 18, "", label);
	}
	x += 6;
	json_array_foreach(marks, i, one)
		draw_mark(b, one, &x, y + graph_number(o, "height") - MARK_HEIGHT - 8);
}

static void draw_object(struct buf *b, const json_t *o)
{
	const char *kind = json_str_or(o, "kind", ""), *verdict = json_str(o, "verdict");
	bool quiet = !strcmp(kind, "band") || !strcmp(kind, "subnet") || !strcmp(kind, "vpc");
	bool edge = str_eq(verdict, "FAIL") || (!quiet && !str_eq(verdict, "NONE"));

	open_group(b, kind, verdict, json_str_or(o, "text", ""));
	put_rect(b, graph_number(o, "x"), graph_number(o, "y"), graph_number(o, "width"),
		 graph_number(o, "height"), quiet ? 8 : 6, edge ? "box edge" : "box");
	/* marks have titles of their own, so they stand beside the box, not in it */
	if (json_list(o, "marks"))
		buf_str(b, "</g>");
	draw_words(b, o);
	if (!json_list(o, "marks"))
		buf_str(b, "</g>");
}

static bool is_one_of(const json_t *o, const char *const *kinds)
{
	for (; *kinds; kinds++)
		if (str_eq(json_str(o, "kind"), *kinds))
			return true;
	return false;
}

static void draw_objects(struct buf *b, const json_t *model, const char *const *kinds)
{
	json_t *one;
	size_t i;

	for (; *kinds; kinds++) {
		const char *const this[] = { *kinds, NULL };

		json_array_foreach(json_list(model, "objects"), i, one)
			if (is_one_of(one, this))
				draw_object(b, one);
	}
}

/* ---- lines ----------------------------------------------------------------------------------- */

static double at(const json_t *path, size_t point, size_t axis)
{
	return json_number_value(json_array_get(json_array_get(path, point), axis));
}

static void add_data(struct buf *b, const json_t *paths)
{
	json_t *path;
	size_t i;

	json_array_foreach(paths, i, path)
		for (size_t k = 0; k < json_array_size(path); k++)
			buf_printf(b, "%c%.0f %.0f", k ? 'L' : 'M', at(path, k, 0), at(path, k, 1));
}

/* A triangle at the end; every last piece of a line is straight. */
static void draw_head(struct buf *b, const json_t *path)
{
	size_t n = json_array_size(path);
	double x = at(path, n - 1, 0), y = at(path, n - 1, 1);
	double dx = x - at(path, n - 2, 0), dy = y - at(path, n - 2, 1);

	dx = dx > 0 ? 1 : dx < 0 ? -1 : 0;
	dy = dy > 0 ? 1 : dy < 0 ? -1 : 0;
	buf_printf(b, "<path d=\"M%.0f %.0fL%.0f %.0fL%.0f %.0fZ\" class=\"head\"/>", x, y,
		   x - 7 * dx - 4 * dy, y - 7 * dy - 4 * dx, x - 7 * dx + 4 * dy, y - 7 * dy + 4 * dx);
}

static double length_of(const json_t *path, size_t piece)
{
	double x = at(path, piece, 0) - at(path, piece + 1, 0);
	double y = at(path, piece, 1) - at(path, piece + 1, 1);

	return (x < 0 ? -x : x) + (y < 0 ? -y : y);
}

/* Colour alone does not tell everybody that a line is blocked. */
static void draw_cross(struct buf *b, const json_t *path)
{
	size_t longest = 0;
	double x, y, whole, share;

	for (size_t i = 0; i + 1 < json_array_size(path); i++)
		longest = length_of(path, i) > length_of(path, longest) ? i : longest;
	whole = length_of(path, longest);
	/* near the start, in a gap that no box covers: behind a task the next one is 38 away */
	share = longest && whole > 60 ? 38 / whole : whole > 26 ? 13 / whole : 0.5;
	x = at(path, longest, 0) + (at(path, longest + 1, 0) - at(path, longest, 0)) * share;
	y = at(path, longest, 1) + (at(path, longest + 1, 1) - at(path, longest, 1)) * share;
	buf_printf(b, "<circle cx=\"%.0f\" cy=\"%.0f\" r=\"6.5\" class=\"cross\"/>", x, y);
	buf_printf(b, "<path d=\"M%.0f %.0fl6 6m-6 0l6 -6\" class=\"cross-stroke\"/>", x - 3, y - 3);
}

static void draw_line(struct buf *b, const json_t *line)
{
	const json_t *paths = json_list(line, "paths");
	const json_t *last = json_array_get(paths, json_array_size(paths) - 1);
	OWN(buf) struct buf data = { 0 };
	OWN(str) char *kind = str_printf("l k-%s", json_str_or(line, "kind", ""));

	if (json_array_size(last) < 2)
		return;
	add_data(&data, paths);
	open_group(b, kind, json_str(line, "verdict"), json_str_or(line, "text", ""));
	buf_printf(b, "<path d=\"%s\" class=\"hit\"/>", data.data);
	buf_printf(b, "<path d=\"%s\" class=\"line\" stroke-width=\"%s\"/>", data.data,
		   json_int_or(line, "count", 1) > 1 ? "2.8" : "1.7");
	if (json_is_true(json_object_get(line, "arrow")))
		draw_head(b, last);
	if (str_eq(json_str(line, "verdict"), "FAIL"))
		draw_cross(b, last);
	if (json_str(line, "label"))
		put_text(b, graph_number(line, "labelX"), graph_number(line, "labelY"), 10, 200, "muted",
			 json_str(line, "label"));
	buf_str(b, "</g>");
}

/* What works is drawn first, so that what does not lies on top. */
static void draw_lines(struct buf *b, const json_t *model)
{
	static const char *const order[] = { "PASS", "UNKNOWN", "FAIL" };
	json_t *one;
	size_t i;

	for (size_t v = 0; v < 3; v++)
		json_array_foreach(json_list(model, "lines"), i, one)
			if (str_eq(json_str(one, "verdict"), order[v]))
				draw_line(b, one);
}

/* ---- the matrix of the peers ------------------------------------------------------------------ */

static char *cell_text(const json_t *flow, const char *from, const char *to)
{
	const char *verdict = json_str_or(flow, "verdict", ""), *fault = json_str(flow, "fault");
	const char *whole = json_str_or(flow, "message", "");
	bool pass = !strcmp(verdict, "PASS");
	OWN(str) char *half = str_dup_n(whole, pass ? strcspn(whole, ";") : strlen(whole));
	OWN(str) char *message = graph_shorten(half, MESSAGE_MAX);
	OWN(str) char *place = graph_place(flow);

	return str_printf("%s \xE2\x86\x92 %s, TCP %lld: %s%s\n%s%s%s", from, to,
			  (long long)json_int_or(flow, "port", 0),
			  !strcmp(verdict, "PASS")   ? "works"
			  : !strcmp(verdict, "FAIL") ? "blocked, "
						     : "unproven",
			  fault && !strcmp(verdict, "FAIL") ? fault : "", message,
			  strcmp(verdict, "PASS") != 0 && *place ? "\nat " : "",
			  strcmp(verdict, "PASS") != 0 ? place : "");
}

static void draw_cell(struct buf *b, double x, double cell, const json_t *flow, const char *from,
		      const char *to)
{
	OWN(str) char *text = flow ? cell_text(flow, from, to) : NULL;

	buf_printf(b, "<rect x=\"%.0f\" width=\"%.0f\" height=\"%.0f\" class=\"cell %s\"", x, cell - 2,
		   cell - 2, class_of(json_str(flow, "verdict")));
	if (!text) {
		buf_str(b, "/>\n");
		return;
	}
	buf_str(b, " tabindex=\"-1\">");
	put_title(b, text);
	buf_str(b, "</rect>\n");
}

static void draw_names(struct buf *b, const json_t *model, double x, double y, double cell)
{
	double size = cell >= 16 ? 10.5 : 9;
	json_t *id;
	size_t i;

	json_array_foreach(json_path(model, "peers.tasks"), i, id) {
		const char *label = json_str_or(graph_find(model, json_string_value(id)), "label", "");
		double width = graph_number(json_map(model, "peers"), "name");
		OWN(str) char *shown = graph_shorten(label, (size_t)(width / (size * 0.6) + 0.5));

		buf_printf(b, "<text x=\"%.0f\" y=\"%.1f\" font-size=\"%g\" text-anchor=\"end\">", x - 6,
			   y + ((double)i + 0.5) * cell + size * 0.3, size);
		graph_escape(b, shown);
		buf_printf(b, "</text><text font-size=\"%g\" transform=\"translate(%.1f %.0f) rotate(-90)\">",
			   size, x + ((double)i + 0.5) * cell + size * 0.3, y - 5);
		graph_escape(b, shown);
		buf_str(b, "</text>");
	}
}

static const char *label_of(const json_t *model, const json_t *id)
{
	return json_str_or(graph_find(model, json_string_value(id)), "label", "");
}

/* Flows by "from to", so that a cell finds its own. */
static json_t *peer_index(const json_t *model)
{
	json_t *index = json_object(), *flow;
	size_t i;

	json_array_foreach(json_list(model, "flows"), i, flow) {
		OWN(str) char *key = NULL;

		if (!str_eq(json_str(flow, "kind"), "peer"))
			continue;
		key = str_printf("%s %s", json_str_or(flow, "from", ""), json_str_or(flow, "to", ""));
		json_object_set(index, key, flow);
	}
	return index;
}

static void draw_matrix(struct buf *b, const json_t *model, const json_t *panel)
{
	const json_t *peers = json_map(model, "peers"), *tasks = json_list(peers, "tasks");
	double x = graph_number(peers, "x"), y = graph_number(peers, "y");
	double cell = graph_number(peers, "cell");
	OWN(json) json_t *index = peer_index(model);
	json_t *from, *to;
	size_t i, k;

	put_rect(b, graph_number(panel, "x"), graph_number(panel, "y"), graph_number(panel, "width"),
		 graph_number(panel, "height"), 8, "box");
	put_text(b, graph_number(panel, "x") + 14, graph_number(panel, "y") + 24, 13,
		 graph_number(panel, "width") - 28, "strong", "Peers: row reaches column");
	draw_names(b, model, x, y, cell);
	json_array_foreach(tasks, i, from) {
		buf_printf(b, "<g transform=\"translate(%.0f %.0f)\">\n", x, y + (double)i * cell);
		json_array_foreach(tasks, k, to) {
			OWN(str) char *key = str_printf("%s %s", json_string_value(from),
							json_string_value(to));

			draw_cell(b, (double)k * cell, cell, json_object_get(index, key),
				  label_of(model, from), label_of(model, to));
		}
		buf_str(b, "</g>\n");
	}
}

/* ---- findings, head --------------------------------------------------------------------------- */

/* Findings of one fault and verdict share a row. */
struct row {
	const json_t *first;
	size_t count;
	struct buf text;
};

static struct row *rows_of(const json_t *findings, size_t *ret_count)
{
	struct row *rows = mem_new(json_array_size(findings) + 1, sizeof(*rows));
	json_t *one;
	size_t i, k;

	*ret_count = 0;
	json_array_foreach(findings, i, one) {
		OWN(str) char *text = graph_finding_text(one);

		for (k = 0; k < *ret_count; k++)
			if (str_eq(json_str(rows[k].first, "fault"), json_str(one, "fault")) &&
			    str_eq(json_str(rows[k].first, "verdict"), json_str(one, "verdict")))
				break;
		if (k == *ret_count)
			rows[(*ret_count)++].first = one;
		if (rows[k].count++ < ROW_TEXTS_MAX)
			buf_printf(&rows[k].text, "%s%s", rows[k].text.len ? "\n\n" : "", text);
	}
	return rows;
}

static void draw_row(struct buf *b, struct row *r, double x, double y, double width)
{
	const char *verdict = json_str_or(r->first, "verdict", "");
	OWN(str) char *place = graph_place(r->first);
	OWN(str) char *times = r->count > 1 ? str_printf(" \xC3\x97%zu", r->count) : str_dup("");
	OWN(str) char *word = str_printf("%s %s%s", verdict, json_str_or(r->first, "fault", ""), times);
	OWN(str) char *line = str_printf("%s %s", place, json_str_or(r->first, "message", ""));

	if (r->count > ROW_TEXTS_MAX)
		buf_printf(&r->text, "\n\nand %zu more", r->count - ROW_TEXTS_MAX);
	open_group(b, "f", strcmp(verdict, "WARN") ? verdict : "NONE", r->text.data);
	put_rect(b, x, y - 14, width, 19, 3, "hit");
	put_text(b, x, y, 11, 120, !strcmp(verdict, "FAIL") ? "word-fail"
			      : !strcmp(verdict, "WARN")    ? "word-warn"
							    : "muted", word);
	put_text(b, x + 122, y, 11, width - 122, "", line);
	buf_str(b, "</g>\n");
}

static void draw_findings(struct buf *b, const json_t *model, const json_t *panel)
{
	double x = graph_number(panel, "x"), y = graph_number(panel, "y");
	double width = graph_number(panel, "width"), height = graph_number(panel, "height");
	size_t room = (size_t)((height - 56) / 20), count;
	struct row *rows = rows_of(json_list(model, "findings"), &count);
	OWN(str) char *more = NULL;

	put_rect(b, x, y, width, height, 8, "box");
	put_text(b, x + 14, y + 24, 13, width - 28, "strong", "Findings");
	if (!count)
		put_text(b, x + 14, y + 48, 11, width - 28, "muted",
			 "None: every step of every task passes as far as the templates tell.");
	for (size_t i = 0; i < count; i++) {
		if (i < room)
			draw_row(b, &rows[i], x + 14, y + 48 + (double)i * 20, width - 28);
		buf_free(&rows[i].text);
	}
	free(rows);
	if (count <= room)
		return;
	more = str_printf("not shown: %zu; mpcup check lists all", count - room);
	put_text(b, x + 14, y + 48 + (double)room * 20, 11, width - 28, "muted", more);
}

static void draw_panels(struct buf *b, const json_t *model)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(model, "objects"), i, one) {
		bool matrix = str_eq(json_str(one, "kind"), "matrix");

		if (!matrix && !str_eq(json_str(one, "kind"), "findings"))
			continue;
		buf_printf(b, "<g class=\"panel%s\">", matrix ? " matrix" : "");
		if (matrix)
			draw_matrix(b, model, one);
		else
			draw_findings(b, model, one);
		buf_str(b, "</g>\n");
	}
}

static void draw_key(struct buf *b, double x, const char *verdict, const char *word)
{
	buf_printf(b, "<g class=\"%s\"><path d=\"M%.0f 30h30\" class=\"line\" stroke-width=\"2.8\"/></g>",
		   class_of(verdict), x);
	put_text(b, x + 38, 34, 12, 100, "", word);
}

static void draw_head_line(struct buf *b, const json_t *model)
{
	const json_t *counts = json_map(model, "counts");
	OWN(str) char *values = json_map(model, "assignment") ? json_text(json_map(model, "assignment"))
							      : NULL;
	double width = graph_number(model, "width");
	OWN(str) char *line = str_printf(
		"%lld tasks; %lld connections: %lld proven, %lld blocked, %lld unproven%s%s",
		(long long)json_int_or(counts, "tasks", 0), (long long)json_int_or(counts, "flows", 0),
		(long long)json_int_or(counts, "pass", 0), (long long)json_int_or(counts, "fail", 0),
		(long long)json_int_or(counts, "unknown", 0), values ? "; with " : "", values ? values : "");

	put_text(b, 24, 32, 17, width - 430, "strong", json_str_or(model, "title", ""));
	put_text(b, 24, 52, 12, width - 48, "muted", line);
	draw_key(b, width - 360, "PASS", "proven");
	draw_key(b, width - 240, "FAIL", "blocked");
	draw_key(b, width - 120, "UNKNOWN", "unproven");
	buf_str(b, "\n");
}

void graph_draw(struct buf *b, const json_t *model, bool page)
{
	static const char *const below[] = { "vpc", "band", NULL };
	static const char *const above[] = { "subnet", "way", "api", "store", "file-system",
					     "mount-target", "chain", "task", NULL };
	double width = graph_number(model, "width"), height = graph_number(model, "height");

	buf_printf(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"mpcup\" viewBox=\"0 0 %.0f %.0f\" "
		   "width=\"%.0f\" height=\"%.0f\" aria-label=\"", width, height, width, height);
	graph_escape(b, json_str_or(model, "title", ""));
	buf_str(b, "\">\n");
	if (!page)
		buf_printf(b, "<style>%s</style>\n<rect width=\"100%%\" height=\"100%%\" class=\"paper\"/>\n",
			   graph_style);
	draw_head_line(b, model);
	draw_objects(b, model, below);
	draw_lines(b, model);
	draw_objects(b, model, above);
	draw_panels(b, model);
	buf_str(b, "</svg>\n");
}

char *graph_svg(const json_t *model)
{
	struct buf b = { 0 };

	graph_draw(&b, model, false);
	return buf_take(&b);
}
