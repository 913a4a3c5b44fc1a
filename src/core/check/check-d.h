/* What the files of group D share. Never leaves the room. */
#pragma once
#include "core/check/check-topology.h"

/* A path below Properties of a task definition. */
struct place {
	char text[160];
};
/* Of an EFS volume's configuration, or of what is at `rest` in it. */
struct place check_volume_place(const struct deployment_volume *v, const char *rest);

/* check-d-task.c: rules of mount points, of the task's own disk, and of several writers. */
void check_d13(struct check *c);
void check_d14(struct check *c);
void check_d15(struct check *c);
void check_d19(struct check *c);
void check_d20(struct check *c);
void check_d25(struct check *c);
void check_d29(struct check *c);
