/* AWS::S3::Bucket and AWS::S3::BucketPolicy */
#include "engine/cloud/s3/s3-internal.h"

#include <stdio.h>
#include <string.h>

static void set_attributes(struct hub *hub, struct resource *r)
{
	const char *name = r->physical, *region = hub_region(hub);
	OWN(str) char *arn = str_printf("arn:aws:s3:::%s", name);
	OWN(str) char *plain = str_printf("%s.s3.amazonaws.com", name);
	OWN(str) char *regional = str_printf("%s.s3.%s.amazonaws.com", name, region);
	OWN(str) char *dual = str_printf("%s.s3.dualstack.%s.amazonaws.com", name, region);
	OWN(str) char *web = str_printf("http://%s.s3-website-%s.amazonaws.com", name, region);

	json_set_str(r->attributes, "Arn", arn);
	json_set_str(r->attributes, "DomainName", plain);
	json_set_str(r->attributes, "RegionalDomainName", regional);
	json_set_str(r->attributes, "DualStackDomainName", dual);
	json_set_str(r->attributes, "WebsiteURL", web);
}

/* Buckets of this cloud have versions or not; they cannot stop to have them. */
static int check_versioning(const struct resource *r, struct err *err)
{
	const char *status = json_str_or(json_map(r->properties, "VersioningConfiguration"),
					 "Status", "Enabled");
	bool was = json_map(r->previous, "VersioningConfiguration") != NULL;

	if (!strcmp(status, "Enabled") &&
	    (!was || json_map(r->properties, "VersioningConfiguration")))
		return 0;
	return err_set(err, ERR_INPUT, "The local cloud does not suspend versioning");
}

static void take_versioning(struct hub *hub, const struct resource *r)
{
	json_t *bucket = hub_get(hub, S3_BUCKETS, r->physical);

	if (!json_map(r->properties, "VersioningConfiguration"))
		return;
	json_set_str(bucket, "Versioning", "Enabled");
	hub_put(hub, S3_BUCKETS, r->physical, bucket);
}

static int create(struct hub *hub, struct resource *r, struct err *err)
{
	const char *given = json_str(r->properties, "BucketName");
	OWN(str) char *name = given ? str_dup(given) : hub_physical_name(hub, r, 63, true);
	const json_t *before = hub_get(hub, S3_BUCKETS, name);

	if (!s3_bucket_name_fits(name))
		return err_set(err, ERR_INPUT, "Bucket name %s is not valid", name);
	/* `cdk bootstrap` makes what the cloud has put there for those who do not bootstrap */
	if (before && !json_bool_or(before, "Ours", false)) {
		(void)snprintf(r->error_code, sizeof(r->error_code), "AlreadyExists");
		return err_set(err, ERR_INPUT, "%s already exists", name);
	}
	if (check_versioning(r, err) < 0)
		return -1;
	s3_bucket_put(hub, name, json_map(r->properties, "BucketEncryption"), false);
	r->physical = GIVE(name);
	take_versioning(hub, r);
	set_attributes(hub, r);
	return RESOURCE_DONE;
}

static int update(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *bucket = hub_get(hub, S3_BUCKETS, r->physical);
	json_t *encryption = json_map(r->properties, "BucketEncryption");

	if (check_versioning(r, err) < 0)
		return -1;
	if (!bucket) {
		(void)snprintf(r->error_code, sizeof(r->error_code), "NotFound");
		return err_set(err, ERR_INPUT, "The specified bucket does not exist");
	}
	if (encryption)
		json_object_set_new(bucket, "Encryption", json_deep_copy(encryption));
	else
		json_object_del(bucket, "Encryption");
	hub_put(hub, S3_BUCKETS, r->physical, bucket);
	take_versioning(hub, r);
	set_attributes(hub, r);
	return RESOURCE_DONE;
}

static int remove_it(struct hub *hub, struct resource *r, struct err *err)
{
	if (!r->physical || !hub_get(hub, S3_BUCKETS, r->physical))
		return RESOURCE_DONE;
	if (!s3_bucket_empty(hub, r->physical))
		return err_set(err, ERR_INPUT,
			       "The bucket you tried to delete is not empty (Service: S3, Status "
			       "Code: 409)");
	hub_remove(hub, S3_BUCKETS, r->physical);
	return RESOURCE_DONE;
}

static const char *const replace_on[] = { "BucketName", NULL };
/* Public access is blocked here whatever the properties say: nobody but the account gets in. Nothing expires. */
static const char *const allowed[] = { "AccessControl",	   "BucketName",
				       "BucketEncryption", "LifecycleConfiguration",
				       "Tags",		   "PublicAccessBlockConfiguration",
				       "OwnershipControls", "VersioningConfiguration",
				       NULL };

const struct resource_kind s3_bucket_kind = {
	.type = "AWS::S3::Bucket",
	.replace_on = replace_on,
	.create = create,
	.update = update,
	.remove = remove_it,
	.allowed = allowed,
};

/* ---- the policy of a bucket: kept with it, not applied
 * -------------------------------------------------- */

static int put_policy(struct hub *hub, struct resource *r, struct err *err)
{
	const char *name = json_str_or(r->properties, "Bucket", "");
	json_t *bucket = hub_get(hub, S3_BUCKETS, name);

	if (!bucket) {
		(void)snprintf(r->error_code, sizeof(r->error_code), "NotFound");
		return err_set(err, ERR_INPUT, "The specified bucket does not exist");
	}
	json_object_set(bucket, "Policy", json_object_get(r->properties, "PolicyDocument"));
	hub_put(hub, S3_BUCKETS, name, bucket);
	if (!r->physical)
		r->physical = str_dup(name);
	return RESOURCE_DONE;
}

static int remove_policy(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *bucket = hub_get(hub, S3_BUCKETS, r->physical);

	(void)err;
	if (bucket) {
		json_object_del(bucket, "Policy");
		hub_put(hub, S3_BUCKETS, r->physical, bucket);
	}
	return RESOURCE_DONE;
}

static const char *const policy_replace_on[] = { "Bucket", NULL };
static const char *const policy_properties[] = { "Bucket", "PolicyDocument", NULL };

const struct resource_kind s3_policy_kind = {
	.type = "AWS::S3::BucketPolicy",
	.replace_on = policy_replace_on,
	.create = put_policy,
	.update = put_policy,
	.remove = remove_policy,
	.allowed = policy_properties,
	.required = policy_properties,
};
