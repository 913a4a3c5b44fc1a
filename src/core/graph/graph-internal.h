/* What the files of the drawing share. Never leaves the room. */
#pragma once
#include "base/str.h"
#include "core/check/check-topology.h"
#include "core/graph/graph.h"

struct graph_task {
	const struct deployment_service *service;
	json_t *object; /* of the model, borrowed */
	bool chain;	/* boot nodes or RPC of others lead here */
};

/* The model while it grows. */
struct graph {
	const struct graph_input *in;
	const struct deployment *d;
	json_t *model, *objects, *flows;
	json_t *index; /* id -> object */
	struct graph_task *tasks;
	size_t task_count;
};

/* ---- labels ---------------------------------------------------------------------------------- */

/* What people call a resource: the end of its path in the CDK, or its logical id without the hash. Caller frees. */
char *graph_resource_label(const struct deployment_resource *r);
/* The private host name of a task, else its family, else the service's label. Caller frees. */
char *graph_task_label(const struct deployment *d, const struct deployment_service *s);
char *graph_subnet_label(const struct deployment *d, const struct deployment_subnet *s);
char *graph_identity_label(const struct deployment *d, const struct deployment_resource *r,
			   const json_t *identity);
/* At most `most` characters of a UTF-8 text, the middle left out. Caller frees. */
char *graph_shorten(const char *text, size_t most);
size_t graph_length(const char *text); /* characters of UTF-8 */

/* ---- objects --------------------------------------------------------------------------------- */

/* The object of that id, made when it is not there. */
json_t *graph_object(struct graph *g, const char *id, const char *kind, const char *parent,
		     const char *label);
const char *graph_id(const json_t *object);
/* Id of the VPC's object; it is made when it is not there. Borrowed. */
const char *graph_vpc(struct graph *g, const struct deployment_vpc *vpc);
const struct deployment_vpc *graph_service_vpc(const struct deployment_service *s);
/* PASS below UNKNOWN below FAIL; NONE (or NULL) below all. */
const char *graph_worse(const char *a, const char *b);
void graph_worsen(json_t *object, const char *verdict);
const char *graph_verdict(enum verdict v);
/* Names the object and what it stands for at the head of its text: "Subnet a\nSubnetA, t.json:4". */
void graph_introduce(const struct graph *g, json_t *object, const char *what,
		     const struct deployment_resource *r);
/* Adds lines to an object's "text". */
void graph_say(json_t *object, const char *fmt, ...) ERR_FMT(2, 3);

/* ---- proofs and flows ------------------------------------------------------------------------ */

enum graph_kind { GRAPH_NFS, GRAPH_CHAIN, GRAPH_API, GRAPH_PEER, GRAPH_KIND_COUNT };
const char *graph_kind(enum graph_kind kind);
/* Whether a finding is about a connection of that kind (GRAPH_KIND_COUNT: of any kind). */
bool graph_is_network(const json_t *finding, enum graph_kind kind);

/* What is looked for among the findings to explain an edge. from: services any of which may be named;
 * mention: the finding names one of them as resource, second or in its message (none: anything does). */
struct graph_question {
	enum graph_kind kind;
	const char *const *from, *const *mention;
	size_t from_count, mention_count;
	unsigned port;
};
/* Fills "verdict", "message", "location", "fault", "rule", "remedy", "lookup" of a flow. */
void graph_prove(const struct graph *g, json_t *flow, const struct graph_question *q,
		 const struct reach_edge *e);
/* A flow whose verdict the findings alone give: the worst that matches, else `otherwise`. */
void graph_prove_by_findings(const struct graph *g, json_t *flow, const struct graph_question *q,
			     enum verdict otherwise, const char *message);
/* "file:line" of a place of a finding or flow, "" when there is none. Caller frees. */
char *graph_place(const json_t *has_location);
/* Where a resource or a pointer in its template stands: {"file","line"}; NULL: nowhere. Caller's. */
json_t *graph_locate(const struct graph *g, const struct deployment_resource *r, const char *pointer);
/* "FAIL C01 efs-...\nplace\nmessage\nremedy" of a finding. Caller frees. */
char *graph_finding_text(const json_t *finding);
/* What hovering a flow shows. from, to: labels. Caller frees. */
char *graph_flow_text(const json_t *flow, const char *from, const char *to);

/* All flows of the deployment, with the objects they lead to. */
void graph_flows(struct graph *g);

/* ---- drawing --------------------------------------------------------------------------------- */

/* Puts x, y, width, height into the objects of the model. */
void graph_layout(json_t *model);
/* Bundles flows into lines. */
void graph_lines(json_t *model);
/* Text for XML content and attributes. */
void graph_escape(struct buf *b, const char *text);
/* The <svg> element. page: inside of a page that has the styles. */
void graph_draw(struct buf *b, const json_t *model, bool page);
extern const char graph_style[];

double graph_number(const json_t *object, const char *key);
const json_t *graph_find(const json_t *model, const char *id);

enum {
	GRAPH_TASK_WIDTH = 184,
	GRAPH_TASK_HEIGHT = 58,
	GRAPH_GAP = 26,	    /* between tasks of a row: lines run there */
	GRAPH_ROW_GAP = 18,
	GRAPH_BAND_HEAD = 98, /* title, subnets and the bus of the peers above the tasks */
	GRAPH_STORES_MAX = 6, /* file systems that are drawn one by one */
};
