/* What the files of this room share. */
#pragma once
#include "core/lookup/lookup.h"

/* ---- answers --------------------------------------------------------------------------------- */

/* The answer to a question out of the facts, borrowed; NULL: none, or it was refused. input: taken. */
const json_t *answer_to(const json_t *facts, const char *service, const char *action, json_t *input);
/* Its error code ("AccessDenied", ...) when it was refused, else NULL. */
const char *refusal_of(const json_t *facts, const char *service, const char *action, json_t *input);
/* Walks all answered questions of an action: *at is NULL at first. NULL: no more. */
struct fact {
	void *at;
	json_t *question; /* [service, action, input], owned */
	const json_t *input, *answer; /* borrowed */
};
bool fact_next(const json_t *facts, const char *service, const char *action, struct fact *f);
#define OWN_FACT __attribute__((cleanup(own_drop_fact)))
static inline void own_drop_fact(struct fact *f)
{
	json_decref(f->question);
}

/* {"Filters": [{"Name": name, "Values": [value]}]}, as most of EC2's descriptions take it. */
json_t *filter_input(const char *member, const char *name, const char *value);
json_t *list_input(const char *member, const char *value); /* {member: [value]} */
json_t *text_input(const char *member, const char *value); /* {member: value} */

/* ---- texts ----------------------------------------------------------------------------------- */

/* "sg-0123abcd" with this prefix: letters, digits and dashes only behind it. */
bool is_id(const char *text, const char *prefix);
/* The part of an ARN behind the account when it is one of this service and kind ("iam", "role/"), else
 * NULL; wildcards make it none. */
const char *arn_rest(const char *text, const char *service, const char *kind);
/* "arn:...:secret:name-abc:key::" without the selectors; caller frees; NULL: no ARN of a secret. */
char *secret_arn(const char *text);

/* ---- the picture ----------------------------------------------------------------------------- */

struct picture {
	const json_t *facts;
	json_t *resources; /* as the template has them */
	json_t *seen;	   /* "type id" */
	json_t *parameters; /* whose values nobody knows */
};
/* A resource; properties: taken. arn: may be NULL. Twice the same: the first stays. Its
 * Metadata.mpcup (borrowed) to add to, NULL when it was there. */
json_t *picture_add(struct picture *p, const char *type, const char *id, const char *arn,
		    json_t *properties);
/* Sets a property to what the account says; NULL: nothing is set. What a template would take for a
 * function of its own is not known. */
void put(json_t *properties, const char *key, const json_t *value);
void put_str(json_t *properties, const char *key, const char *value);
/* A policy document: JSON text, percent-encoded (IAM) or not. */
void put_document(json_t *properties, const char *key, const char *text);
/* The value that is not known. */
json_t *unknown(void);

/* One that is the same as no other. */
json_t *picture_unknown(struct picture *p);

void picture_network(struct picture *p);
void picture_groups(struct picture *p);
void picture_storage(struct picture *p);
void picture_roles(struct picture *p);
void picture_secrets(struct picture *p);
void picture_names(struct picture *p); /* namespaces, Cloud Map services, log groups, keys */
