/* The shared config and credentials files of AWS tools. Never leaves the room.
 * Source: AWS SDKs and Tools Reference Guide, "Format of the config and credentials files". */
#pragma once
#include "base/err.h"
#include "base/json.h"

/* Sections of one file: name as it stands between the brackets -> object of its settings, keys in
 * lower case. Nested settings (indented lines) are left out. -1: err has name and line. */
int profile_parse(const char *name, const char *text, size_t len, json_t **ret, struct err *err);

/* The settings of both files: {"profiles": {name: {..}}, "sso": {name: {..}}}. What the credentials
 * file says of a profile comes first. A file that is not there is empty. */
int profile_load(json_t **ret, struct err *err);
