/* What the rules share that only a look-up settles. Never leaves the room.
 *
 * Answers are read as the APIs give them (EC2: in either spelling of its members). That of
 * ("registry", "Manifest", {"image"}) is the manifest or index as the registry has it: "mediaType",
 * "manifests" [{"platform", "digest"}] or "layers" [{"mediaType", "size"}]; beside it may stand
 * "config": the image's configuration, with "architecture". That of ("near", method, {"url", ...})
 * is the RPC's "result". */
#pragma once
#include "base/str.h"
#include "core/check/check-internal.h"

/* One question and what came of it. */
struct asked {
	const char *service, *action;
	json_t *input;
	enum check_answer state;
	const json_t *answer; /* borrowed; of a refusal its {"error", "message"} */
};
/* input is taken. */
struct asked ask(struct check *c, const char *service, const char *action, json_t *input);
static inline void own_drop_asked(struct asked *a)
{
	json_decref(a->input);
}
#define ASKED struct asked __attribute__((cleanup(own_drop_asked)))
/* Refused, because what was asked for is not there (and not for want of a right). */
bool asked_absent(const struct asked *a);
/* Refused for want of a right. */
bool asked_denied(const struct asked *a);
/* When the question was refused: the running rule says UNKNOWN at `where`. what: a clause, "whether
 * the account exists". True when it was answered. */
bool asked_or_unknown(struct check *c, const struct check_finding *where, const struct asked *a,
		      const char *what);
/* Member of an answer as array under either name; NULL: none (an empty one too may be NULL). */
const json_t *asked_list(const struct asked *a, const char *name, const char *other);
/* Text of a member under either name, or NULL. */
const char *asked_text(const json_t *j, const char *name, const char *other);
/* Whether the answer is only the beginning of the list. */
bool asked_cut(const struct asked *a);

/* ---- the stack that a template updates ------------------------------------------------------- */

enum deployed_state {
	DEPLOYED_NOT_KNOWN, /* no name, not asked, or refused */
	DEPLOYED_NONE,	    /* there is no such stack: this creates it */
	DEPLOYED_THERE,
};
/* How the template of index `template` stands to what is deployed. Borrowed from the run. */
struct deployed {
	enum deployed_state state;
	const json_t *stack;   /* of DescribeStacks */
	const json_t *compare; /* deployed_compare()'s, NULL: only the stack itself is known */
};
struct deployed deployed_of(struct check *c, size_t template);
/* The same for a rule about updates: says UNKNOWN when a look-up was refused. True when the two
 * templates can be compared. what: as above. */
bool deployed_or_unknown(struct check *c, size_t template, const char *what, struct deployed *ret);
/* Both templates evaluated alike. then, now: values of the parameters, object name -> text; what is
 * missing has its default or stays a symbol. {"before": {logical: {"Type","Properties"}}, "after":
 * the same, "exports_before": {name: value}, "exports_after": the same}; NULL: one cannot be
 * evaluated. */
json_t *deployed_compare(const struct template *before, const json_t *then,
			 const struct template *after, const json_t *now, const char *stack_name);
/* Properties of a resource in "before" or "after", NULL: it is not there, or of another type. */
const json_t *deployed_properties(const struct deployed *d, const char *side,
				  const struct deployment_resource *r);
/* The resource is there before and after, and its property (NULL: any) differs. */
bool deployed_changed(const struct deployed *d, const struct deployment_resource *r,
		      const char *property);
/* The resource is part of the deployed stack. */
bool deployed_has(const struct deployed *d, const struct deployment_resource *r);
/* Physical id in the stack's resources, NULL: none or not known. Borrowed from the facts. */
const char *deployed_physical(struct check *c, size_t template, const char *logical);
/* ListStackResources of the template's stack, when there is one. */
bool deployed_listing(struct check *c, size_t template, struct asked *ret);

/* ---- the chain of the nodes -------------------------------------------------------------------
 */

/* Nodes of one RPC address and contract. */
struct asked_chain {
	char *url, *contract; /* contract NULL: not known */
	const char *network;  /* node_chain()'s, or NULL */
	bool inside;	      /* the address is one that only the VPC reaches */
	struct node first;
};
/* Calls for each chain; inside ones only when told. */
void chain_each(struct check *c, bool with_inside,
		void (*see)(struct check *c, const struct asked_chain *ch));
/* The nodes of a chain one by one; *i starts at 0. */
bool chain_node(struct check *c, const struct asked_chain *ch, size_t *i, struct node *ret);
/* The address a node's chain answers at, or NULL. Caller frees. */
char *chain_url(struct check *c, const struct node *n);
/* Host of a URL or of "host:port"; caller frees. */
char *chain_host(const char *url);
/* A host that is asked from inside its VPC only. */
bool chain_is_inside(struct check *c, const char *host);
/* `status` of the chain, or NULL; a refusal is said as UNKNOWN of the running rule. */
const json_t *chain_status(struct check *c, const struct asked_chain *ch, const char *what);
/* A view of an account: "view_account", "view_access_key_list". */
struct asked chain_view(struct check *c, const struct asked_chain *ch, const char *type,
			const char *account);
/* The view says that there is no such account. */
bool chain_no_account(const struct asked *a);

enum contract_kind {
	CONTRACT_NOT_KNOWN,
	CONTRACT_NO_ACCOUNT,
	CONTRACT_NO_CODE,
	CONTRACT_NOT_INITIALISED,
	CONTRACT_READY,
};
struct contract {
	enum contract_kind kind;
	json_t *state;		    /* whole */
	const json_t *phase;	    /* value of Running, Initializing, Resharing */
	const json_t *participants; /* list of [account, id, {"url", "sign_pk"}] */
	json_int_t threshold;	    /* -1: none */
};
/* The contract's state; a refusal that tells nothing is said as UNKNOWN of the running rule. */
struct contract contract_read(struct check *c, const struct asked_chain *ch, const char *what);
static inline void own_drop_contract(struct contract *k)
{
	json_decref(k->state);
}
/* The participant's {"url", "sign_pk"}, or NULL. */
const json_t *check_contract_participant(const struct contract *k, const char *account);
/* Public half of a node's secret, NULL: not known or no key. Caller frees. */
char *node_public(const struct check *c, const struct node *n, const char *variable);

/* ---- what other groups' rules settle by a look-up: true, nothing is left to say
 * ------------------ */
bool asked_name(struct check *c, const struct deployment_resource *r, const char *property,
		const char *name);
bool asked_exports(struct check *c, size_t template, const struct check_finding *where);
bool asked_replaced_service(struct check *c, const struct deployment_resource *r);
bool asked_replacement(struct check *c, size_t template);
bool asked_namespace(struct check *c, const struct deployment_resource *r, const char *name);
bool asked_key(struct check *c, const struct deployment_resource *file_system);
bool asked_addresses(struct check *c, const char *type, long most);
bool asked_vcpus(struct check *c, const struct check_finding *where, double sum);
bool asked_image(struct check *c, const struct check_finding *where, const json_t *container);
struct check_subject;
bool asked_architecture(struct check *c, const struct check_finding *where,
			const struct check_subject *s, const json_t *container);

/* ---- rules -------------------------------------------------------------------------------------
 */
/* check-asked-chain.c */
void asked_c13(struct check *c);
void asked_c14(struct check *c);
void asked_d12(struct check *c);
void asked_e06(struct check *c);
void asked_gone_secret(struct check *c); /* B11, G11 */
void asked_d17(struct check *c);
void asked_h01(struct check *c);
void asked_h02(struct check *c);
void asked_h03(struct check *c);
void asked_h04(struct check *c);
void asked_h05(struct check *c);
void asked_h15(struct check *c);
void asked_j01(struct check *c);
/* check-asked-contract.c */
void asked_a11(struct check *c);
void asked_a13(struct check *c);
void asked_b17(struct check *c);
void asked_h07(struct check *c);
void asked_h08(struct check *c);
void asked_h09(struct check *c);
void asked_h10(struct check *c);
void asked_h11(struct check *c);
void asked_h12(struct check *c);
void asked_h13(struct check *c);
/* check-asked-update.c */
void asked_a20(struct check *c);
void asked_b16(struct check *c);
void asked_b20(struct check *c);
void asked_d16(struct check *c);
void asked_g03(struct check *c);
void asked_g29(struct check *c);
void asked_g30(struct check *c);
void asked_i16(struct check *c);
/* check-asked-image.c */
void asked_f02(struct check *c);
void asked_f05(struct check *c);
void asked_f21(struct check *c);
void asked_f22(struct check *c);
/* check-asked-account.c */
void asked_e13(struct check *c);
void asked_e14(struct check *c);
void asked_f18(struct check *c);
void asked_f20(struct check *c);
/* check-asked-stack.c */
void asked_b13(struct check *c);
void asked_d27(struct check *c);
void asked_g17(struct check *c);
void asked_i06(struct check *c);
void asked_i07(struct check *c);
void asked_j12(struct check *c);
