/* Security groups, the file system and the roles of the nodes. */
#include "core/synth/synth-internal.h"

#include <string.h>

#include "base/str.h"

static void add_node_ingress(struct synth *s, unsigned port, const char *what)
{
	OWN(str) char *logical = str_printf("NodeFromNodes%u", port);

	synth_resource(
		s, logical,
		"{'Type':'AWS::EC2::SecurityGroupIngress','Properties':{'GroupId':{'Fn::GetAtt':"
		"['NodeGroup','GroupId']},'SourceSecurityGroupId':{'Fn::GetAtt':['NodeGroup',"
		"'GroupId']},'IpProtocol':'tcp','FromPort':%u,'ToPort':%u,'Description':'%s'}}",
		port, port, what);
	json_add_str(s->routes, logical); /* services start when their peers may come in */
}

static void add_groups(struct synth *s)
{
	synth_resource(
		s, "NodeGroup",
		"{'Type':'AWS::EC2::SecurityGroup','Properties':{'GroupDescription':'MPC nodes',"
		"'SecurityGroupEgress':[{'IpProtocol':'-1','CidrIp':'0.0.0.0/0','Description':"
		"'anywhere'}]}}");
	synth_set(s, "NodeGroup", "VpcId", json_incref(s->vpc));
	add_node_ingress(s, s->n->peer_port, "MPC peers");
	add_node_ingress(s, 3030, "NEAR RPC");
	add_node_ingress(s, 8080, "MPC web server");
	add_node_ingress(s, 24567, "NEAR P2P");
	synth_resource(
		s, "StorageGroup",
		"{'Type':'AWS::EC2::SecurityGroup','Properties':{'GroupDescription':'MPC storage',"
		"'SecurityGroupIngress':[{'IpProtocol':'tcp','FromPort':2049,'ToPort':2049,"
		"'SourceSecurityGroupId':{'Fn::GetAtt':['NodeGroup','GroupId']},'Description':"
		"'NFS from the nodes'}]}}");
	synth_set(s, "StorageGroup", "VpcId", json_incref(s->vpc));
}

static bool is_local(const struct synth *s)
{
	return !strcmp(s->n->chain, "localnet");
}

/* Key shares live here: on a public chain the file system outlives its stack. */
static void add_file_system(struct synth *s)
{
	const char *keep = is_local(s) ? "Delete" : "Retain";

	synth_resource(
		s, "Storage",
		"{'Type':'AWS::EFS::FileSystem','DeletionPolicy':'%s','UpdateReplacePolicy':'%s',"
		"'Properties':{'Encrypted':true,'FileSystemPolicy':{'Version':'2012-10-17',"
		"'Statement':[{'Effect':'Allow','Principal':{'AWS':'*'},'Action':"
		"['elasticfilesystem:ClientWrite','elasticfilesystem:ClientRootAccess'],"
		"'Condition':{'Bool':{'elasticfilesystem:AccessedViaMountTarget':'true'}}}]},"
		"'FileSystemTags':[{'Key':'Name','Value':{'Ref':'AWS::StackName'}}]}}",
		keep, keep);
	if (!is_local(s)) /* bursting throughput starves a database that follows a public chain */
		synth_set(s, "Storage", "ThroughputMode", json_string("elastic"));
}

void synth_add_storage(struct synth *s)
{
	add_groups(s);
	add_file_system(s);
	for (size_t i = 0; i < json_array_size(s->subnets); i++) {
		OWN(str) char *logical = str_printf("MountTarget%c", (char)('A' + i));

		synth_resource(
			s, logical,
			"{'Type':'AWS::EFS::MountTarget','Properties':{'FileSystemId':{'Ref':"
			"'Storage'},'SecurityGroups':[{'Fn::GetAtt':['StorageGroup','GroupId']}]}"
			"}");
		synth_set(s, logical, "SubnetId", json_incref(json_array_get(s->subnets, i)));
		json_add_str(s->mounts, logical);
	}
}

/* Reads the keys, pulls the image and writes the logs, all before the container runs. */
static void add_execution_role(struct synth *s)
{
	json_t *secrets = json_array();

	synth_resource(
		s, "ExecutionRole",
		"{'Type':'AWS::IAM::Role','Properties':{'AssumeRolePolicyDocument':" SYNTH_TRUST
		",'ManagedPolicyArns':[" SYNTH_EXECUTION_POLICY "],'Policies':[{'PolicyName':"
		"'secrets','PolicyDocument':{'Version':'2012-10-17','Statement':[{'Effect':'Allow',"
		"'Action':'secretsmanager:GetSecretValue'}]}}]}}");
	for (size_t i = 0; i < s->n->node_count; i++) {
		json_array_append_new(secrets, synth_value(s, "{'Ref':'Node%zuAccountSecret'}", i));
		json_array_append_new(secrets, synth_value(s, "{'Ref':'Node%zuPeerSecret'}", i));
		json_array_append_new(secrets, synth_value(s, "{'Ref':'Node%zuStoreSecret'}", i));
		if (!is_local(s))
			json_array_append_new(secrets,
					      synth_value(s, "{'Ref':'Node%zuBackupSecret'}", i));
	}
	json_object_set_new(json_path(s->resources, "ExecutionRole.Properties.Policies.0."
						    "PolicyDocument.Statement.0"),
			    "Resource", secrets);
}

/* The mount uses this one, and only through the nodes' own access points. */
static void add_task_role(struct synth *s)
{
	json_t *points = json_array();

	synth_resource(
		s, "TaskRole",
		"{'Type':'AWS::IAM::Role','Properties':{'AssumeRolePolicyDocument':" SYNTH_TRUST
		",'Policies':[{'PolicyName':'storage','PolicyDocument':{'Version':'2012-10-17',"
		"'Statement':[{'Effect':'Allow','Action':['elasticfilesystem:ClientMount',"
		"'elasticfilesystem:ClientWrite'],'Resource':{'Fn::GetAtt':['Storage','Arn']},"
		"'Condition':{'StringEquals':{}}}]}}]}}");
	for (size_t i = 0; i < s->n->node_count; i++)
		json_array_append_new(points,
				      synth_value(s, "{'Fn::GetAtt':['Node%zuFiles','Arn']}", i));
	json_object_set_new(json_path(s->resources, "TaskRole.Properties.Policies.0.PolicyDocument."
						    "Statement.0.Condition.StringEquals"),
			    "elasticfilesystem:AccessPointArn", points);
}

void synth_add_roles(struct synth *s)
{
	add_execution_role(s);
	add_task_role(s);
}
