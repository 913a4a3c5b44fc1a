/* The rules: faults of shared faults.md that a template shows, each a table row and a function.
 * A rule reads the deployment and adds findings. Pure. */
#pragma once
#include "core/deployment/deployment.h"

enum check_severity { CHECK_FAIL, CHECK_WARN, CHECK_UNKNOWN };

struct check; /* one run */

/* One finding while it is made. Strings are copied. */
struct check_finding {
	enum check_severity severity;
	const struct deployment_resource *resource; /* may be NULL (whole template) */
	const char *property; /* below Properties: "NetworkConfiguration/AwsvpcConfiguration"; NULL: the resource */
	const struct deployment_resource *second; /* the other place involved, or NULL */
	const char *second_property;
	const struct deployment_service *service; /* the task that does not start, or NULL */
	const char *remedy; /* the smallest change, as template text or a sentence */
	const char *lookup; /* CHECK_UNKNOWN: the one look-up that settles it */
	/* resource NULL: a place outside Resources ("/Outputs/Url/Export") in templates[template] */
	const char *pointer;
	size_t template;
};
/* Adds a finding of the running rule; fmt: the message. */
void check_add(struct check *c, const struct check_finding *f, const char *fmt, ...) ERR_FMT(3, 4);
const struct deployment *check_deployment(const struct check *c);
/* What was given to check_run(). Borrowed. */
const struct deployment_template *check_templates(const struct check *c, size_t *ret_count);
/* Image profile of a node container: "3.1", "current" or "built-in". */
const char *check_profile(const struct check *c);

/* The fault of a secret's value for a variable of the node ("MPC_ACCOUNT_SK"), read with this JSON key
 * (NULL: the whole text); NULL: none, or no such variable. why: a clause about it without the value. */
const char *check_secret_value(const char *variable, const char *text, const char *json_key, char *why,
			       size_t why_size);

/* ---- look-ups: what a template cannot tell ------------------------------------------------------
 * A rule asks the world a read-only question; whoever runs the check answers it or does not. A rule
 * whose question has no answer yet adds no finding: the question stands in the result's "questions".
 *
 * service: an AWS service as core/aws names it ("ec2", "secretsmanager") with action and input as its
 * API has them; "registry" with action "Manifest" and {"image"}; "near" with an RPC method as action
 * and its parameters plus "url" as input. */
enum check_answer {
	CHECK_NOT_ASKED, /* no look-ups in this run, or not this one yet */
	CHECK_ANSWERED,	 /* *ret: the answer, borrowed from the facts */
	CHECK_REFUSED,	 /* *ret: {"error": code, "message": text}, borrowed: "AccessDenied", "NotFound", ... */
};
/* input is taken, whatever the answer. ret: may be NULL. */
enum check_answer check_ask(struct check *c, const char *service, const char *action, json_t *input,
			    const json_t **ret);
/* The key of a question in the facts; caller frees. input: borrowed. */
char *check_question_key(const char *service, const char *action, const json_t *input);
/* How a person would ask it: "aws ec2 describe-subnets --subnet-ids subnet-1"; caller frees. */
char *check_question_command(const char *service, const char *action, const json_t *input);
/* Name of the stack that a template becomes, NULL: not known; region, NULL: not known. */
const char *check_stack_name(const struct check *c, size_t template);
const char *check_region(const struct check *c);

struct check_rule {
	const char *id;	     /* "C01" */
	const char *name;    /* "efs-2049-ingress-missing" */
	const char *step;    /* launch_row.name the fault shows at, or "template", "runtime", "latent" */
	const char *symptom, *cause, *remedy; /* sentences, our words, for explain and the reference */
	const char *distance; /* what would be seen on AWS and after how long */
	void (*run)(struct check *c);
};
/* One table per group file: check-a.c ... check-j.c. Ends with a row whose id is NULL. */
extern const struct check_rule check_rules_a[], check_rules_b[], check_rules_c[], check_rules_d[],
	check_rules_e[], check_rules_f[], check_rules_g[], check_rules_h[], check_rules_i[],
	check_rules_j[], check_rules_t[], /* t: about the input itself */
	check_rules_asked[];		  /* the last: those that need look-ups */
/* All rules in order; *ret_count. */
const struct check_rule *const *check_rules(size_t *ret_count);
const struct check_rule *check_rule(const char *id_or_name); /* NULL: none */

/* Whether templates alone can show this fault: then a run without a finding of it rules it out. False for what
 * only look-ups tell, and for no rule. */
bool check_is_static(const char *id);

struct check_options {
	const char *profile; /* NULL: "built-in" */
	/* answers of look-ups, question key -> {"answer": object} | {"error": code, "message": text};
	 * NULL: none are made */
	const json_t *facts;
	const char *const *stack_names; /* one per template, NULL: not known */
	const char *region;		/* NULL: not known */
};
/* Runs all rules. Result: {"findings":[{"verdict":"FAIL"|"WARN"|"UNKNOWN","fault","rule","resource",
 * "path","location":{"file","line","column"},"cdkPath"?,"second"?:{...},"service"?,"message","remedy",
 * "lookup"?,"step","distance"}], "tasks":[{"service","steps":[{"step","verdict","faults":[..]}]}],
 * "questions":[{"service","action","input","command"}] (asked, not answered)}.
 * Findings: FAIL first in the order of the launch sequence, then WARN, then UNKNOWN. Caller's. */
json_t *check_run(const struct deployment *d, const struct deployment_template *templates,
		  size_t template_count, const struct check_options *o);

/* One result out of several runs over the same templates (one per assignment of the parameters that
 * conditions read): each finding once, with "assignment" when it does not hold in all of them, steps
 * with their worst verdict. results: check_run()'s, borrowed; names: what each run assumes ("" when
 * there is one). Caller's. */
json_t *check_merge(const json_t *const *results, const char *const *names, size_t count);
/* The assignments to run: parameters with AllowedValues that conditions read and that `given` (object
 * name -> text, or NULL) does not settle. Array of objects name -> text; [{}] when there is nothing
 * to choose; at most CHECK_ASSIGNMENTS_MAX, the first ones. Caller's. */
enum { CHECK_ASSIGNMENTS_MAX = 64 };
json_t *check_assignments(struct template *const *templates, size_t count, const json_t *given);

/* A template that template_parse(), template_eval_new(), template_outputs() or deployment_read()
 * refused: one finding as in check_run()'s "findings", with the place that stands in the sentence
 * ("name:line:column: "; line 0 when none does). Faults G09, G14, G15, G16, else T00. Caller's. */
json_t *check_template_error(const char *name, const struct err *err);

/* ---- suppressions ------------------------------------------------------------------------------
 * A suppressed finding stays where it is and gets "suppressed": {"kind": "inline"|"baseline",
 * "reason"}. It no longer counts: check_count() leaves it out, and the steps of the tasks are judged
 * without it, its fault then stands in the step's "suppressed". Findings of templates that were made
 * from a network.yaml also have "source": {"file","path","line","column"} there and "networkRemedy"
 * (who made them puts these, see core/synth). */

/* Gives each finding its "fingerprint" (hex), the same as long as fault, place and message are; lines
 * and columns are no part of it. The other functions of this section need it. */
void check_fingerprints(json_t *result);
/* Metadata {"mpcup": {"suppress": [{"fault", "reason"}, ...]}}: of a resource for its findings, of the
 * template for those that have no resource. Entries that suppress nothing become findings T01 and T02.
 * Entries with the same "origin" (synth copies them) are one. templates: those of the result. */
void check_suppress(json_t *result, struct template *const *templates, size_t count);
/* The findings to live with, as a file: {"version": 1, "findings": [{"fingerprint", "fault", "resource",
 * "path", "message", "reason"}]}. 0: *ret is the caller's. -1: err has the place. */
int check_baseline_read(const char *name, const char *text, size_t len, json_t **ret,
			struct err *err);
/* Suppresses what is in it. An entry that no finding is like becomes a finding T03. */
void check_baseline_apply(json_t *result, const json_t *baseline, const char *name);
/* Text of a baseline with all FAIL and WARN that are not suppressed inline, sorted; those that a baseline
 * suppresses keep their reason, the others get `reason`. Group T is left out. Caller frees. */
char *check_baseline_make(const json_t *result, const char *reason);
/* How many findings have the verdict and are not suppressed; verdict NULL: how many are suppressed. */
size_t check_count(const json_t *result, const char *verdict);

/* ---- reports ----------------------------------------------------------------------------------- */

struct check_report {
	const char *version; /* of mpcup */
	const char *artifact; /* the file that templates were made from; NULL: they are files */
	int exit_code;
};
/* SARIF 2.1.0, one run. Pure. Caller's. */
json_t *check_sarif(const json_t *result, const struct check_report *report);
/* What is to say about a rule as labelled paragraphs: array of {"label","text"}. Caller's. */
json_t *check_story(const struct check_rule *r);
/* doc/faults.md: all rules, grouped, with links to their pages. Caller frees. */
char *check_reference(void);
/* doc/faults/ID.md: one rule. signs: diagnose_signs() of it. Caller frees. */
char *check_page(const struct check_rule *r, const json_t *signs);
