/* Functions of the rules of group G, which lie in several files. Never leaves the room. */
#pragma once
#include "core/check/check.h"

/* check-schema.c */
void check_schema_spelling(struct check *c);  /* D23 */
void check_schema_required(struct check *c);  /* S01 */
void check_schema_type(struct check *c);      /* S02 */
void check_schema_value(struct check *c);     /* S03 */
void check_schema_resource(struct check *c);  /* S04 */
void check_schema_attribute(struct check *c); /* G15 */
/* check-g-export.c */
void check_export_in_use(struct check *c);  /* G07 */
void check_import_missing(struct check *c); /* G08 */
void check_export_taken(struct check *c);   /* G09 */
/* check-g-name.c */
void check_name_taken(struct check *c);	      /* G10 */
void check_secret_deleted(struct check *c);   /* G11 */
void check_name_retained(struct check *c);    /* G12 */
void check_service_replaced(struct check *c); /* G13 */
void check_replacement(struct check *c);      /* G25 */
void check_service_exists(struct check *c);   /* G27 */
/* check-g-condition.c */
void check_condition_removes(struct check *c); /* G31 */
/* check-nested.c */
void check_nested_parameters(struct check *c); /* G23 */
void check_nested_outputs(struct check *c);    /* G15 */
