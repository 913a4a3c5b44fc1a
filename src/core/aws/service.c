#include "core/aws/aws.h"

#include <string.h>

/* clang-format off */
static const struct aws_service services[] = {
	{ "sts", "sts", AWS_QUERY, "2011-06-15", NULL, "https://sts.amazonaws.com/doc/2011-06-15/" },
	{ "cloudformation", "cloudformation", AWS_QUERY, "2010-05-15", NULL,
	  "http://cloudformation.amazonaws.com/doc/2010-05-15/" },
	{ "iam", "iam", AWS_QUERY, "2010-05-08", NULL, "https://iam.amazonaws.com/doc/2010-05-08/" },
	{ "ec2", "ec2", AWS_EC2, "2016-11-15", NULL, "http://ec2.amazonaws.com/doc/2016-11-15/" },
	{ "elbv2", "elasticloadbalancing", AWS_QUERY, "2015-12-01", NULL,
	  "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/" },
	{ "ecs", "ecs", AWS_JSON11, NULL, "AmazonEC2ContainerServiceV20141113.", NULL },
	{ "logs", "logs", AWS_JSON11, NULL, "Logs_20140328.", NULL },
	{ "secretsmanager", "secretsmanager", AWS_JSON11, NULL, "secretsmanager.", NULL },
	{ "servicediscovery", "servicediscovery", AWS_JSON11, NULL, "Route53AutoNaming_v20170314.",
	  NULL },
	{ "ssm", "ssm", AWS_JSON11, NULL, "AmazonSSM.", NULL },
	{ "kms", "kms", AWS_JSON11, NULL, "TrentService.", NULL },
	{ "ecr", "ecr", AWS_JSON11, NULL, "AmazonEC2ContainerRegistry_V20150921.", NULL },
	{ "application-autoscaling", "application-autoscaling", AWS_JSON11, NULL,
	  "AnyScaleFrontendService.", NULL },
	{ "cloudtrail", "cloudtrail", AWS_JSON11, NULL,
	  "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.", NULL },
	{ "service-quotas", "servicequotas", AWS_JSON11, NULL, "ServiceQuotasV20190624.", NULL },
	{ "cloudwatch", "monitoring", AWS_JSON10, NULL, "GraniteServiceVersion20100801.", NULL },
	{ "cloudcontrol", "cloudcontrolapi", AWS_JSON10, NULL, "CloudApiService.", NULL },
	{ "efs", "elasticfilesystem", AWS_REST_JSON, NULL, NULL, NULL },
	{ "s3", "s3", AWS_REST_XML, NULL, NULL, "http://s3.amazonaws.com/doc/2006-03-01/" },
};

/* The same rows as pointers: what aws_services() hands out. */
static const struct aws_service *const rows[] = {
	&services[0],  &services[1],  &services[2],  &services[3],  &services[4],  &services[5],
	&services[6],  &services[7],  &services[8],  &services[9],  &services[10], &services[11],
	&services[12], &services[13], &services[14], &services[15], &services[16], &services[17],
	&services[18],
};
/* clang-format on */

#define SERVICE_COUNT (sizeof(services) / sizeof(services[0]))
_Static_assert(sizeof(rows) / sizeof(rows[0]) == SERVICE_COUNT, "one pointer for each service");

const struct aws_service *const *aws_services(size_t *ret_count)
{
	*ret_count = SERVICE_COUNT;
	return rows;
}

const struct aws_service *aws_service_by_name(const char *name)
{
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		if (str_eq(services[i].name, name))
			return &services[i];
	return NULL;
}

const struct aws_service *aws_service_by_signing_name(const char *signing_name)
{
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		if (str_eq(services[i].signing_name, signing_name))
			return &services[i];
	return NULL;
}

const struct aws_service *aws_service_by_target(const char *x_amz_target)
{
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		if (services[i].target_prefix &&
		    str_starts(x_amz_target, services[i].target_prefix))
			return &services[i];
	return NULL;
}

const struct aws_service *aws_service_by_version(const char *version)
{
	for (size_t i = 0; i < SERVICE_COUNT; i++)
		if (services[i].version && str_eq(services[i].version, version))
			return &services[i];
	return NULL;
}
