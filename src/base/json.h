/* Short helpers over jansson. "Borrowed": valid as long as the parent is; never json_decref it. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/own.h"

static inline void own_drop_json(json_t **j)
{
	json_decref(*j);
}

/* Member `key` of an object as text; NULL when j is NULL, not an object, or the member no string. */
const char *json_str(const json_t *j, const char *key);
/* Same with a default for what is missing. */
const char *json_str_or(const json_t *j, const char *key, const char *otherwise);
/* true/false, "true"/"false" (as CloudFormation and query forms carry them), otherwise `otherwise` */
bool json_bool_or(const json_t *j, const char *key, bool otherwise);
/* integer, or text that is one (CloudFormation turns numbers into text); otherwise `otherwise` */
json_int_t json_int_or(const json_t *j, const char *key, json_int_t otherwise);
/* Walks "A.b.0.c": object members and array indexes. Borrowed, or NULL. */
json_t *json_path(const json_t *j, const char *path);
/* Member as array / object, borrowed; NULL when it is not. */
json_t *json_list(const json_t *j, const char *key);
json_t *json_map(const json_t *j, const char *key);
/* Whether one element of an array is this text. list: NULL has none. */
bool json_has_text(const json_t *list, const char *text);
/* The first object of an array whose member `key` is this text; NULL: none, or list is NULL. Borrowed. */
json_t *json_find(const json_t *list, const char *key, const char *text);
/* Any bytes as a JSON string: what is no UTF-8 becomes U+FFFD. The caller's. */
json_t *json_bytes(const char *data, size_t len);
/* NULL value: nothing is set. Text from outside may be any bytes, see json_bytes(). */
void json_set_str(json_t *j, const char *key, const char *value);
void json_set_int(json_t *j, const char *key, json_int_t value);
void json_set_bool(json_t *j, const char *key, bool value);
void json_add_str(json_t *array, const char *value);
/* Overwrites all text in it with zeros: for objects that held secrets, before they are freed. */
void json_wipe(json_t *j);
/* Compact, keys in insertion order; caller frees. */
char *json_text(const json_t *j);
/* Compact with sorted keys: equal values give equal texts; caller frees. */
char *json_canonical(const json_t *j);
/* 0: *ret is the caller's. -1: err says "name:line:column: what". Duplicate keys are an error. */
int json_parse_text(const char *name, const char *text, size_t len, json_t **ret, struct err *err);
