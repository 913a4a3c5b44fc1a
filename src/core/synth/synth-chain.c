/* The local chain: as a stack of its own, inside a network's template, or beside a stack that
 * expects it at an address. */
#include "core/synth/synth-internal.h"

#include "base/str.h"

#define CHAIN_IMAGE "mpcup/localnet:1"

/* The network's group when it is in the same template, otherwise everyone in the VPC. */
static void add_sources(struct synth *s, json_t *rules, unsigned port, const char *what,
			bool with_nodes)
{
	static const char *const private_ranges[] = { "10.0.0.0/8", "172.16.0.0/12",
						      "192.168.0.0/16" };
	const char *const own[] = { s->n->vpc_cidr };
	const char *const *ranges = s->n->vpc_id ? private_ranges : own;
	size_t count = s->n->vpc_id ? 3 : 1;

	if (with_nodes) {
		json_array_append_new(
			rules, synth_value(s,
					   "{'IpProtocol':'tcp','FromPort':%u,'ToPort':%u,"
					   "'SourceSecurityGroupId':{'Fn::GetAtt':['NodeGroup',"
					   "'GroupId']},'Description':'%s'}",
					   port, port, what));
		return;
	}
	for (size_t i = 0; i < count; i++)
		json_array_append_new(rules,
				      synth_value(s,
						  "{'IpProtocol':'tcp','FromPort':%u,'ToPort':%u,"
						  "'CidrIp':'%s','Description':'%s'}",
						  port, port, ranges[i], what));
}

static void add_group(struct synth *s, bool with_nodes)
{
	json_t *rules = json_array();

	synth_resource(
		s, "NearGroup",
		"{'Type':'AWS::EC2::SecurityGroup','Properties':{'GroupDescription':'NEAR chain',"
		"'SecurityGroupEgress':[{'IpProtocol':'-1','CidrIp':'0.0.0.0/0','Description':"
		"'anywhere'}]}}");
	add_sources(s, rules, 3030, "NEAR RPC", with_nodes);
	add_sources(s, rules, 24567, "NEAR P2P", with_nodes);
	synth_set(s, "NearGroup", "SecurityGroupIngress", rules);
	synth_set(s, "NearGroup", "VpcId", json_incref(s->vpc));
}

static void add_key(struct synth *s)
{
	synth_parameter(s, "NodeKey",
			"{'Type':'String','NoEcho':true,'AllowedPattern':'" SYNTH_KEY_PATTERN
			"','ConstraintDescription':'must be ed25519: and 64 bytes in base58',"
			"'Description':'Node key of the chain'}");
	synth_parameter(s, "NodePublicKey",
			"{'Type':'String','AllowedPattern':'" SYNTH_PUBLIC_PATTERN
			"','ConstraintDescription':'must be ed25519: and 32 bytes in base58',"
			"'Description':'Public half of the node key'}");
	synth_resource(s, "NearSecret",
		       "{'Type':'AWS::SecretsManager::Secret','DeletionPolicy':'Delete',"
		       "'UpdateReplacePolicy':'Delete','Properties':{'Description':'Node key of "
		       "the chain',"
		       "'SecretString':{'Ref':'NodeKey'}}}");
	synth_resource(
		s, "NearExecutionRole",
		"{'Type':'AWS::IAM::Role','Properties':{'AssumeRolePolicyDocument':" SYNTH_TRUST
		",'ManagedPolicyArns':[" SYNTH_EXECUTION_POLICY "],'Policies':[{'PolicyName':"
		"'secrets','PolicyDocument':{'Version':'2012-10-17','Statement':[{'Effect':'Allow',"
		"'Action':'secretsmanager:GetSecretValue','Resource':{'Ref':'NearSecret'}}]}}]}}");
}

static void add_task(struct synth *s)
{
	synth_resource(
		s, "NearLog",
		"{'Type':'AWS::Logs::LogGroup','DeletionPolicy':'Retain','UpdateReplacePolicy':"
		"'Retain','Properties':{'RetentionInDays':%u}}",
		s->n->log_retention_days);
	synth_resource(
		s, "NearTask",
		"{'Type':'AWS::ECS::TaskDefinition','Properties':{'Family':{'Fn::Sub':"
		"'${AWS::StackName}-near'},'Cpu':'512','Memory':'1024','NetworkMode':'awsvpc',"
		"'RequiresCompatibilities':['FARGATE'],'RuntimePlatform':{'CpuArchitecture':'X86_"
		"64',"
		"'OperatingSystemFamily':'LINUX'},'ExecutionRoleArn':{'Fn::GetAtt':['"
		"NearExecutionRole',"
		"'Arn']},'ContainerDefinitions':[{'Name':'near','Image':'" CHAIN_IMAGE
		"','Essential':true,"
		"'LinuxParameters':{'InitProcessEnabled':true},'Ulimits':[{'Name':'nofile','"
		"SoftLimit':"
		"65535,'HardLimit':65535}],'PortMappings':[{'ContainerPort':3030,'Protocol':'tcp'},"
		"{'ContainerPort':24567,'Protocol':'tcp'}],'Environment':[{'Name':'MPC_CHAIN_ID','"
		"Value':"
		"'%s'},{'Name':'MPC_CONTRACT_ID','Value':'%s'}],'Secrets':[{'Name':'NEAR_NODE_KEY',"
		"'ValueFrom':{'Ref':'NearSecret'}}],'HealthCheck':{'Command':['CMD','bash','-c',"
		"'exec "
		"3<>/dev/tcp/127.0.0.1/"
		"3030'],'Interval':5,'Timeout':3,'Retries':6,'StartPeriod':60},"
		"'LogConfiguration':{'LogDriver':'awslogs','Options':{'awslogs-group':{'Ref':'"
		"NearLog'},"
		"'awslogs-region':{'Ref':'AWS::Region'},'awslogs-stream-prefix':'near','mode':"
		"'non-blocking','max-buffer-size':'25m'}}}]}}",
		s->n->mpc_env, s->n->contract);
}

void synth_add_chain(struct synth *s, bool with_nodes, const char *cluster)
{
	add_group(s, with_nodes);
	synth_resource(s, "NearNames",
		       "{'Type':'AWS::ServiceDiscovery::PrivateDnsNamespace','Properties':{'Name':"
		       "'near.local','Description':'NEAR chain'}}");
	synth_set(s, "NearNames", "Vpc", json_incref(s->vpc));
	add_key(s);
	add_task(s);
	synth_resource(
		s, "NearName",
		"{'Type':'AWS::ServiceDiscovery::Service','Properties':{'Name':'near',"
		"'NamespaceId':{'Fn::GetAtt':['NearNames','Id']},'DnsConfig':{'RoutingPolicy':"
		"'MULTIVALUE','DnsRecords':[{'Type':'A','TTL':10}]},'HealthCheckCustomConfig':"
		"{'FailureThreshold':1}}}");
	synth_resource(
		s, "Near",
		"{'Type':'AWS::ECS::Service','Properties':{'Cluster':{'Ref':'%s'},'LaunchType':"
		"'FARGATE','DesiredCount':1,'TaskDefinition':{'Ref':'NearTask'}," SYNTH_DEPLOYMENT
		",'NetworkConfiguration':{'AwsvpcConfiguration':{'AssignPublicIp':'DISABLED',"
		"'SecurityGroups':[{'Fn::GetAtt':['NearGroup','GroupId']}]}},'ServiceRegistries':"
		"[{'RegistryArn':{'Fn::GetAtt':['NearName','Arn']}}]}}",
		cluster);
	json_object_set(
		json_path(s->resources, "Near.Properties.NetworkConfiguration.AwsvpcConfiguration"),
		"Subnets", s->subnets);
	synth_depend(s, "Near", s->routes);
}

void synth_export_chain(struct synth *s)
{
	synth_export(s, "VpcId", json_incref(s->vpc));
	synth_export(s, "NearRpcUrl", json_string("http://near.near.local:3030"));
	synth_export(s, "NearBootNodes",
		     synth_value(s, "{'Fn::Sub':'${NodePublicKey}@near.near.local:24567'}"));
	synth_export(s, "NearNetworkId", json_string(s->n->mpc_env));
	synth_export(s, "MpcContractId", json_string(s->n->contract));
	for (size_t i = 0; i < json_array_size(s->subnets) && i < 2; i++)
		synth_export(s, i ? "PrivateSubnetB" : "PrivateSubnetA",
			     json_incref(json_array_get(s->subnets, i)));
}

int synth_attached_chain(int own_subnet, char **ret_text, struct err *err)
{
	struct synth s;
	int rc;

	synth_open(&s, NULL, err);
	synth_parameter(&s, "VpcId", "{'Type':'String','AllowedPattern':'^vpc-[0-9a-f]+$'}");
	if (own_subnet)
		synth_parameter(&s, "SubnetCidr",
				"{'Type':'String','AllowedPattern':'^[0-9.]+/[0-9]+$'}");
	else
		synth_parameter(&s, "SubnetId",
				"{'Type':'String','AllowedPattern':'^subnet-[0-9a-f]+$'}");
	synth_parameter(&s, "VpcCidr", "{'Type':'String','AllowedPattern':'^[0-9.]+/[0-9]+$'}");
	synth_parameter(&s, "Address", "{'Type':'String','AllowedPattern':'^[0-9.]+$'}");
	synth_parameter(
		&s, "KeySecretArn",
		"{'Type':'String','AllowedPattern':'^arn:.+:secret:.+$','Description':'Secret with "
		"the chain\\u0027s node key'}");
	synth_resource(
		&s, "ChainGroup",
		"{'Type':'AWS::EC2::SecurityGroup','Properties':{'GroupDescription':'NEAR chain',"
		"'VpcId':{'Ref':'VpcId'},'SecurityGroupIngress':[{'IpProtocol':'tcp','FromPort':"
		"3030,"
		"'ToPort':3030,'CidrIp':{'Ref':'VpcCidr'},'Description':'NEAR RPC'},{'IpProtocol':"
		"'tcp','FromPort':24567,'ToPort':24567,'CidrIp':{'Ref':'VpcCidr'},'Description':"
		"'NEAR P2P'}],'SecurityGroupEgress':[{'IpProtocol':'-1','CidrIp':'0.0.0.0/0',"
		"'Description':'anywhere'}]}}");
	if (own_subnet)
		synth_resource(&s, "ChainSubnet",
			       "{'Type':'AWS::EC2::Subnet','Properties':{'VpcId':{'Ref':'VpcId'},"
			       "'CidrBlock':{'Ref':'SubnetCidr'}}}");
	synth_resource(
		&s, "Chain",
		"{'Type':'AWS::EC2::Instance','Properties':{'ImageId':'ami-0000000000localnet',"
		"'InstanceType':'t3.small','SubnetId':{'Ref':'%s'},'PrivateIpAddress':{'Ref':"
		"'Address'},'SecurityGroupIds':[{'Fn::GetAtt':['ChainGroup','GroupId']}],'UserData'"
		":"
		"{'Fn::Sub':'{\\u0022KeySecretArn\\u0022:\\u0022${KeySecretArn}\\u0022}'},'Tags':"
		"[{'Key':'Name','Value':{'Ref':'AWS::StackName'}}]}}",
		own_subnet ? "ChainSubnet" : "SubnetId");
	json_object_set_new(s.outputs, "InstanceId", synth_value(&s, "{'Value':{'Ref':'Chain'}}"));
	json_object_set_new(s.outputs, "NearRpcUrl",
			    synth_value(&s, "{'Value':{'Fn::Sub':'http://${Address}:3030'}}"));
	rc = synth_finish(
		&s, "A local NEAR chain at an address that a network expects, written by mpcup",
		SYNTH_JSON, ret_text);
	synth_close(&s);
	return rc;
}
