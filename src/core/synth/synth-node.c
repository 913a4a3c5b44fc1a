/* One MPC node: keys, directory, logs, task, name and service. */
#include "core/synth/synth-internal.h"

#include <string.h>

#include "base/str.h"

static bool is_local(const struct synth *s)
{
	return !strcmp(s->n->chain, "localnet");
}

/* "Node<i><part>"; caller frees. */
static char *named(size_t i, const char *part)
{
	return str_printf("Node%zu%s", i, part);
}

/* ---- secrets
 * -------------------------------------------------------------------------------------- */

static void add_given_secret(struct synth *s, size_t i, const char *part, const char *what)
{
	OWN(str) char *key = str_printf("Node%zu%sKey", i, part);
	OWN(str) char *secret = str_printf("Node%zu%sSecret", i, part);

	synth_parameter(s, key,
			"{'Type':'String','NoEcho':true,'AllowedPattern':'" SYNTH_KEY_PATTERN
			"','ConstraintDescription':'must be ed25519: and 64 bytes in base58',"
			"'Description':'%s of node %zu'}",
			what, i);
	synth_resource(
		s, secret,
		"{'Type':'AWS::SecretsManager::Secret','DeletionPolicy':'Delete',"
		"'UpdateReplacePolicy':'Delete','Properties':{'Description':'%s of node %zu',"
		"'SecretString':{'Ref':'%s'}}}",
		what, i, key);
}

/* Hex digits only. On a public chain losing it loses the node's key share: it outlives the stack.
 */
static void add_hex_secret(struct synth *s, size_t i, const char *part, const char *what,
			   unsigned digits)
{
	OWN(str) char *secret = str_printf("Node%zu%sSecret", i, part);
	const char *keep = is_local(s) ? "Delete" : "Retain";

	synth_resource(s, secret,
		       "{'Type':'AWS::SecretsManager::Secret','DeletionPolicy':'%s',"
		       "'UpdateReplacePolicy':'%s','Properties':{'Description':'%s of node %zu',"
		       "'GenerateSecretString':{'PasswordLength':%u,'ExcludeCharacters':"
		       "'ghijklmnopqrstuvwxyz','ExcludeUppercase':true,'ExcludePunctuation':true,"
		       "'RequireEachIncludedType':false}}}",
		       keep, keep, what, i, digits);
}

static void add_secrets(struct synth *s, size_t i)
{
	add_given_secret(s, i, "Account", "NEAR account key");
	add_given_secret(s, i, "Peer", "P2P key");
	add_hex_secret(s, i, "Store", "Storage key", 32);
	if (!is_local(s))
		add_hex_secret(s, i, "Backup", "Backup key", 64);
}

/* ---- task
 * ----------------------------------------------------------------------------------------- */

static void variable(json_t *list, const char *name, json_t *value)
{
	json_t *entry = json_object();

	json_set_str(entry, "Name", name);
	json_object_set_new(entry, "Value", value);
	json_array_append_new(list, entry);
}

static json_t *environment(struct synth *s, const struct network_node *node)
{
	json_t *list = json_array();
	OWN(str)
	char *address = s->n->peer_port == 80
				? str_printf("%s.%s", node->host_name, s->n->namespace_name)
				: str_printf("%s.%s:%u", node->host_name, s->n->namespace_name,
					     s->n->peer_port);

	variable(list, "MPC_HOME_DIR", json_string("/data"));
	variable(list, "MPC_ENV", synth_network_id(s));
	variable(list, "MPC_ACCOUNT_ID", json_string(node->account));
	variable(list, "MPC_RESPONDER_ID", json_string(node->account));
	variable(list, "MPC_CONTRACT_ID", synth_contract(s));
	variable(list, "MPC_LOCAL_ADDRESS", json_string(address));
	variable(list, "NEAR_BOOT_NODES", synth_boot_nodes(s));
	variable(list, "NEAR_RPC_URL", synth_rpc_url(s));
	variable(list, "RUST_LOG", json_string("mpc=debug,info"));
	variable(list, "RUST_BACKTRACE", json_string("full"));
	return list;
}

static json_t *secrets(struct synth *s, size_t i)
{
	json_t *list = synth_value(
		s,
		"[{'Name':'MPC_ACCOUNT_SK','ValueFrom':{'Ref':'Node%zuAccountSecret'}},"
		"{'Name':'MPC_P2P_PRIVATE_KEY','ValueFrom':{'Ref':'Node%zuPeerSecret'}},"
		"{'Name':'MPC_SECRET_STORE_KEY','ValueFrom':{'Ref':"
		"'Node%zuStoreSecret'}}]",
		i, i, i);

	if (!is_local(s))
		json_array_append_new(list,
				      synth_value(s,
						  "{'Name':'MPC_BACKUP_ENCRYPTION_KEY_HEX',"
						  "'ValueFrom':{'Ref':'Node%zuBackupSecret'}}",
						  i));
	return list;
}

/* The web server binds before the embedded NEAR node syncs, so that a node which follows a public
 * chain for hours is not replaced; the image has bash and no curl. The first start downloads
 * configuration and genesis of a public chain, hence the longer grace. */
static json_t *health_check(struct synth *s)
{
	return synth_value(s,
			   "{'Command':['CMD','bash','-c','exec 3<>/dev/tcp/127.0.0.1/8080'],"
			   "'Interval':5,'Timeout':3,'Retries':%u,'StartPeriod':%u}",
			   is_local(s) ? 6 : 10, is_local(s) ? 120 : 300);
}

static json_t *container(struct synth *s, size_t i)
{
	const struct network_node *node = &s->n->nodes[i];
	json_t *c =
		synth_value(s,
			    "{'Name':'mpc','Essential':true,'StopTimeout':120,"
			    "'LinuxParameters':{'InitProcessEnabled':true},"
			    "'Ulimits':[{'Name':'nofile','SoftLimit':65535,'HardLimit':65535}],"
			    "'PortMappings':[{'ContainerPort':%u,'Protocol':'tcp'},"
			    "{'ContainerPort':3030,'Protocol':'tcp'},"
			    "{'ContainerPort':8080,'Protocol':'tcp'},"
			    "{'ContainerPort':24567,'Protocol':'tcp'}],"
			    "'MountPoints':[{'SourceVolume':'data','ContainerPath':'/data',"
			    "'ReadOnly':false}],"
			    "'LogConfiguration':{'LogDriver':'awslogs','Options':{'awslogs-group':"
			    "{'Ref':'Node%zuLog'},'awslogs-region':{'Ref':'AWS::Region'},"
			    "'awslogs-stream-prefix':'%s','mode':'non-blocking',"
			    "'max-buffer-size':'25m'}}}",
			    s->n->peer_port, i, node->host_name);

	json_object_set_new(c, "Image", synth_image(s, s->n->image));
	json_object_set_new(c, "Environment", environment(s, node));
	json_object_set_new(c, "Secrets", secrets(s, i));
	json_object_set_new(c, "HealthCheck", health_check(s));
	return c;
}

static void add_task(struct synth *s, size_t i)
{
	OWN(str) char *task = named(i, "Task");
	json_t *containers = json_array();

	synth_resource(
		s, task,
		"{'Type':'AWS::ECS::TaskDefinition','Properties':{'Family':{'Fn::Sub':"
		"'${AWS::StackName}-%s'},'Cpu':'%s','Memory':'%s','NetworkMode':'awsvpc',"
		"'RequiresCompatibilities':['FARGATE'],'RuntimePlatform':{'CpuArchitecture':"
		"'X86_64','OperatingSystemFamily':'LINUX'},'ExecutionRoleArn':{'Fn::GetAtt':"
		"['ExecutionRole','Arn']},'TaskRoleArn':{'Fn::GetAtt':['TaskRole','Arn']},"
		"'Volumes':[{'Name':'data','EFSVolumeConfiguration':{'FilesystemId':{'Ref':"
		"'Storage'},'TransitEncryption':'ENABLED','AuthorizationConfig':{'AccessPointId':"
		"{'Ref':'Node%zuFiles'},'IAM':'ENABLED'}}}]}}",
		s->n->nodes[i].host_name, s->n->cpu, s->n->memory, i);
	json_array_append_new(containers, container(s, i));
	synth_set(s, task, "ContainerDefinitions", containers);
}

/* ---- service
 * -------------------------------------------------------------------------------------- */

static void add_service(struct synth *s, size_t i)
{
	OWN(str) char *service = named(i, "");
	OWN(json) json_t *chain = json_pack("[s]", "Near");

	synth_resource(
		s, service,
		"{'Type':'AWS::ECS::Service','Properties':{'Cluster':{'Ref':'Cluster'},"
		"'LaunchType':'FARGATE','DesiredCount':1,'TaskDefinition':{'Ref':'Node%zuTask'}"
		"," SYNTH_DEPLOYMENT ",'NetworkConfiguration':{'AwsvpcConfiguration':"
		"{'AssignPublicIp':'DISABLED','SecurityGroups':[{'Fn::GetAtt':['NodeGroup',"
		"'GroupId']}]}},'ServiceRegistries':[{'RegistryArn':{'Fn::GetAtt':['Node%zuName',"
		"'Arn']}}]}}",
		i, i);
	json_object_set(json_path(json_map(s->resources, service),
				  "Properties.NetworkConfiguration.AwsvpcConfiguration"),
			"Subnets", s->subnets);
	synth_depend(s, service, s->mounts);
	synth_depend(s, service, s->routes);
	if (s->n->pattern == NETWORK_COMPOSED)
		synth_depend(s, service, chain);
}

void synth_add_node(struct synth *s, size_t i)
{
	const struct network_node *node = &s->n->nodes[i];
	OWN(str) char *files = named(i, "Files");
	OWN(str) char *log = named(i, "Log");
	OWN(str) char *name = named(i, "Name");

	add_secrets(s, i);
	synth_resource(
		s, files,
		"{'Type':'AWS::EFS::AccessPoint','Properties':{'FileSystemId':{'Ref':'Storage'},"
		"'PosixUser':{'Uid':'1000','Gid':'1000'},'RootDirectory':{'Path':'/%s',"
		"'CreationInfo':{'OwnerUid':'1000','OwnerGid':'1000','Permissions':'755'}},"
		"'AccessPointTags':[{'Key':'Name','Value':'%s'}]}}",
		node->host_name, node->host_name);
	/* kept when a rollback takes the rest away: it says why */
	synth_resource(
		s, log,
		"{'Type':'AWS::Logs::LogGroup','DeletionPolicy':'Retain','UpdateReplacePolicy':"
		"'Retain','Properties':{'RetentionInDays':%u}}",
		s->n->log_retention_days);
	add_task(s, i);
	synth_resource(
		s, name,
		"{'Type':'AWS::ServiceDiscovery::Service','Properties':{'Name':'%s','NamespaceId':"
		"{'Fn::GetAtt':['Names','Id']},'DnsConfig':{'RoutingPolicy':'MULTIVALUE',"
		"'DnsRecords':[{'Type':'A','TTL':10}]},'HealthCheckCustomConfig':"
		"{'FailureThreshold':1}}}",
		node->host_name);
	add_service(s, i);
}
