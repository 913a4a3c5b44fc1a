/* Instances: the API's view. One image can run here, the built-in localnet; ec2-machine.c runs it.
 */
#include "engine/cloud/ec2/ec2-internal.h"
#include "engine/cloud/ec2/ec2-machine.h"

#include <string.h>

static const struct ec2_filter instance_filters[] = {
	{ "instance-id", "instanceId" },
	{ "vpc-id", "vpcId" },
	{ "subnet-id", "subnetId" },
	{ "image-id", "imageId" },
	{ "instance-type", "instanceType" },
	{ "instance-state-name", "instanceState.name" },
	{ "instance-state-code", "instanceState.code" },
	{ "private-ip-address", "privateIpAddress" },
	{ "ip-address", "ipAddress" },
	{ "private-dns-name", "privateDnsName" },
	{ "availability-zone", "placement.availabilityZone" },
	{ "group-id", "groupSet.groupId" },
	{ "instance.group-id", "groupSet.groupId" },
	{ "network-interface.network-interface-id", "networkInterfaceSet.networkInterfaceId" },
	{ 0 },
};
const struct ec2_thing ec2_instance = {
	.kind = "ec2:instance",
	.prefix = "i-",
	.id_key = "instanceId",
	.in_key = "InstanceId",
	.set = "instancesSet",
	.tag_type = "instance",
	.missing_code = "InvalidInstanceID.NotFound",
	.missing_head = "The instance ID '",
	.missing_tail = "' does not exist",
	.filters = instance_filters,
};

static int decode_user_data(const char *text, json_t **ret, struct err *err)
{
	OWN(str) char *plain = NULL;
	uint8_t *raw;
	size_t len;

	if (text[0] != '{' && base64_decode(text, strlen(text), &raw, &len) == 0)
		plain = str_dup_n((const char *)raw, len), free(raw);
	else
		plain = str_dup(text);
	return json_parse_text("UserData", plain, strlen(plain), ret, err);
}

/* 0: *ret is the caller's object. The localnet image takes its settings there and nowhere else. */
static int read_user_data(struct call *c, json_t **ret)
{
	static const char *const known[] = { "KeySecretArn", "ContractId", "ChainId" };
	const char *text = json_str(c->in, "UserData"), *key;
	OWN(json) json_t *data = NULL;
	json_t *value;
	struct err err = { 0 };

	if (!text)
		return call_fail(
			c, 400, "MissingParameter",
			"The request must contain the parameter UserData: the localnet image "
			"needs {\"KeySecretArn\": ...}");
	if (strlen(text) > 21848 || decode_user_data(text, &data, &err) < 0)
		return call_fail(c, 400, "InvalidUserData.Malformed",
				 "Invalid BASE64 encoding of user data, or not a JSON object.");
	json_object_foreach(data, key, value)
		if ((strcmp(key, known[0]) && strcmp(key, known[1]) && strcmp(key, known[2])) ||
		    !json_is_string(value))
			return call_fail(c, 400, "InvalidUserData.Malformed",
					 "User data of the localnet image has "
					 "texts KeySecretArn, "
					 "ContractId and ChainId only, not %s.",
					 key);
	if (!json_str(data, "KeySecretArn"))
		return call_fail(c, 400, "InvalidUserData.Malformed",
				 "User data of the localnet image needs KeySecretArn.");
	*ret = GIVE(data);
	return 0;
}

static int check_request(struct call *c)
{
	const char *image = ec2_need(c, "ImageId");

	if (!image)
		return -1;
	if (strcmp(image, EC2_LOCALNET_IMAGE) != 0)
		return call_fail(c, 400, "InvalidAMIID.NotFound",
				 "The image id '[%s]' does not exist: the only image of the local "
				 "cloud is " EC2_LOCALNET_IMAGE ", the built-in localnet",
				 image);
	if (json_int_or(c->in, "MinCount", 1) != 1 || json_int_or(c->in, "MaxCount", 1) != 1)
		return ec2_invalid(c, json_str(c->in, "MaxCount"), "maxCount",
				   "One instance at a time.");
	return 0;
}

static json_t *make_interface(struct hub *hub, struct call *c, const json_t *subnet)
{
	OWN(json) json_t *groups = ec2_texts(c->in, "SecurityGroupId");
	OWN(json)
	json_t *in = json_pack("{s:s, s:O, s:s, s:s*, s:b}", "SubnetId",
			       ec2_id(&ec2_subnet, subnet), "SecurityGroupId", groups, "mpcup:kind",
			       "instance", "PrivateIpAddress", json_str(c->in, "PrivateIpAddress"),
			       "mpcup:public", json_bool_or(subnet, "mapPublicIpOnLaunch", false));
	OWN(json) json_t *out = json_object();
	struct call made = { .service = c->service, .in = in, .out = out };

	if (ec2_create_network_interface(hub, &made) < 0) {
		(void)call_fail(c, made.status, made.code, "%s", made.message);
		return NULL;
	}
	return hub_get(hub, ec2_interface.kind,
		       json_str(json_map(out, "networkInterface"), "networkInterfaceId"));
}

static json_t *describe_interface(const json_t *i)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "networkInterfaceId",
			 ec2_id(&ec2_interface, i), "subnetId", json_str(i, "subnetId"), "vpcId",
			 json_str(i, "vpcId"), "privateIpAddress", json_str(i, "privateIpAddress"),
			 "status", "in-use", "groupSet", json_list(i, "groupSet"));
}

static json_t *new_instance(struct hub *hub, struct call *c, const json_t *i, const json_t *data)
{
	OWN(str) char *now = aws_time_iso(hub_now_ms(hub));
	json_t *o = json_pack(
		"{s:s, s:{s:i, s:s}, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:[o], s:O, s:s, "
		"s:s, s:s, s:O}",
		"imageId", EC2_LOCALNET_IMAGE, "instanceState", "code", 0, "name", "pending",
		"privateDnsName", json_str(i, "privateDnsName"), "privateIpAddress",
		json_str(i, "privateIpAddress"), "subnetId", json_str(i, "subnetId"), "vpcId",
		json_str(i, "vpcId"), "instanceType",
		json_str_or(c->in, "InstanceType", "t3.small"), "launchTime", now, "placement",
		"availabilityZone", json_str(i, "availabilityZone"), "tenancy", "default",
		"networkInterfaceSet", describe_interface(i), "groupSet", json_list(i, "groupSet"),
		"architecture", "x86_64", "rootDeviceType", "ebs", "_interface",
		ec2_id(&ec2_interface, i), "_data", data);

	json_set_str(o, "ipAddress", json_str(json_map(i, "association"), "publicIp"));
	return ec2_new(hub, c, &ec2_instance, o);
}

static void reply_reservation(struct hub *hub, json_t *to, const json_t *instances)
{
	OWN(str) char *id = hub_id(hub, "r-", 17);

	json_set_str(to, "reservationId", id);
	json_set_str(to, "ownerId", hub_account(hub));
	json_object_set_new(to, "groupSet", json_array());
	json_object_set_new(to, "instancesSet", json_deep_copy(instances));
}

int ec2_run_instances(struct hub *hub, struct call *c)
{
	OWN(json) json_t *data = NULL, *shown = NULL;
	json_t *subnet, *interface, *instance;

	if (check_request(c) < 0 || !(subnet = ec2_named(hub, c, &ec2_subnet)) ||
	    read_user_data(c, &data) < 0 || !(interface = make_interface(hub, c, subnet)))
		return -1;
	instance = new_instance(hub, c, interface, data);
	ec2_machine_start(hub, ec2_id(&ec2_instance, instance));
	shown = json_pack("[o]", ec2_show(hub, &ec2_instance, instance));
	reply_reservation(hub, c->out, shown);
	return 0;
}

static void terminate(struct hub *hub, json_t *instance)
{
	OWN(json)
	json_t *in = json_pack("{s:s}", "NetworkInterfaceId", json_str(instance, "_interface"));
	OWN(json) json_t *out = json_object();
	struct call c = { .in = in, .out = out };

	ec2_machine_end(hub, ec2_id(&ec2_instance, instance));
	(void)ec2_delete_network_interface(hub, &c);
	ec2_remove(hub, &ec2_instance, ec2_id(&ec2_instance, instance));
}

int ec2_terminate_instances(struct hub *hub, struct call *c)
{
	OWN(json) json_t *ids = ec2_texts(c->in, "InstanceId");
	json_t *list = json_array(), *id;
	size_t i;

	json_object_set_new(c->out, "instancesSet", list);
	json_array_foreach(ids, i, id)
		if (!ec2_find(hub, c, &ec2_instance, json_string_value(id)))
			return -1;
	json_array_foreach(ids, i, id) {
		json_t *instance = hub_get(hub, ec2_instance.kind, json_string_value(id));

		if (!instance)
			continue; /* named twice */
		json_array_append_new(list, json_pack("{s:O, s:{s:i, s:s}, s:O}", "instanceId", id,
						      "currentState", "code", 48, "name",
						      "terminated", "previousState",
						      json_map(instance, "instanceState")));
		terminate(hub, instance);
	}
	return 0;
}

int ec2_describe_instances(struct hub *hub, struct call *c)
{
	json_t *reservations = json_array(), *instance;
	OWN(json) json_t *found = NULL;
	size_t i;

	if (ec2_describe(hub, c, &ec2_instance) < 0) {
		json_decref(reservations);
		return -1;
	}
	found = json_incref(json_list(c->out, ec2_instance.set));
	json_object_del(c->out, ec2_instance.set);
	json_object_set_new(c->out, "reservationSet", reservations);
	json_array_foreach(found, i, instance) {
		OWN(json) json_t *one = json_pack("[O]", instance);
		json_t *row = json_object();

		reply_reservation(hub, row, one);
		json_array_append_new(reservations, row);
	}
	return 0;
}
