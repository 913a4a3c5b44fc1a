/* Shared by the files of group F only. */
#pragma once
#include "core/check/check-rights.h"

/* A task definition with the service that runs it. */
struct check_subject {
	const struct deployment_resource *task;
	const json_t *properties, *containers;
	const struct deployment_service *service; /* the first one that uses it, or NULL */
	bool fargate;
};
struct check_subjects {
	struct check_subject *list;
	size_t count;
};
void check_subjects_read(const struct deployment *d, struct check_subjects *ret);
static inline void own_drop_check_subjects(struct check_subjects *s)
{
	free(s->list);
}
void check_each_subject(struct check *c,
			void (*look)(struct check *c, const struct check_subject *s));
const char *check_container_name(const struct check_subject *s, size_t i);
/* FAIL at a property of a container. */
void check_container_fails(struct check *c, const struct check_subject *s, size_t container,
			   const char *property, const char *text);
/* Is container i the one of an MPC node? By the deployment, or by its image's name. */
bool check_is_node(const struct deployment *d, const struct check_subject *s, size_t i);
/* Is the image of container i in an ECR repository of the deployment? */
bool check_image_is_ours(const struct deployment *d, const struct check_subject *s, size_t i);
/* A finding about a task definition. */
struct check_finding check_about(const struct check_subject *s, enum check_severity severity,
				 const char *property);
/* The number a value stands for ("1 vCPU", "2 GB", "1024", 1024); -1: unknown or none. */
long check_units(const struct deployment *d, const json_t *value);

void check_f_size(struct check *c);
void check_f_network_mode(struct check *c);
void check_f_unsupported(struct check *c);
void check_f_compatibilities(struct check *c);
void check_f_host_port(struct check *c);
void check_f_container_size(struct check *c);
void check_f_health_command(struct check *c);
void check_f_health_times(struct check *c);
void check_f_log_options(struct check *c);
void check_f_log_group(struct check *c);
void check_f_log_mode(struct check *c);
void check_f_too_large(struct check *c);
void check_f_platform_version(struct check *c);
void check_f_dependencies(struct check *c);
