/* A page around the picture. Everything is inside; the policy in its head forbids loading more. */
#include "core/graph/graph-internal.h"

static const char page_style[] =
	"body{margin:0;color:#1f2328;background:#fff;font:14px/1.45 system-ui,-apple-system,'Segoe UI',"
	"'DejaVu Sans',sans-serif;display:flex;height:100vh}"
	"#picture{flex:1;overflow:auto;min-width:0}#picture svg{display:block;max-width:100%;height:auto}"
	"#picture.full svg{max-width:none}"
	"aside{width:22rem;flex:none;overflow:auto;border-left:1px solid #d1d9e0;padding:1rem;box-sizing:border-box}"
	"h1{font-size:1rem;margin:0 0 .5rem}h2{font-size:.9rem;margin:1.2rem 0 .4rem}"
	"#details{white-space:pre-wrap;overflow-wrap:anywhere;min-height:9rem;margin:0;font:inherit}"
	"label{display:inline-block;margin:0 .8rem .3rem 0}"
	"#findings{list-style:none;margin:0;padding:0}#findings button{all:unset;display:block;width:100%;"
	"box-sizing:border-box;cursor:pointer;padding:.3rem .4rem;border-left:4px solid #8c959f;margin-bottom:.3rem}"
	"#findings button:focus-visible{outline:2px solid #0969da}"
	"#findings .FAIL{border-color:#cf222e}#findings .WARN{border-color:#d4a72c}"
	".no-pass .l.pass,.no-fail .l.fail,.no-unknown .l.unknown,.no-nfs .k-nfs,.no-chain .k-chain,"
	".no-api .k-api,.no-peer .k-peer{display:none}"
	".named>.box,.named>.mark,.named>.line{stroke:#bf3989!important;stroke-width:4!important}"
	"@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}"
	"aside{border-color:#30363d}}"
	"@media(max-width:60rem){body{display:block;height:auto}aside{width:auto;border-left:0}}";

static const char script[] =
	"'use strict';\n"
	"const picture = document.getElementById('picture'), details = document.getElementById('details');\n"
	"const data = JSON.parse(document.getElementById('model').textContent);\n"
	"let pinned = null;\n"
	"const part = e => e.target.closest('[tabindex]');\n"
	"const title = g => { const t = g.querySelector(':scope > title'); return t ? t.textContent : ''; };\n"
	"const show = text => { details.textContent = text; };\n"
	"picture.addEventListener('mouseover', e => { const g = part(e); if (g && !pinned) show(title(g)); });\n"
	"picture.addEventListener('focusin', e => { const g = part(e); if (g) show(title(g)); });\n"
	"picture.addEventListener('click', e => { const g = part(e); pinned = g === pinned ? null : g;\n"
	"  if (g) show(title(g)); });\n"
	"document.addEventListener('keydown', e => { if (e.key === 'Escape') { pinned = null; mark(''); } });\n"
	"/* one stop for the matrix, arrows inside of it */\n"
	"const cells = [...document.querySelectorAll('.matrix .cell[tabindex]')];\n"
	"const across = Math.max(1, data.peers - 1);\n"
	"if (cells.length) cells[0].setAttribute('tabindex', '0');\n"
	"cells.forEach((cell, i) => cell.addEventListener('keydown', e => {\n"
	"  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[e.key];\n"
	"  if (step && cells[i + step]) { cells[i + step].focus(); e.preventDefault(); } }));\n"
	"document.querySelectorAll('input[data-class]').forEach(box => box.addEventListener('change', () =>\n"
	"  picture.classList.toggle(box.dataset.class, box.dataset.class === 'full' ? box.checked : !box.checked)));\n"
	"function mark(word) {\n"
	"  document.querySelectorAll('.named').forEach(g => g.classList.remove('named'));\n"
	"  if (word) document.querySelectorAll('#picture [tabindex]').forEach(g => {\n"
	"    if (!g.classList.contains('f') && title(g).includes(word)) g.classList.add('named'); });\n"
	"}\n"
	"const list = document.getElementById('findings');\n"
	"data.findings.forEach(f => {\n"
	"  const item = document.createElement('li'), button = document.createElement('button');\n"
	"  button.className = f.verdict;\n"
	"  button.textContent = f.verdict + ' ' + f.fault + ' ' + (f.service || f.resource || '');\n"
	"  button.addEventListener('click', () => { pinned = button; show(f.text); mark(f.message); });\n"
	"  item.append(button); list.append(item);\n"
	"});\n"
	"if (!data.findings.length) list.textContent = 'None.';\n";

static void put_box(struct buf *b, const char *class, const char *word, bool checked)
{
	buf_printf(b, "<label><input type=\"checkbox\" data-class=\"%s\"%s> %s</label>\n", class,
		   checked ? " checked" : "", word);
}

static void put_form(struct buf *b)
{
	buf_str(b, "<h2>Show</h2>\n<div>\n");
	put_box(b, "no-pass", "proven", true);
	put_box(b, "no-fail", "blocked", true);
	put_box(b, "no-unknown", "unproven", true);
	buf_str(b, "</div>\n<div>\n");
	put_box(b, "no-nfs", "file systems", true);
	put_box(b, "no-chain", "chain", true);
	put_box(b, "no-api", "AWS APIs", true);
	put_box(b, "no-peer", "peers", true);
	buf_str(b, "</div>\n<div>\n");
	put_box(b, "full", "full size", false);
	buf_str(b, "</div>\n");
}

/* The findings for the list; '<' never stands in it, so no text ends the element. */
static void put_model(struct buf *b, const json_t *model)
{
	OWN(json) json_t *data = json_pack(
		"{s:[],s:I}", "findings", "peers",
		(json_int_t)json_array_size(json_path(model, "peers.tasks")));
	OWN(str) char *text = NULL;
	json_t *one;
	size_t i;

	json_array_foreach(json_list(model, "findings"), i, one) {
		json_t *f = json_object();
		OWN(str) char *whole = graph_finding_text(one);

		json_set_str(f, "verdict", json_str(one, "verdict"));
		json_set_str(f, "fault", json_str(one, "fault"));
		json_set_str(f, "service", json_str(one, "service"));
		json_set_str(f, "resource", json_str(one, "resource"));
		json_set_str(f, "message", json_str(one, "message"));
		json_set_str(f, "text", whole);
		json_array_append_new(json_list(data, "findings"), f);
	}
	text = json_text(data);
	buf_str(b, "<script type=\"application/json\" id=\"model\">");
	for (const char *c = text; *c; c++)
		if (*c == '<')
			buf_str(b, "\\u003c");
		else
			buf_char(b, *c);
	buf_str(b, "</script>\n");
}

char *graph_html(const json_t *model)
{
	struct buf b = { 0 };

	buf_str(&b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	graph_escape(&b, json_str_or(model, "title", ""));
	buf_printf(&b, "</title>\n<style>%s%s</style>\n</head>\n<body>\n<div id=\"picture\">\n",
		   graph_style, page_style);
	graph_draw(&b, model, true);
	buf_str(&b, "</div>\n<aside>\n<h1>Details</h1>\n<pre id=\"details\" aria-live=\"polite\">Point at a "
		    "line, a box or a cell, or move there with the Tab key. A click keeps it, Escape lets "
		    "go.</pre>\n");
	put_form(&b);
	buf_str(&b, "<h2>Findings</h2>\n<ul id=\"findings\"></ul>\n</aside>\n");
	put_model(&b, model);
	buf_printf(&b, "<script>\n%s</script>\n</body>\n</html>\n", script);
	return buf_take(&b);
}
