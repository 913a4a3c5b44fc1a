/* The drawing of a deployment: what stands where, and which connection is proven to work, blocked or
 * unproven, with the rule that decides. Pure; the same input gives the same bytes. */
#pragma once
#include "core/deployment/deployment.h"

struct graph_input {
	const struct deployment *deployment;
	const struct deployment_template *templates; /* what the deployment was read from */
	size_t template_count;
	const json_t *result;	  /* check_run()'s of the same deployment */
	const json_t *assignment; /* values that the drawing assumes, name -> text; NULL or empty: none */
	const char *title;
};

/* The model, the caller's: {"title","assignment"?,"width","height","counts":{"tasks","flows","pass",
 * "fail","unknown"},
 * "objects":[{"id","kind","label","name","parent"?,"verdict","text","x","y","width","height",
 *   "detail"?,"marks"?:[{"label","verdict","text","partial"?}]}],
 *     kind: vpc band subnet task file-system store mount-target way api chain matrix findings;
 *     children lie inside of their parent, siblings side by side; verdict: PASS FAIL UNKNOWN NONE
 * "flows":[{"id","kind","from","to","port","verdict","via"?,"fault"?,"rule"?,"location"?,"message",
 *   "remedy"?,"lookup"?,"let"?:[{"direction","template","resource"}],
 *   "missing"?:{"direction","template","group"}}],
 *     kind: nfs chain api peer; from and to: ids of objects; let: the rules that let a PASS through; missing:
 *     the group that has none for a FAIL; template: index
 * "lines":[{"kind","verdict","count","text","paths":[[[x,y],...],...],"arrow","label"?,"labelX"?,
 *   "labelY"?,"flows"? (ids),"of"?}]: flows of one behaviour as one line; of: id of the task or band whose peers
 *     it stands for,
 * "peers":{"tasks":[id,...],"rows":[".PFU",...],"cell","x","y"}: one row per sender; with two nodes and more,
 * "findings": the check's}. */
json_t *graph_build(const struct graph_input *in);
/* A picture that stands alone: styles inside, every part with its text as <title>. Caller's. */
char *graph_svg(const json_t *model);
/* A page around the same picture: details beside it, a filter, the findings; loads nothing. Caller's. */
char *graph_html(const json_t *model);
