/* File systems and volumes as a whole: whether they outlive their stack (D18), carry a database's
 * load (D24), are where their instance is (D26), and can be decrypted (D28). */
#include <string.h>

#include "core/check/check-asked.h"
#include "core/check/check-topology.h"

/* ---- D18, D24: file systems of nodes --------------------------------------------------------- */

enum chain { CHAIN_UNKNOWN, CHAIN_LOCAL, CHAIN_PUBLIC };

static enum chain chain_of(const struct deployment *d, const struct deployment_service *s)
{
	const json_t *node = check_node(s);
	const char *name = node ? check_text(d, deployment_environment(node, "MPC_ENV", NULL)) : "";

	if (!strcmp(name, "testnet") || !strcmp(name, "mainnet"))
		return CHAIN_PUBLIC;
	return !strcmp(name, "mpc-localnet") ? CHAIN_LOCAL : CHAIN_UNKNOWN;
}

/* The first node that has the file system, and its chain. */
static const struct deployment_service *
user_of(const struct deployment *d, const struct deployment_file_system *fs, enum chain *ret_chain)
{
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++)
		for (size_t v = 0; services[i]->task && v < services[i]->task->volume_count; v++)
			if (services[i]->task->volumes[v].system == fs && check_node(services[i])) {
				*ret_chain = chain_of(d, services[i]);
				return services[i];
			}
	return NULL;
}

typedef void file_system_visit(struct check *c, const struct deployment_file_system *fs,
			       const struct deployment_service *s, enum chain chain);

static void each_file_system(struct check *c, file_system_visit *visit)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_file_system *const *all;
	size_t count;

	all = deployment_file_systems(d, &count);
	for (size_t i = 0; i < count; i++) {
		enum chain chain = CHAIN_UNKNOWN;
		const struct deployment_service *s =
			all[i]->resource ? user_of(d, all[i], &chain) : NULL;

		if (s && chain != CHAIN_UNKNOWN)
			visit(c, all[i], s, chain);
	}
}

/* A condition at the file system means that the stack can use one that is there already. */
static void system_d18(struct check *c, const struct deployment_file_system *fs,
		       const struct deployment_service *s, enum chain chain)
{
	const json_t *given = json_object_get(fs->resource->body, "DeletionPolicy");
	const char *policy = given ? json_string_value(given) : "Delete";
	bool kept = policy && str_starts(policy, "Retain");
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = fs->resource,
				   .second = s->resource };

	if (!policy)
		return;
	if (chain == CHAIN_PUBLIC && !kept) {
		f.remedy = "\"DeletionPolicy\": \"Retain\", \"UpdateReplacePolicy\": \"Retain\"";
		check_add(
			c, &f,
			"file system %s holds key shares of a public chain and is deleted together "
			"with its stack",
			check_name(fs->resource));
	} else if (chain == CHAIN_LOCAL && kept &&
		   !json_object_get(fs->resource->body, "Condition")) {
		f.remedy = "\"DeletionPolicy\": \"Delete\"";
		check_add(c, &f,
			  "file system %s of a local chain stays behind when its stack is deleted, "
			  "and the next stack makes another one",
			  check_name(fs->resource));
	}
}

static void system_d24(struct check *c, const struct deployment_file_system *fs,
		       const struct deployment_service *s, enum chain chain)
{
	const struct deployment *d = check_deployment(c);
	const json_t *mode = json_object_get(fs->resource->properties, "ThroughputMode");
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = fs->resource,
				   .property = mode ? "ThroughputMode" : NULL,
				   .second = s->resource,
				   .remedy = "\"ThroughputMode\": \"elastic\"" };

	if (chain == CHAIN_PUBLIC && (!mode || !strcmp(check_text(d, mode), "bursting")))
		check_add(c, &f,
			  "file system %s carries the database of a node of a public chain in "
			  "bursting mode: its credits run out while the node catches up",
			  check_name(fs->resource));
}

void check_d18(struct check *c)
{
	each_file_system(c, system_d18);
}

void check_d24(struct check *c)
{
	each_file_system(c, system_d24);
}

/* ---- D26 ------------------------------------------------------------------------------------- */

static const char *zone_text(const struct deployment *d, const json_t *value)
{
	const char *text = value ? deployment_text(d, value) : NULL;

	return text ? text : json_str(value, "$symbol");
}

static const char *zone_of_instance(const struct deployment *d,
				    const struct deployment_resource *instance)
{
	const json_t *p = instance->properties, *id = json_object_get(p, "SubnetId");
	const json_t *nic = json_array_get(json_list(p, "NetworkInterfaces"), 0);
	const struct deployment_subnet *subnet;

	if (!id)
		id = json_object_get(nic, "SubnetId");
	subnet = id ? check_find_subnet(d, id) : NULL;
	return subnet ? subnet->zone : zone_text(d, json_object_get(p, "AvailabilityZone"));
}

static void attached(struct check *c, const struct deployment_resource *instance,
		     const json_t *volume_id)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_resource *volume =
		volume_id ? deployment_target(d, volume_id, NULL) : NULL;
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = volume,
				   .property = "AvailabilityZone",
				   .second = instance };
	OWN(str) char *remedy = NULL;
	const char *zone, *own;

	if (!check_is_type(volume, "AWS::EC2::Volume") ||
	    !check_is_type(instance, "AWS::EC2::Instance"))
		return;
	zone = zone_text(d, json_object_get(volume->properties, "AvailabilityZone"));
	own = zone_of_instance(d, instance);
	if (check_same_zone(zone, own) != VERDICT_FAIL)
		return;
	remedy = str_printf("\"AvailabilityZone\": {\"Fn::GetAtt\":[\"%s\",\"AvailabilityZone\"]}",
			    instance->logical);
	f.remedy = remedy;
	check_add(c, &f,
		  "volume %s and instance %s, which it is attached to, are in different zones",
		  check_name(volume), check_name(instance));
}

void check_d26(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_resource *all;
	size_t count, k;
	const json_t *one;

	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++) {
		const json_t *p = all[i].properties, *id = json_object_get(p, "InstanceId");

		if (check_is_type(&all[i], "AWS::EC2::VolumeAttachment") && id)
			attached(c, deployment_target(d, id, NULL), json_object_get(p, "VolumeId"));
		if (check_is_type(&all[i], "AWS::EC2::Instance"))
			json_array_foreach(json_list(p, "Volumes"), k, one)
				attached(c, &all[i], json_object_get(one, "VolumeId"));
	}
}

/* ---- D28 ------------------------------------------------------------------------------------- */

void check_d28(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_file_system *const *all;
	size_t count;

	all = deployment_file_systems(d, &count);
	for (size_t i = 0; i < count; i++) {
		const json_t *id =
			all[i]->resource ? json_object_get(all[i]->resource->properties, "KmsKeyId")
					 : NULL;
		const struct deployment_resource *key = id ? deployment_target(d, id, NULL) : NULL;
		struct check_finding f = { .severity = CHECK_FAIL,
					   .resource = all[i]->resource,
					   .property = "KmsKeyId",
					   .second = key };

		if (!id || strstr(check_text(d, id), "alias/aws/"))
			continue;
		if (!key && asked_key(c, all[i]->resource))
			continue;
		if (!key) {
			f.severity = CHECK_UNKNOWN;
			f.lookup = "aws kms describe-key of KmsKeyId: its KeyState is Enabled";
			check_add(c, &f,
				  "file system %s is encrypted with a key outside of the templates",
				  check_name(all[i]->resource));
		} else if (check_is_type(key, "AWS::KMS::Key") &&
			   check_truth(d, json_object_get(key->properties, "Enabled"),
				       VERDICT_PASS) == VERDICT_FAIL) {
			f.remedy = "\"Enabled\": true at the key";
			check_add(c, &f, "key %s of file system %s is switched off",
				  check_name(key), check_name(all[i]->resource));
		}
	}
}
