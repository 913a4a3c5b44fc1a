/* Mount targets: where they are, when they are there, whether their name resolves. D06, D07, D08,
 * D21, D22. */
#include <string.h>

#include "core/check/check-mount.h"

enum { CLOSURE_MAX = 4096 };

typedef void system_visit(struct check *c, const struct deployment_service *s,
			  const struct deployment_file_system *fs);

/* Each service with each of its file systems once. */
static void each_system(struct check *c, system_visit *visit)
{
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_task *task = services[i]->task;
		for (size_t v = 0; task && v < task->volume_count; v++) {
			bool seen = !task->volumes[v].system;
			for (size_t k = 0; k < v; k++)
				seen |= task->volumes[k].system == task->volumes[v].system;
			if (!seen)
				visit(c, services[i], task->volumes[v].system);
		}
	}
}

/* ---- D06 ------------------------------------------------------------------------------------- */

/* Is there a target in the zone of the subnet? *ret_maybe: one whose condition is not known. */
static enum verdict target_in_zone(const struct deployment_file_system *fs,
				   const struct deployment_subnet *s,
				   const struct deployment_resource **ret_maybe)
{
	enum verdict v = VERDICT_FAIL;

	for (size_t i = 0; i < fs->target_count; i++) {
		const struct deployment_mount_target *m = &fs->targets[i];
		const struct deployment_subnet *t = m->subnet;
		enum verdict same = !t	     ? VERDICT_UNKNOWN
				    : t == s ? VERDICT_PASS
					     : check_same_zone(t->zone, s->zone);
		if (same == VERDICT_PASS && m->resource->present == 1)
			return VERDICT_PASS;
		if (same == VERDICT_PASS)
			*ret_maybe = m->resource;
		if (same != VERDICT_FAIL)
			v = VERDICT_UNKNOWN;
	}
	return v;
}

static void system_d06(struct check *c, const struct deployment_service *s,
		       const struct deployment_file_system *fs)
{
	struct check_finding f = { .resource = fs->resource ? fs->resource : s->resource,
				   .second = s->resource,
				   .second_property = "NetworkConfiguration/AwsvpcConfiguration",
				   .service = s };

	for (size_t i = 0; i < s->subnet_count; i++) {
		const struct deployment_subnet *subnet = s->subnets[i];
		const struct deployment_resource *maybe = NULL;
		enum verdict v = target_in_zone(fs, subnet, &maybe);
		OWN(str) char *remedy = NULL;

		if (v == VERDICT_PASS)
			continue;
		if (v == VERDICT_FAIL && fs->resource) {
			f.severity = CHECK_FAIL;
			f.lookup = NULL;
			remedy = str_printf(
				"{\"Type\":\"AWS::EFS::MountTarget\",\"Properties\":{"
				"\"FileSystemId\":{\"Ref\":\"%s\"},\"SubnetId\":{\"Ref\":"
				"\"%s\"},\"SecurityGroups\":[{\"Fn::GetAtt\":[\"<group of the "
				"mount targets>\",\"GroupId\"]}]}}",
				fs->resource->logical,
				subnet->resource ? subnet->resource->logical : "<subnet>");
			f.remedy = remedy;
			check_add(c, &f,
				  "file system %s has no mount target in the zone of %s, where "
				  "tasks of "
				  "%s may be placed",
				  check_name(fs->resource), check_name(subnet->resource),
				  check_name(s->resource));
			continue;
		}
		f.severity = CHECK_UNKNOWN;
		f.remedy = NULL;
		f.lookup = maybe ? "the values of the parameters in the mount target's condition"
				 : "aws efs describe-mount-targets of the file system, and "
				   "describe-subnets for the zones";
		if (maybe)
			check_add(c, &f,
				  "mount target %s, the only one in the zone of %s, exists only "
				  "under "
				  "a condition",
				  check_name(maybe), check_name(subnet->resource));
		else
			check_add(
				c, &f,
				"whether the file system of %s has a mount target in each zone is "
				"not in the templates",
				check_name(s->resource));
	}
}

void check_d06(struct check *c)
{
	each_system(c, system_d06);
}

/* ---- D07 ------------------------------------------------------------------------------------- */

/* What a resource needs first, as found in its text: Ref, GetAtt, Sub and DependsOn, transitively.
 */
struct closure {
	const struct deployment *d;
	size_t template;
	const struct deployment_resource *list[CLOSURE_MAX];
	size_t count;
};

static void needed(struct closure *all, const char *name, size_t len)
{
	OWN(str) char *logical = str_dup_n(name, len);
	const struct deployment_resource *r = deployment_find(all->d, all->template, logical);

	for (size_t i = 0; r && i < all->count; i++)
		if (all->list[i] == r)
			return;
	if (r && all->count < CLOSURE_MAX)
		all->list[all->count++] = r;
}

static void needed_by_sub(struct closure *all, const char *text)
{
	for (const char *at = text; (at = strstr(at, "${")); at += 2) {
		size_t len = strcspn(at + 2, "}.");
		if (at[2] != '!' && at[2 + len])
			needed(all, at + 2, len);
	}
}

static void scan(struct closure *all, const json_t *value, unsigned depth)
{
	json_t *self = (json_t *)(uintptr_t)value; /* jansson's iterators take no const */
	const json_t *member;
	size_t i;

	if (depth > 64)
		return;
	if (json_is_array(value))
		json_array_foreach(value, i, member)
			scan(all, member, depth + 1);
	if (!json_is_object(value))
		return;
	for (void *it = json_object_iter(self); it; it = json_object_iter_next(self, it)) {
		const char *key = json_object_iter_key(it);
		const char *text;
		member = json_object_iter_value(it);
		text = json_string_value(member);
		if (!strcmp(key, "Fn::GetAtt") && json_is_array(member))
			text = json_string_value(json_array_get(member, 0));
		else if (!strcmp(key, "Fn::Sub") && json_is_array(member))
			text = json_string_value(json_array_get(member, 0));
		if (text && (!strcmp(key, "Ref") || !strcmp(key, "Fn::GetAtt")))
			needed(all, text, strcspn(text, "."));
		else if (text && !strcmp(key, "Fn::Sub"))
			needed_by_sub(all, text);
		scan(all, member, depth + 1);
	}
}

static void scan_resource(struct closure *all, const json_t *body)
{
	const json_t *on = json_object_get(body, "DependsOn"), *one;
	size_t i;

	if (json_is_string(on))
		needed(all, json_string_value(on), json_string_length(on));
	json_array_foreach(on, i, one)
		if (json_is_string(one))
			needed(all, json_string_value(one), json_string_length(one));
	scan(all, json_object_get(body, "Properties"), 0);
}

static bool in_closure(const struct closure *all, const struct deployment_resource *r)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i] == r)
			return true;
	return false;
}

static bool zone_of_service(const struct deployment_service *s,
			    const struct deployment_mount_target *m)
{
	for (size_t i = 0; i < s->subnet_count; i++)
		if (s->subnets[i] == m->subnet ||
		    (m->subnet && m->subnet->zone && s->subnets[i]->zone &&
		     !strcmp(m->subnet->zone, s->subnets[i]->zone)))
			return true;
	return false;
}

/* Whether the target may serve a subnet of the service: nothing says that all zones differ. */
static bool zone_may_be_of_service(const struct deployment_service *s,
				   const struct deployment_mount_target *m)
{
	for (size_t i = 0; i < s->subnet_count; i++)
		if (!m->subnet || s->subnets[i] == m->subnet ||
		    check_same_zone(m->subnet->zone, s->subnets[i]->zone) != VERDICT_FAIL)
			return true;
	return !s->subnet_count;
}

static bool waits_for_one(const struct closure *all, const struct deployment_file_system *fs)
{
	for (size_t i = 0; i < fs->target_count; i++)
		if (in_closure(all, fs->targets[i].resource))
			return true;
	return false;
}

static void system_d07(struct check *c, const struct deployment_service *s,
		       const struct deployment_file_system *fs)
{
	OWN(str) char *room = mem_new(1, sizeof(struct closure));
	struct closure *all = (struct closure *)(void *)room;
	OWN(buf) struct buf missing = { 0 };
	OWN(str) char *remedy = NULL;
	bool some;
	struct check_finding f = { .severity = CHECK_WARN, .resource = s->resource, .service = s };

	if (!s->resource)
		return;
	all->d = check_deployment(c);
	all->template = s->resource->template;
	scan_resource(all, s->resource->body);
	for (size_t i = 0; i < all->count; i++)
		scan_resource(all, all->list[i]->body);
	some = waits_for_one(all, fs);
	for (size_t i = 0; i < fs->target_count; i++) {
		const struct deployment_mount_target *m = &fs->targets[i];
		/* Where zones are not known, one that it waits for may be the right one; a stack that is imported from is complete before */
		if (m->resource->template != all->template || in_closure(all, m->resource) ||
		    !(some ? zone_of_service(s, m) : zone_may_be_of_service(s, m)))
			continue;
		buf_printf(&missing, "%s\"%s\"", missing.len ? ", " : "", m->resource->logical);
		if (!f.second)
			f.second = m->resource;
	}
	if (!missing.len)
		return;
	remedy = str_printf("\"DependsOn\": [%s] at %s", missing.data, s->resource->logical);
	f.remedy = remedy;
	check_add(
		c, &f,
		"service %s does not wait for the mount targets of its file system (%s): its first "
		"tasks may start before they exist",
		check_name(s->resource), missing.data);
}

void check_d07(struct check *c)
{
	each_system(c, system_d07);
}

/* ---- D08 ------------------------------------------------------------------------------------- */

static void system_d08(struct check *c, const struct deployment_service *s,
		       const struct deployment_file_system *fs)
{
	const struct deployment_vpc *vpc = s->subnet_count ? s->subnets[0]->vpc : NULL;
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = vpc && vpc->resource ? vpc->resource : s->resource,
				   .second = fs->resource };

	if (vpc && vpc->dns_support == VERDICT_PASS && vpc->dns_hostnames == VERDICT_PASS)
		return;
	if (vpc && (vpc->dns_support == VERDICT_FAIL || vpc->dns_hostnames == VERDICT_FAIL)) {
		const char *off = vpc->dns_support != VERDICT_FAIL ? "EnableDnsHostnames"
				  : vpc->dns_hostnames != VERDICT_FAIL
					  ? "EnableDnsSupport"
					  : "EnableDnsSupport and EnableDnsHostnames";
		f.property = vpc->resource && json_object_get(vpc->resource->properties,
							      "EnableDnsHostnames")
				     ? "EnableDnsHostnames"
				     : NULL;
		f.service = s;
		f.remedy = "\"EnableDnsSupport\": true, \"EnableDnsHostnames\": true";
		check_add(
			c, &f,
			"%s %s not on in VPC %s: the name of the file system does not resolve for "
			"tasks of %s",
			off, strchr(off, ' ') ? "are" : "is", check_name(vpc->resource),
			check_name(s->resource));
		return;
	}
	f.severity = CHECK_UNKNOWN;
	f.resource = vpc ? vpc->resource : NULL;
	f.second = NULL;
	f.lookup =
		"aws ec2 describe-vpc-attribute --attribute enableDnsHostnames / enableDnsSupport";
	check_add(c, &f, "the DNS attributes of the VPC are not in the templates");
}

void check_d08(struct check *c)
{
	each_system(c, system_d08);
}

/* ---- D21, D22 -------------------------------------------------------------------------------- */

void check_d21(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_file_system *const *all;
	size_t count;

	all = deployment_file_systems(d, &count);
	for (size_t i = 0; i < count; i++) {
		const json_t *zone = all[i]->resource
					     ? json_object_get(all[i]->resource->properties,
							       "AvailabilityZoneName")
					     : NULL;
		for (size_t k = 0; zone && k < all[i]->target_count; k++) {
			const struct deployment_mount_target *m = &all[i]->targets[k];
			struct check_finding f = { .severity = CHECK_FAIL,
						   .resource = m->resource,
						   .property = "SubnetId",
						   .second = all[i]->resource,
						   .second_property = "AvailabilityZoneName" };
			const char *text = deployment_text(d, zone);
			enum verdict same = check_same_zone(text ? text : json_str(zone, "$symbol"),
							    m->subnet ? m->subnet->zone : NULL);
			if (same == VERDICT_PASS)
				continue;
			if (same == VERDICT_UNKNOWN) {
				f.severity = CHECK_UNKNOWN;
				f.lookup = "aws ec2 describe-subnets: AvailabilityZone";
			}
			if (f.severity == CHECK_FAIL)
				check_add(c, &f,
					  "file system %s lives in one zone only, and mount target "
					  "%s is "
					  "in another",
					  check_name(all[i]->resource), check_name(m->resource));
			else
				check_add(c, &f,
					  "file system %s lives in one zone only; whether mount "
					  "target "
					  "%s is in it is not known",
					  check_name(all[i]->resource), check_name(m->resource));
		}
	}
}

void check_d22(struct check *c)
{
	const struct deployment_file_system *const *all;
	size_t count;

	all = deployment_file_systems(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < all[i]->target_count; k++)
			for (size_t n = 0; n < k; n++) {
				const struct deployment_mount_target *a = &all[i]->targets[n],
								     *b = &all[i]->targets[k];
				struct check_finding f = { .severity = CHECK_FAIL,
							   .resource = b->resource,
							   .property = "SubnetId",
							   .second = a->resource,
							   .second_property = "SubnetId" };
				if (!a->subnet || !b->subnet || a->resource->present != 1 ||
				    b->resource->present != 1 ||
				    (a->subnet != b->subnet &&
				     (!a->subnet->zone ||
				      !str_eq(a->subnet->zone, b->subnet->zone))))
					continue;
				check_add(c, &f,
					  "file system %s has two mount targets in one zone: %s "
					  "and %s",
					  check_name(all[i]->resource), check_name(a->resource),
					  check_name(b->resource));
			}
}
