/* For the tests of groups C, D and I: templates with edits, and what the rules find in them. */
#pragma once
#include "base/json.h"
#include "base/test.h"

/* A template of tests/templates as JSON; caller's. */
json_t *cdi_load(const char *path);
/* The first resource of the type whose logical id contains `part`; borrowed. */
json_t *cdi_find(json_t *t, const char *type, const char *part);
/* Its Properties. */
json_t *cdi_props(json_t *t, const char *type, const char *part);
/* Drops all resources of the type whose id contains `part`, and every DependsOn of them. */
void cdi_drop(json_t *t, const char *type, const char *part);
/* Adds resources out of JSON text. */
void cdi_add(json_t *t, const char *text);
/* Sets a property out of JSON text. */
void cdi_set(json_t *object, const char *key, const char *text);
/* Findings of a template (and the one it imports from, or NULL); caller's. */
json_t *cdi_findings(const json_t *t, const json_t *exporter);
/* The first finding of that fault and verdict, or NULL. */
const json_t *cdi_finding(const json_t *findings, const char *fault, const char *verdict);
/* Fails the test unless the template has (has not) such a finding. */
void cdi_expect(json_t *t, const char *fault, const char *verdict, bool there);
