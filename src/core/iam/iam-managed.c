/* AWS-managed policies that matter here, as AWS publishes them. */
#include "core/iam/iam-internal.h"

#include <string.h>

#include "base/str.h"

struct managed {
	const char *path; /* behind ":policy/" */
	const char *text;
};
#define ALLOW(actions)                                                                             \
	"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[" actions    \
	"],\"Resource\":\"*\"}]}"

/* clang-format off */
static const struct managed table[] = {
	{ "service-role/AmazonECSTaskExecutionRolePolicy",
	  ALLOW("\"ecr:GetAuthorizationToken\",\"ecr:BatchCheckLayerAvailability\","
		"\"ecr:GetDownloadUrlForLayer\",\"ecr:BatchGetImage\",\"logs:CreateLogStream\","
		"\"logs:PutLogEvents\"") },
	{ "AmazonElasticFileSystemClientReadWriteAccess",
	  ALLOW("\"elasticfilesystem:ClientMount\",\"elasticfilesystem:ClientWrite\","
		"\"elasticfilesystem:DescribeMountTargets\"") },
	{ "AmazonElasticFileSystemClientFullAccess",
	  ALLOW("\"elasticfilesystem:ClientMount\",\"elasticfilesystem:ClientRootAccess\","
		"\"elasticfilesystem:ClientWrite\",\"elasticfilesystem:DescribeMountTargets\"") },
	{ "AmazonElasticFileSystemClientReadOnlyAccess",
	  ALLOW("\"elasticfilesystem:ClientMount\",\"elasticfilesystem:DescribeMountTargets\"") },
	{ "service-role/AWSLambdaBasicExecutionRole",
	  ALLOW("\"logs:CreateLogGroup\",\"logs:CreateLogStream\",\"logs:PutLogEvents\"") },
	{ "CloudWatchAgentServerPolicy",
	  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"CWACloudWatchServerPermissions\","
	  "\"Effect\":\"Allow\",\"Action\":[\"cloudwatch:PutMetricData\",\"ec2:DescribeVolumes\","
	  "\"ec2:DescribeTags\",\"logs:PutLogEvents\",\"logs:PutRetentionPolicy\","
	  "\"logs:DescribeLogStreams\",\"logs:DescribeLogGroups\",\"logs:CreateLogStream\","
	  "\"logs:CreateLogGroup\",\"xray:PutTraceSegments\",\"xray:PutTelemetryRecords\","
	  "\"xray:GetSamplingRules\",\"xray:GetSamplingTargets\","
	  "\"xray:GetSamplingStatisticSummaries\"],\"Resource\":\"*\"},"
	  "{\"Sid\":\"CWASSMServerPermissions\",\"Effect\":\"Allow\",\"Action\":[\"ssm:GetParameter\"],"
	  "\"Resource\":\"arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*\"}]}" },
	{ "AWSXRayDaemonWriteAccess",
	  ALLOW("\"xray:PutTraceSegments\",\"xray:PutTelemetryRecords\",\"xray:GetSamplingRules\","
		"\"xray:GetSamplingTargets\",\"xray:GetSamplingStatisticSummaries\"") },
	{ "AdministratorAccess", ALLOW("\"*\"") },
	{ "AWSCloudFormationReadOnlyAccess",
	  ALLOW("\"cloudformation:Describe*\",\"cloudformation:EstimateTemplateCost\","
		"\"cloudformation:Get*\",\"cloudformation:List*\",\"cloudformation:ValidateTemplate\","
		"\"cloudformation:Detect*\"") },
	/* what it says about services that tasks and their deployment meet; it names hundreds of others */
	{ "ReadOnlyAccess",
	  ALLOW("\"cloudformation:Describe*\",\"cloudformation:Detect*\",\"cloudformation:Get*\","
		"\"cloudformation:List*\",\"ec2:Describe*\",\"ec2:Get*\",\"ecr:BatchCheck*\","
		"\"ecr:BatchGet*\",\"ecr:Describe*\",\"ecr:Get*\",\"ecr:List*\",\"ecs:Describe*\","
		"\"ecs:List*\",\"elasticfilesystem:Describe*\",\"elasticfilesystem:ListTagsForResource\","
		"\"iam:Generate*\",\"iam:Get*\",\"iam:List*\",\"iam:Simulate*\",\"kms:Describe*\","
		"\"kms:Get*\",\"kms:List*\",\"logs:Describe*\",\"logs:FilterLogEvents\",\"logs:Get*\","
		"\"logs:List*\",\"s3:Get*\",\"s3:List*\",\"secretsmanager:Describe*\","
		"\"secretsmanager:GetResourcePolicy\",\"secretsmanager:List*\",\"servicediscovery:Get*\","
		"\"servicediscovery:List*\",\"ssm:Describe*\",\"ssm:Get*\",\"ssm:List*\","
		"\"sts:GetAccessKeyInfo\",\"sts:GetCallerIdentity\"") },
	{ "SecretsManagerReadWrite",
	  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"BasePermissions\",\"Effect\":\"Allow\","
	  "\"Action\":[\"secretsmanager:*\",\"cloudformation:CreateChangeSet\","
	  "\"cloudformation:DescribeChangeSet\",\"cloudformation:DescribeStackResource\","
	  "\"cloudformation:DescribeStacks\",\"cloudformation:ExecuteChangeSet\","
	  "\"docdb-elastic:GetCluster\",\"docdb-elastic:ListClusters\",\"ec2:DescribeSecurityGroups\","
	  "\"ec2:DescribeSubnets\",\"ec2:DescribeVpcs\",\"kms:DescribeKey\",\"kms:ListAliases\","
	  "\"kms:ListKeys\",\"lambda:ListFunctions\",\"rds:DescribeDBClusters\","
	  "\"rds:DescribeDBInstances\",\"redshift:DescribeClusters\","
	  "\"redshift-serverless:ListWorkgroups\",\"redshift-serverless:GetNamespace\","
	  "\"tag:GetResources\"],\"Resource\":\"*\"},{\"Sid\":\"LambdaPermissions\",\"Effect\":\"Allow\","
	  "\"Action\":[\"lambda:AddPermission\",\"lambda:CreateFunction\",\"lambda:GetFunction\","
	  "\"lambda:InvokeFunction\",\"lambda:UpdateFunctionConfiguration\"],"
	  "\"Resource\":\"arn:aws:lambda:*:*:function:SecretsManager*\"},{\"Sid\":\"SARPermissions\","
	  "\"Effect\":\"Allow\",\"Action\":[\"serverlessrepo:CreateCloudFormationChangeSet\","
	  "\"serverlessrepo:GetApplication\"],"
	  "\"Resource\":\"arn:aws:serverlessrepo:*:*:applications/SecretsManager*\"},"
	  "{\"Sid\":\"S3Permissions\",\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\"],"
	  "\"Resource\":[\"arn:aws:s3:::awsserverlessrepo-changesets*\","
	  "\"arn:aws:s3:::secrets-manager-rotation-apps-*/*\"]}]}" },
	{ "CloudWatchLogsFullAccess", ALLOW("\"logs:*\",\"cloudwatch:GenerateQuery\"") },
	{ "AmazonSSMReadOnlyAccess", ALLOW("\"ssm:Describe*\",\"ssm:Get*\",\"ssm:List*\"") },
	{ "AmazonSSMManagedInstanceCore",
	  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":["
	  "\"ssm:DescribeAssociation\",\"ssm:GetDeployablePatchSnapshotForInstance\",\"ssm:GetDocument\","
	  "\"ssm:DescribeDocument\",\"ssm:GetManifest\",\"ssm:GetParameter\",\"ssm:GetParameters\","
	  "\"ssm:ListAssociations\",\"ssm:ListInstanceAssociations\",\"ssm:PutInventory\","
	  "\"ssm:PutComplianceItems\",\"ssm:PutConfigurePackageResult\",\"ssm:UpdateAssociationStatus\","
	  "\"ssm:UpdateInstanceAssociationStatus\",\"ssm:UpdateInstanceInformation\"],\"Resource\":\"*\"},"
	  "{\"Effect\":\"Allow\",\"Action\":[\"ssmmessages:CreateControlChannel\","
	  "\"ssmmessages:CreateDataChannel\",\"ssmmessages:OpenControlChannel\","
	  "\"ssmmessages:OpenDataChannel\"],\"Resource\":\"*\"},{\"Effect\":\"Allow\",\"Action\":["
	  "\"ec2messages:AcknowledgeMessage\",\"ec2messages:DeleteMessage\",\"ec2messages:FailMessage\","
	  "\"ec2messages:GetEndpoint\",\"ec2messages:GetMessages\",\"ec2messages:SendReply\"],"
	  "\"Resource\":\"*\"}]}" },
	{ "AmazonEC2ContainerRegistryReadOnly",
	  ALLOW("\"ecr:GetAuthorizationToken\",\"ecr:BatchCheckLayerAvailability\","
		"\"ecr:GetDownloadUrlForLayer\",\"ecr:GetRepositoryPolicy\","
		"\"ecr:DescribeRepositories\",\"ecr:ListImages\",\"ecr:DescribeImages\","
		"\"ecr:BatchGetImage\",\"ecr:GetLifecyclePolicy\",\"ecr:GetLifecyclePolicyPreview\","
		"\"ecr:ListTagsForResource\",\"ecr:DescribeImageScanFindings\"") },
	{ "AmazonEC2ContainerRegistryPullOnly",
	  ALLOW("\"ecr:GetAuthorizationToken\",\"ecr:BatchGetImage\",\"ecr:GetDownloadUrlForLayer\","
		"\"ecr:BatchImportUpstreamImage\",\"ecr:BatchCheckLayerAvailability\"") },
	{ "AmazonEC2ContainerRegistryFullAccess",
	  ALLOW("\"ecr:*\",\"cloudtrail:LookupEvents\"") },
	{ "AmazonS3ReadOnlyAccess",
	  ALLOW("\"s3:Get*\",\"s3:List*\",\"s3:Describe*\",\"s3-object-lambda:Get*\","
		"\"s3-object-lambda:List*\"") },
	{ "AmazonS3FullAccess", ALLOW("\"s3:*\",\"s3-object-lambda:*\"") },
	{ "PowerUserAccess",
	  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"NotAction\":["
	  "\"iam:*\",\"organizations:*\",\"account:*\"],\"Resource\":\"*\"},{\"Effect\":\"Allow\","
	  "\"Action\":[\"account:GetAccountInformation\",\"account:GetPrimaryEmail\","
	  "\"account:ListRegions\",\"iam:CreateServiceLinkedRole\",\"iam:DeleteServiceLinkedRole\","
	  "\"iam:ListRoles\",\"organizations:DescribeOrganization\"],\"Resource\":\"*\"}]}" },
};
/* clang-format on */
#define COUNT (sizeof(table) / sizeof(table[0]))

/* "arn:<partition>:iam::aws:policy/<path>" -> path; NULL for other ARNs */
static const char *managed_path(const char *arn)
{
	static const char rest[] = ":iam::aws:policy/";
	const char *at = str_starts(arn, "arn:") ? strchr(arn + 4, ':') : NULL;

	return at && str_starts(at, rest) ? at + strlen(rest) : NULL;
}

const json_t *iam_managed_policy(const char *arn)
{
	/* Parsed once, kept until the process ends: callers hold borrowed documents. */
	static json_t *documents[COUNT];
	const char *path = arn ? managed_path(arn) : NULL;

	for (size_t i = 0; path && i < COUNT; i++) {
		if (strcmp(table[i].path, path) != 0)
			continue;
		if (!documents[i])
			(void)json_parse_text(path, table[i].text, strlen(table[i].text),
					      &documents[i], NULL);
		return documents[i];
	}
	return NULL;
}
