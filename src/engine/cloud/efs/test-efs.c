#include "engine/cloud/efs/efs.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/test.h"

/* EC2 as far as EFS asks it: subnet-a and subnet-b in two zones of vpc-1; one task at 10.0.0.50 in
 * zone a. */
static int subnets(struct hub *hub, struct call *c)
{
	const char *id = json_string_value(json_array_get(json_list(c->in, "SubnetId"), 0));

	(void)hub;
	if (!str_eq(id, "subnet-a") && !str_eq(id, "subnet-b"))
		return call_fail(c, 400, "InvalidSubnetID.NotFound", "no");
	json_object_set_new(c->out, "subnetSet",
			    json_pack("[{s:s,s:s,s:s}]", "subnetId", id, "vpcId", "vpc-1",
				      "availabilityZone",
				      str_eq(id, "subnet-a") ? "us-east-1a" : "us-east-1b"));
	return 0;
}

static int make_interface(struct hub *hub, struct call *c)
{
	OWN(str) char *id = hub_id(hub, "eni-", 17);

	CHECK_STR(json_str(c->in, "mpcup:kind"), "mount-target");
	json_object_set_new(
		c->out, "networkInterface",
		json_pack("{s:s,s:s,s:s}", "networkInterfaceId", id, "privateIpAddress",
			  str_eq(json_str(c->in, "SubnetId"), "subnet-a") ? "10.0.0.4" : "10.0.1.4",
			  "vpcId", "vpc-1"));
	return 0;
}

static int fine(struct hub *hub, struct call *c)
{
	(void)hub;
	(void)c;
	return 0;
}

static int attribute(struct hub *hub, struct call *c)
{
	(void)hub;
	json_object_set_new(c->out, "enableDnsHostnames", json_pack("{s:b}", "value", 1));
	return 0;
}

static int interfaces(struct hub *hub, struct call *c)
{
	const char *address = json_string_value(json_path(c->in, "Filter.1.Value.0"));

	(void)hub;
	json_object_set_new(c->out, "networkInterfaceSet",
			    str_eq(address, "10.0.0.50")
				    ? json_pack("[{s:s}]", "availabilityZone", "us-east-1a")
				    : json_array());
	return 0;
}

static int zones(struct hub *hub, struct call *c)
{
	(void)hub;
	CHECK_STR(json_string_value(json_path(c->in, "ZoneName.0")), "us-east-1b");
	json_object_set_new(c->out, "availabilityZoneInfo",
			    json_pack("[{s:s}]", "zoneId", "use1-az2"));
	return 0;
}

static const struct action ec2_actions[] = {
	{ .name = "DescribeAvailabilityZones", .run = zones },
	{ .name = "DescribeSubnets", .run = subnets },
	{ .name = "CreateNetworkInterface", .run = make_interface },
	{ .name = "DeleteNetworkInterface", .run = fine },
	{ .name = "DescribeVpcAttribute", .run = attribute },
	{ .name = "DescribeNetworkInterfaces", .run = interfaces },
	{ 0 }
};
static const struct service ec2 = { .name = "ec2", .actions = ec2_actions };
static const struct service *const services[] = { &ec2, &service_efs, NULL };

/* Rights of the test: what stands in `granted`, per action; the question is noted. */
static char granted[256], asked_role[128], asked_context[1024];
static bool decide(struct hub *hub, const struct hub_question *q, struct err *why)
{
	OWN(str) char *context = json_text(q->context);

	(void)hub;
	(void)err_set(why, ERR_REMOTE, "no");
	(void)snprintf(asked_role, sizeof(asked_role), "%s",
		       q->principal ? q->principal : "anonymous");
	(void)snprintf(asked_context, sizeof(asked_context), "%s", context);
	return strstr(granted, strrchr(q->action, ':') + 1) != NULL;
}

struct world {
	struct event_base *base;
	struct hub *hub;
	char directory[64];
};

static void make(struct world *w)
{
	struct hub_options o = { .services = services };
	struct err err = { 0 };

	(void)snprintf(w->directory, sizeof(w->directory), "/tmp/mpcup-efs-XXXXXX");
	CHECK(mkdtemp(w->directory) != NULL);
	w->base = event_base_new();
	o.events = w->base;
	o.state_dir = w->directory;
	CHECK_OK(hub_new(&o, &w->hub, &err), err);
	CHECK_OK(hub_start(w->hub, &err), err);
	hub_set_authorizer(w->hub, decide);
	(void)snprintf(granted, sizeof(granted), "ClientMount ClientWrite ClientRootAccess");
}

static void end(struct world *w)
{
	OWN(str) char *clean = str_printf("rm -rf '%s'", w->directory);

	hub_free(w->hub);
	event_base_free(w->base);
	CHECK_INT(system(clean), 0);
}

/* {"error": code} in place of a reply when the call fails. */
static json_t *call(struct world *w, const char *action, json_t *in)
{
	OWN(json) json_t *own = in;
	json_t *out = NULL;
	char code[96] = "";
	struct err err = { 0 };

	if (hub_call(w->hub, NULL, "efs", action, own, &out, code, &err) < 0)
		return json_pack("{s:s}", "error", code);
	return out;
}

static char *make_system(struct world *w)
{
	OWN(json) json_t *out = call(w, "CreateFileSystem", json_pack("{s:b}", "Encrypted", 1));

	return str_dup(json_str(out, "FileSystemId"));
}

static char *make_point(struct world *w, const char *system, const char *path, int creation,
			int uid)
{
	json_t *root = json_pack("{s:s}", "Path", path);
	OWN(json) json_t *out = NULL;

	if (creation)
		json_object_set_new(root, "CreationInfo",
				    json_pack("{s:s,s:s,s:s}", "OwnerUid", "1000", "OwnerGid",
					      "1000", "Permissions", "755"));
	out = call(w, "CreateAccessPoint",
		   json_pack("{s:s,s:o,s:{s:i,s:i}}", "FileSystemId", system, "RootDirectory", root,
			     "PosixUser", "Uid", uid, "Gid", uid));
	return str_dup(json_str(out, "AccessPointId"));
}

static json_t *mount(struct world *w, const char *system, const char *point)
{
	return call(w, "mpcup:Mount",
		    json_pack("{s:s,s:s*,s:b,s:s,s:b}", "FileSystemId", system, "AccessPointId",
			      point, "IAM", 1, "TaskRoleArn", "role", "TransitEncryption", 1));
}

TEST(efs, an_access_point_makes_its_directory_and_is_writable_for_its_owner)
{
	struct world w;
	OWN(str)
	char *system = (make(&w), make_system(&w)),
	     *point = make_point(&w, system, "/node-0", 1, 1000);
	OWN(json) json_t *out = mount(&w, system, point);
	OWN(str) char *want = str_printf("%s/efs/%s/node-0", w.directory, system);

	CHECK_STR(json_str(out, "Source"), want);
	CHECK(json_is_false(json_object_get(out, "ReadOnly")));
	CHECK_INT(access(want, W_OK), 0);
	CHECK_STR(asked_role, "role");
	CHECK(strstr(asked_context, "accesspointarn") &&
	      strstr(asked_context, "accessedviamounttarget"));
	end(&w);
}

TEST(efs, another_identity_mounts_it_read_only)
{
	struct world w;
	OWN(str)
	char *system = (make(&w), make_system(&w)),
	     *owner = make_point(&w, system, "/a", 1, 1000);
	OWN(str) char *other = make_point(&w, system, "/a", 0, 2000);
	OWN(json) json_t *first = mount(&w, system, owner), *second = mount(&w, system, other);

	CHECK(json_is_false(json_object_get(first, "ReadOnly")));
	CHECK(json_is_true(json_object_get(second, "ReadOnly")));
	end(&w);
}

TEST(efs, rights_decide_mount_and_write)
{
	struct world w;
	OWN(str)
	char *system = (make(&w), make_system(&w)),
	     *point = make_point(&w, system, "/a", 1, 1000);

	(void)snprintf(granted, sizeof(granted), "ClientMount");
	{
		OWN(json) json_t *out = mount(&w, system, point);

		CHECK(json_is_true(json_object_get(out, "ReadOnly")));
	}
	(void)snprintf(granted, sizeof(granted), "ClientWrite");
	{
		OWN(json) json_t *out = mount(&w, system, point);

		CHECK_STR(json_str(out, "error"), "AccessDenied");
	}
	end(&w);
}

TEST(efs, what_does_not_fit_is_refused_with_its_reason)
{
	struct world w;
	OWN(str) char *system = (make(&w), make_system(&w)), *other = make_system(&w);
	OWN(str)
	char *point = make_point(&w, other, "/a", 1, 1000),
	     *bare = make_point(&w, system, "/b", 0, 1);
	OWN(json) json_t *mismatch = mount(&w, system, point), *missing = mount(&w, system, bare);
	OWN(json) json_t *unknown = mount(&w, "fs-0", NULL);
	OWN(json)
	json_t *path = call(&w, "CreateAccessPoint",
			    json_pack("{s:s,s:{s:s}}", "FileSystemId", system, "RootDirectory",
				      "Path", "/a/../../etc"));

	CHECK_STR(json_str(mismatch, "error"), "AccessPointMismatch");
	CHECK_STR(json_str(missing, "error"), "NoSuchDirectory");
	CHECK_STR(json_str(unknown, "error"), "FileSystemNotFound");
	CHECK_STR(json_str(path, "error"), "BadRequest");
	end(&w);
}

TEST(efs, a_link_that_a_container_left_leads_nowhere)
{
	struct world w;
	OWN(str)
	char *system = (make(&w), make_system(&w)),
	     *point = make_point(&w, system, "/a", 1, 1000);
	OWN(json) json_t *first = mount(&w, system, point), *out = NULL;
	OWN(str) char *link = str_printf("%s/escape", json_str(first, "Source"));

	CHECK_INT(symlink("/etc", link), 0);
	out = call(&w, "mpcup:Mount",
		   json_pack("{s:s,s:s,s:b}", "FileSystemId", system, "RootDirectory", "/a/escape",
			     "IAM", 0));
	CHECK_STR(json_str(out, "error"), "NoSuchDirectory");
	end(&w);
}

static char *make_target(struct world *w, const char *system, const char *subnet)
{
	OWN(json)
	json_t *out = call(w, "CreateMountTarget",
			   json_pack("{s:s,s:s,s:[s]}", "FileSystemId", system, "SubnetId", subnet,
				     "SecurityGroups", "sg-1"));
	const char *id = json_str(out, "MountTargetId");

	return str_dup(id ? id : json_str(out, "error"));
}

TEST(efs, one_mount_target_a_zone_and_its_name_is_found_from_that_zone)
{
	struct world w;
	OWN(str)
	char *system = (make(&w), make_system(&w)),
	     *a = make_target(&w, system, "subnet-a");
	OWN(str)
	char *again = make_target(&w, system, "subnet-a"),
	     *b = make_target(&w, system, "subnet-b");
	OWN(str) char *name = str_printf("%s.efs.us-east-1.amazonaws.com", system);
	OWN(json) json_t *found = NULL, *busy = NULL;
	unsigned ttl;

	CHECK(str_starts(a, "fsmt-") && str_starts(b, "fsmt-"));
	CHECK_STR(again, "MountTargetConflict");
	CHECK_INT(hub_resolve(w.hub, "vpc-1", 0x0a000032, name, &found, &ttl), HUB_NAME_FOUND);
	CHECK_STR(json_string_value(json_array_get(found, 0)), "10.0.0.4");
	CHECK_INT(hub_resolve(w.hub, "vpc-1", 0x0a000133, name, &found, &ttl), HUB_NAME_ABSENT);
	CHECK_INT(hub_resolve(w.hub, "vpc-1", 0x0a000032, "example.com", &found, &ttl),
		  HUB_NAME_UNKNOWN);
	busy = call(&w, "DeleteFileSystem", json_pack("{s:s}", "FileSystemId", system));
	CHECK_STR(json_str(busy, "error"), "FileSystemInUse");
	json_decref(call(&w, "DeleteMountTarget", json_pack("{s:s}", "MountTargetId", a)));
	json_decref(call(&w, "DeleteMountTarget", json_pack("{s:s}", "MountTargetId", b)));
	json_decref(busy);
	busy = call(&w, "DeleteFileSystem", json_pack("{s:s}", "FileSystemId", system));
	CHECK(!json_str(busy, "error"));
	end(&w);
}

TEST(efs, a_one_zone_file_system_takes_a_mount_target_in_its_own_zone_only)
{
	struct world w;
	OWN(json)
	json_t *made = (make(&w), call(&w, "CreateFileSystem",
				       json_pack("{s:s}", "AvailabilityZoneName", "us-east-1b"))),
	       *elsewhere = call(&w, "CreateFileSystem",
				 json_pack("{s:s}", "AvailabilityZoneName", "eu-west-1a")),
	       *a = call(&w, "CreateMountTarget",
			 json_pack("{s:O,s:s}", "FileSystemId", json_object_get(made, "FileSystemId"),
				   "SubnetId", "subnet-a")),
	       *b = call(&w, "CreateMountTarget",
			 json_pack("{s:O,s:s}", "FileSystemId", json_object_get(made, "FileSystemId"),
				   "SubnetId", "subnet-b"));

	CHECK_STR(json_str(made, "AvailabilityZoneName"), "us-east-1b");
	CHECK_STR(json_str(made, "AvailabilityZoneId"), "use1-az2");
	CHECK_STR(json_str(elsewhere, "error"), "UnsupportedAvailabilityZone");
	CHECK_STR(json_str(a, "error"), "AvailabilityZonesMismatch");
	CHECK_STR(json_str(b, "AvailabilityZoneName"), "us-east-1b");
	end(&w);
}

/* The error's code, or "" */
static const char *life_cycle(struct world *w, const char *id, json_t *policies)
{
	static char code[64];
	OWN(json)
	json_t *out = call(w, "PutLifecycleConfiguration",
			   json_pack("{s:s,s:o}", "FileSystemId", id, "LifecyclePolicies", policies));

	(void)snprintf(code, sizeof(code), "%s", json_str_or(out, "error", ""));
	return code;
}

TEST(efs, backup_and_life_cycle_policies_are_kept_and_shown)
{
	struct world w;
	OWN(str) char *id = (make(&w), make_system(&w));
	OWN(json)
	json_t *none = call(&w, "DescribeBackupPolicy", json_pack("{s:s}", "FileSystemId", id)),
	       *put = call(&w, "PutBackupPolicy",
			   json_pack("{s:s,s:{s:s}}", "FileSystemId", id, "BackupPolicy", "Status",
				     "ENABLED")),
	       *wrong = call(&w, "PutBackupPolicy",
			     json_pack("{s:s,s:{s:s}}", "FileSystemId", id, "BackupPolicy", "Status",
				       "ON")),
	       *now = call(&w, "DescribeBackupPolicy", json_pack("{s:s}", "FileSystemId", id)),
	       *shown = NULL, *described = NULL;

	CHECK_STR(json_string_value(json_path(none, "BackupPolicy.Status")), "DISABLED");
	CHECK_STR(json_string_value(json_path(put, "BackupPolicy.Status")), "ENABLED");
	CHECK_STR(json_str(wrong, "error"), "ValidationException");
	CHECK_STR(json_string_value(json_path(now, "BackupPolicy.Status")), "ENABLED");
	CHECK_STR(life_cycle(&w, id, json_pack("[{s:s}]", "TransitionToIA", "AFTER_2_DAYS")),
		  "BadRequest");
	CHECK_STR(life_cycle(&w, id,
			     json_pack("[{s:s,s:s}]", "TransitionToIA", "AFTER_7_DAYS",
				       "TransitionToArchive", "AFTER_90_DAYS")),
		  "BadRequest");
	CHECK_STR(life_cycle(&w, id, json_pack("[{s:s}]", "TransitionToIA", "AFTER_7_DAYS")), "");
	shown = call(&w, "DescribeLifecycleConfiguration", json_pack("{s:s}", "FileSystemId", id));
	CHECK_STR(json_string_value(json_path(shown, "LifecyclePolicies.0.TransitionToIA")),
		  "AFTER_7_DAYS");
	described = call(&w, "DescribeFileSystems", json_pack("{s:s}", "FileSystemId", id));
	CHECK(json_path(described, "FileSystems.0.BackupPolicy") == NULL);
	end(&w);
}
