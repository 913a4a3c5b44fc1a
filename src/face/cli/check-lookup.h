/* What a check knows of the world outside of its templates: answers of look-ups, and what it would ask. */
#pragma once
#include "core/deployment/deployment.h"
#include "core/lookup/lookup.h"
#include "face/cli/plan.h"

struct check_world {
	const json_t *facts; /* NULL: no look-ups are made */
	const char *region;  /* NULL: not known */
	json_t *asked;	     /* by evaluations */
	struct lookup_world lookup;
	/* the picture of the account, NULL: there is none */
	struct template *account;
	json_t *parameters;
	struct template_eval *eval;
	struct template_world no_world; /* the picture's evaluation asks nothing */
};
/* facts and region are borrowed for its life. */
int check_world_open(struct check_world *w, const json_t *facts, const char *region, struct err *err);
void check_world_close(struct check_world *w);
static inline void own_drop_check_world(struct check_world *w)
{
	check_world_close(w);
}
/* Writes the account behind `count` templates; the new count. Room for one more is the caller's. */
size_t check_world_add(const struct check_world *w, struct deployment_template *list, size_t count);
/* What a deployment wants to know joins the "questions" of its result. */
void check_world_ask(struct check_world *w, const struct deployment *d,
		     const struct deployment_template *list, size_t count, json_t *result);

/* Who answers in check_rounds(). */
struct check_asker {
	const struct cli *cli; /* shows what is asked; NULL: nobody is there to see it */
	struct lookup *lookup;
	bool (*wanted)(const json_t *question); /* the others stay open; NULL: all are asked */
};
/* check_plan() again and again until nothing new is asked. facts (object) grows. *ret: the last result. */
int check_rounds(const struct check_asker *a, const struct plan *p, const char *profile, json_t *facts,
		 json_t **ret, struct err *err);
/* check_plan() with what is known. facts, region: NULL, or borrowed. */
int check_known(const struct plan *p, const char *profile, const json_t *facts, const char *region,
		json_t **ret, struct err *err);

/* check_plan(), and with ask (--lookup) again and again until nothing new is asked. Then the result has "lookups":
 * [{"command","outcome"}], and findings that a refusal left UNKNOWN have it as "refused". */
int check_asking(struct cli *cli, const struct plan *p, const char *profile, bool ask,
		 json_t **ret, struct err *err);
