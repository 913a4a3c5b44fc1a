/* Mount targets: one per zone, all in one VPC, each with an interface that answers NFS; their
 * names. */
#include "engine/cloud/efs/efs-internal.h"

#include <string.h>
#include <strings.h>

enum { TTL_SECONDS = 60, GROUPS_MOST = 5 };

int efs_serve(struct hub *hub, const json_t *target, struct err *err)
{
	if (!hub_fabric(hub))
		return 0;
	return fabric_interface_serve_nfs(hub_fabric(hub), json_str(target, "NetworkInterfaceId"),
					  err);
}

/* ---- EC2's side
 * ---------------------------------------------------------------------------------------- */

/* An error of EC2 in EFS's words. */
static int from_ec2(struct call *c, const char *code, const struct err *err)
{
	static const struct {
		const char *part, *code;
		int status;
	} table[] = {
		{ "InvalidSubnetID", "SubnetNotFound", 400 },
		{ "InvalidGroup", "SecurityGroupNotFound", 400 },
		{ "SecurityGroupsPerInterface", "SecurityGroupLimitExceeded", 400 },
		{ "InvalidIPAddress.InUse", "IpAddressInUse", 409 },
		{ "InsufficientFreeAddresses", "NoFreeAddressesInSubnet", 409 },
		{ "InternalError", "InternalServerError", 500 },
	};
	const char *text = strstr(err->text, ": ");

	text = text ? text + 2 : err->text;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strstr(code, table[i].part))
			return call_fail(c, table[i].status, table[i].code, "%s", text);
	return call_fail(c, 400, "BadRequest", "%s", text);
}

/* 0: *ret_out is the caller's. */
static int ask_ec2(struct hub *hub, struct call *c, const char *action, const json_t *in,
		   json_t **ret_out)
{
	struct err err = { 0 };
	char code[96] = "";

	if (hub_call(hub, NULL, "ec2", action, in, ret_out, code, &err) == 0)
		return 0;
	return from_ec2(c, code, &err);
}

static int find_subnet(struct hub *hub, struct call *c, const char *id, json_t **ret)
{
	OWN(json) json_t *in = json_pack("{s:[s]}", "SubnetId", id), *out = NULL;

	if (ask_ec2(hub, c, "DescribeSubnets", in, &out) < 0)
		return -1;
	*ret = json_incref(json_array_get(json_list(out, "subnetSet"), 0));
	return *ret ? 0
		    : call_fail(c, 400, "SubnetNotFound", "The subnet ID '%s' does not exist", id);
}

/* ---- creation
 * ---------------------------------------------------------------------------------------------- */

static int check_place(struct hub *hub, struct call *c, const json_t *file_system,
		       const json_t *subnet)
{
	const char *fs = json_str(file_system, "FileSystemId"), *id;
	const char *only = json_str(file_system, "AvailabilityZoneName");
	const char *zone = json_str(subnet, "availabilityZone");
	json_t *other;

	if (only && !str_eq(only, zone))
		return call_fail(c, 400, "AvailabilityZonesMismatch",
				 "The file system is in availability zone %s, the subnet in %s.",
				 only, zone);
	json_object_foreach(hub_all(hub, EFS_MOUNT_TARGET), id, other)
	{
		if (!str_eq(json_str(other, "FileSystemId"), fs))
			continue;
		if (!str_eq(json_str(other, "VpcId"), json_str(subnet, "vpcId")))
			return call_fail(c, 409, "MountTargetConflict",
					 "requested subnet for new mount target is not in the same "
					 "VPC as existing mount targets");
		if (str_eq(json_str(other, "AvailabilityZoneName"), zone))
			return call_fail(c, 409, "MountTargetConflict",
					 "mount target already exists in this AZ");
	}
	return 0;
}

static int make_interface(struct hub *hub, struct call *c, const char *file_system,
			  const char *target, json_t **ret)
{
	OWN(str) char *about = str_printf("EFS mount target for %s (%s)", file_system, target);
	OWN(json)
	json_t *in = json_pack("{s:s, s:s, s:s}", "SubnetId", json_str(c->in, "SubnetId"),
			       "Description", about, "mpcup:kind", "mount-target");
	OWN(json) json_t *out = NULL;
	json_t *groups = json_list(c->in, "SecurityGroups");

	if (json_array_size(groups) > GROUPS_MOST)
		return call_fail(c, 400, "SecurityGroupLimitExceeded",
				 "At most %d security groups for a mount target.", GROUPS_MOST);
	if (groups)
		json_object_set(in, "SecurityGroupId", groups);
	json_set_str(in, "PrivateIpAddress", json_str(c->in, "IpAddress"));
	if (ask_ec2(hub, c, "CreateNetworkInterface", in, &out) < 0)
		return -1;
	*ret = json_incref(json_map(out, "networkInterface"));
	return 0;
}

static json_t *new_target(struct hub *hub, const char *file_system, const char *id,
			  const json_t *interface, const json_t *subnet)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "OwnerId",
			      hub_account(hub), "MountTargetId", id, "FileSystemId", file_system,
			      "SubnetId", json_str(interface, "subnetId"), "LifeCycleState",
			      "available", "IpAddress", json_str(interface, "privateIpAddress"),
			      "NetworkInterfaceId", json_str(interface, "networkInterfaceId"),
			      "AvailabilityZoneName", json_str(interface, "availabilityZone"),
			      "VpcId", json_str(interface, "vpcId"));

	json_set_str(o, "AvailabilityZoneId", json_str(subnet, "availabilityZoneId"));
	hub_put(hub, EFS_MOUNT_TARGET, id, o);
	json_decref(o);
	return hub_get(hub, EFS_MOUNT_TARGET, id);
}

static int drop(struct hub *hub, struct call *c, const json_t *target)
{
	OWN(json)
	json_t *in =
		json_pack("{s:s}", "NetworkInterfaceId", json_str(target, "NetworkInterfaceId"));
	struct err err = { 0 };
	char code[96] = "";

	if (hub_call(hub, NULL, "ec2", "DeleteNetworkInterface", in, NULL, code, &err) < 0 &&
	    !strstr(code, "NotFound"))
		return from_ec2(c, code, &err);
	hub_remove(hub, EFS_MOUNT_TARGET, json_str(target, "MountTargetId"));
	return 0;
}

int efs_create_mount_target(struct hub *hub, struct call *c)
{
	json_t *file_system = efs_file_system(hub, c, "FileSystemId"), *target;
	const char *subnet_id = file_system ? efs_need(c, "SubnetId") : NULL;
	OWN(str) char *id = hub_id(hub, "fsmt-", 17);
	OWN(json) json_t *subnet = NULL, *interface = NULL;
	struct err err = { 0 };

	if (!subnet_id || find_subnet(hub, c, subnet_id, &subnet) < 0 ||
	    check_place(hub, c, file_system, subnet) < 0 ||
	    make_interface(hub, c, json_str(file_system, "FileSystemId"), id, &interface) < 0)
		return -1;
	target = new_target(hub, json_str(file_system, "FileSystemId"), id, interface, subnet);
	if (efs_serve(hub, target, &err) < 0) {
		(void)drop(hub, c, target);
		return call_fail(c, 500, "InternalServerError", "%s", err.text);
	}
	json_object_update(c->out, target);
	return 0;
}

/* ---- the rest of the API
 * --------------------------------------------------------------------------------- */

static int wanted_file_system(struct hub *hub, struct call *c, const char **ret)
{
	const json_t *o;

	*ret = NULL;
	if (json_str(c->in, "AccessPointId")) {
		o = efs_access_point(hub, c, "AccessPointId");
		*ret = json_str(o, "FileSystemId");
		return o ? 0 : -1;
	}
	if (!json_str(c->in, "FileSystemId"))
		return 0;
	o = efs_file_system(hub, c, "FileSystemId");
	*ret = json_str(o, "FileSystemId");
	return o ? 0 : -1;
}

int efs_describe_mount_targets(struct hub *hub, struct call *c)
{
	const char *target = json_str(c->in, "MountTargetId"), *file_system, *id;
	json_t *list = json_array(), *o;

	json_object_set_new(c->out, "MountTargets", list);
	if (wanted_file_system(hub, c, &file_system) < 0)
		return -1;
	if (target && !efs_mount_target(hub, c, "MountTargetId"))
		return -1;
	if (!target && !file_system)
		return call_fail(
			c, 400, "BadRequest",
			"One of MountTargetId, FileSystemId, AccessPointId must be specified.");
	json_object_foreach(
		hub_all(hub, EFS_MOUNT_TARGET), id,
		o) if ((!target || !strcmp(target, id)) &&
		       (!file_system || str_eq(json_str(o, "FileSystemId"), file_system)))
		json_array_append_new(list, efs_show(o));
	return efs_page(c, list, "MaxItems", "Marker", "NextMarker");
}

int efs_delete_mount_target(struct hub *hub, struct call *c)
{
	json_t *target = efs_mount_target(hub, c, "MountTargetId");

	return target ? drop(hub, c, target) : -1;
}

int efs_describe_mount_target_groups(struct hub *hub, struct call *c)
{
	json_t *target = efs_mount_target(hub, c, "MountTargetId"), *list = json_array(), *group;
	OWN(json) json_t *in = NULL, *out = NULL;
	size_t i;

	json_object_set_new(c->out, "SecurityGroups", list);
	if (!target)
		return -1;
	in = json_pack("{s:[s]}", "NetworkInterfaceId", json_str(target, "NetworkInterfaceId"));
	if (ask_ec2(hub, c, "DescribeNetworkInterfaces", in, &out) < 0)
		return -1;
	json_array_foreach(json_list(json_path(out, "networkInterfaceSet.0"), "groupSet"), i, group)
		json_add_str(list, json_str(group, "groupId"));
	return 0;
}

int efs_modify_mount_target_groups(struct hub *hub, struct call *c)
{
	json_t *target = efs_mount_target(hub, c, "MountTargetId");
	json_t *groups = json_list(c->in, "SecurityGroups");
	OWN(json) json_t *in = NULL;

	if (!target)
		return -1;
	if (!json_array_size(groups) || json_array_size(groups) > GROUPS_MOST)
		return call_fail(c, 400, "SecurityGroupLimitExceeded",
				 "1 to %d security groups for a mount target.", GROUPS_MOST);
	in = json_pack("{s:s, s:O}", "NetworkInterfaceId", json_str(target, "NetworkInterfaceId"),
		       "SecurityGroupId", groups);
	return ask_ec2(hub, c, "ModifyNetworkInterfaceAttribute", in, NULL);
}

/* ---- names
 * ----------------------------------------------------------------------------------------------------
 */

static bool dns_attribute(struct hub *hub, const char *vpc, const char *attribute)
{
	OWN(json) json_t *in = json_pack("{s:s, s:s}", "VpcId", vpc, "Attribute", attribute);
	OWN(json) json_t *out = NULL;

	return hub_call(hub, NULL, "ec2", "DescribeVpcAttribute", in, &out, NULL, NULL) == 0 &&
	       json_bool_or(json_map(out, attribute), "value", false);
}

/* Zone of the subnet that holds an address; caller frees; NULL: none. */
static char *zone_of(struct hub *hub, const char *vpc, uint32_t address)
{
	OWN(json)
	json_t *in = json_pack("{s:[{s:s, s:[s]}]}", "Filter", "Name", "vpc-id", "Value", vpc);
	OWN(json) json_t *out = NULL;
	size_t i;
	json_t *subnet;

	if (hub_call(hub, NULL, "ec2", "DescribeSubnets", in, &out, NULL, NULL) < 0)
		return NULL;
	json_array_foreach(json_list(out, "subnetSet"), i, subnet)
	{
		uint32_t base;
		unsigned bits;

		if (ip_parse_cidr(json_str(subnet, "cidrBlock"), &base, &bits) == 0 &&
		    ip_in_cidr(address, base, bits))
			return str_dup(json_str(subnet, "availabilityZone"));
	}
	return NULL;
}

/* "fs-1.efs.<region>.amazonaws.com" or "<zone>.fs-1.efs...": 0 and both parts (caller's). */
static int split_name(struct hub *hub, const char *name, char **ret_file_system, char **ret_zone)
{
	OWN(str) char *tail = str_printf(".efs.%s.amazonaws.com", hub_region(hub));
	size_t len = strlen(name), tail_len = strlen(tail);
	OWN(str) char *head = NULL;
	char *dot;

	if (len && name[len - 1] == '.')
		len--;
	if (len <= tail_len || strncasecmp(name + len - tail_len, tail, tail_len) != 0)
		return -1;
	head = str_dup_n(name, len - tail_len);
	for (char *p = head; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	dot = strchr(head, '.');
	*ret_file_system = str_dup(dot ? dot + 1 : head);
	*ret_zone = dot ? str_dup_n(head, (size_t)(dot - head)) : NULL;
	return 0;
}

int efs_resolve(struct hub *hub, const char *vpc, uint32_t asker, const char *name, json_t **ret,
		unsigned *ret_ttl)
{
	OWN(str) char *file_system = NULL, *zone = NULL;
	const char *id;
	json_t *target;

	if (split_name(hub, name, &file_system, &zone) < 0)
		return HUB_NAME_UNKNOWN;
	if (!dns_attribute(hub, vpc, "enableDnsSupport") ||
	    !dns_attribute(hub, vpc, "enableDnsHostnames"))
		return HUB_NAME_ABSENT;
	if (!zone)
		zone = zone_of(hub, vpc, asker);
	json_object_foreach(hub_all(hub, EFS_MOUNT_TARGET), id,
			    target) if (str_eq(json_str(target, "FileSystemId"), file_system) &&
					str_eq(json_str(target, "VpcId"), vpc) && zone &&
					str_eq(json_str(target, "AvailabilityZoneName"), zone))
	{
		*ret = json_pack("[s]", json_str(target, "IpAddress"));
		*ret_ttl = TTL_SECONDS;
		return HUB_NAME_FOUND;
	}
	return HUB_NAME_ABSENT;
}
