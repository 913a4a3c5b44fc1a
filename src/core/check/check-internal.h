/* What the files of the run share. Never leaves the room. */
#pragma once
#include "core/check/check.h"

/* FAIL, WARN, UNKNOWN, each in the order of the launch sequence; stable. Replaces *findings. */
void check_sort(json_t **findings);
