/* The smallest change that mends a fault, as template text; for the faults where a text shows it. */
#include "core/check/check-internal.h"

#include "base/str.h"

#define INGRESS(port, to, from)                                                                     \
	"Admit:\n  Type: AWS::EC2::SecurityGroupIngress\n  Properties:\n    GroupId: !GetAtt " to   \
	".GroupId\n    SourceSecurityGroupId: !GetAtt " from                                          \
	".GroupId\n    IpProtocol: tcp\n    FromPort: " port "\n    ToPort: " port
#define EGRESS(port, what)                                                                          \
	"SecurityGroupEgress:\n  - {IpProtocol: tcp, FromPort: " port ", ToPort: " port ", " what "}"
#define ENVIRONMENT(name, value) "Environment:\n  - {Name: " name ", Value: " value "}"
#define STATEMENT(action, resource)                                                                 \
	"- Effect: Allow\n  Action: " action "\n  Resource: " resource

/* clang-format off */
static const struct {
	const char *id, *text;
} examples[] = {
	{ "A01", ENVIRONMENT("MPC_ENV", "mpc-localnet") },
	{ "A02", ENVIRONMENT("MPC_ENV", "testnet") "\n  - {Name: MPC_ACCOUNT_ID, Value: mpc-node-0.example.testnet}\n"
		 "  - {Name: MPC_CONTRACT_ID, Value: mpc-contract.example.testnet}" },
	{ "A03", ENVIRONMENT("NEAR_BOOT_NODES", "!Sub \"${ChainPublicKey}@near.near.local:24567\"") },
	{ "A04", ENVIRONMENT("NEAR_BOOT_NODES", "!Sub \"${ChainPublicKey}@near.near.local:24567\"") },
	{ "A05", ENVIRONMENT("MPC_CONTRACT_ID", "mpc-contract.test.near") },
	{ "A06", ENVIRONMENT("MPC_HOME_DIR", "/data") "\nMountPoints:\n  - {SourceVolume: data, ContainerPath: /data}" },
	{ "A07", ENVIRONMENT("MPC_ACCOUNT_ID", "mpc-node-0.test.near") },
	{ "A09", INGRESS("80", "NodeGroup", "NodeGroup") },
	{ "A10", ENVIRONMENT("MPC_LOCAL_ADDRESS", "node-0.mpc.local") },
	{ "A16", "LinuxParameters: {InitProcessEnabled: true}\nStopTimeout: 120" },
	{ "A17", "Ulimits:\n  - {Name: nofile, SoftLimit: 65535, HardLimit: 65535}" },
	{ "A18", "Cpu: \"1024\"\nMemory: \"4096\"" },
	{ "A21", "Secrets: # and no entry of that name in Environment\n  - {Name: MPC_ACCOUNT_SK, ValueFrom: !Ref AccountSecret}" },
	{ "A22", ENVIRONMENT("MPC_ENV", "mpc-localnet") },
	{ "B01", "Parameters:\n  AccountKey: {Type: String, NoEcho: true}\nResources:\n  AccountSecret:\n"
		 "    Type: AWS::SecretsManager::Secret\n    Properties: {SecretString: !Ref AccountKey}" },
	{ "B02", "AccountSecret:\n  Type: AWS::SecretsManager::Secret\n  Properties: {SecretString: !Ref AccountKey}" },
	{ "B03", "GenerateSecretString:\n  PasswordLength: 32\n  ExcludePunctuation: true\n  ExcludeUppercase: true\n"
		 "  ExcludeCharacters: ghijklmnopqrstuvwxyz\n  RequireEachIncludedType: false" },
	{ "B04", "GenerateSecretString:\n  PasswordLength: 32 # 64 for MPC_BACKUP_ENCRYPTION_KEY_HEX\n  ExcludePunctuation: true\n"
		 "  ExcludeUppercase: true\n  ExcludeCharacters: ghijklmnopqrstuvwxyz\n  RequireEachIncludedType: false" },
	{ "B07", "ValueFrom: !Sub \"${AccountSecret}:key::\"" },
	{ "B08", "ValueFrom: !Ref AccountSecret" },
	{ "B10", "ValueFrom: !Sub \"${AccountSecret}:key::\"" },
	{ "B11", "ValueFrom: !Ref AccountSecret" },
	{ "B14", "DesiredCount: 0 # until the secrets have their values" },
	{ "B18", "Secrets:\n  - {Name: MPC_ACCOUNT_SK, ValueFrom: !Ref AccountSecret}\n"
		 "  - {Name: MPC_P2P_PRIVATE_KEY, ValueFrom: !Ref PeerSecret}" },
	{ "B21", "Parameters:\n  AccountKey: {Type: String, NoEcho: true}" },
	{ "B22", "Secrets:\n  - {Name: MPC_ACCOUNT_SK, ValueFrom: !Ref AccountSecret}" },
	{ "B24", "Secrets:\n  - {Name: MPC_BACKUP_ENCRYPTION_KEY_HEX, ValueFrom: !Ref BackupSecret}" },
	{ "C01", INGRESS("2049", "StorageGroup", "NodeGroup") },
	{ "C02", EGRESS("2049", "DestinationSecurityGroupId: !GetAtt StorageGroup.GroupId") },
	{ "C03", EGRESS("443", "CidrIp: 0.0.0.0/0") },
	{ "C04", "AwsvpcConfiguration:\n  AssignPublicIp: ENABLED" },
	{ "C05", "PrivateDefault:\n  Type: AWS::EC2::Route\n  Properties:\n    RouteTableId: !Ref PrivateRoutes\n"
		 "    DestinationCidrBlock: 0.0.0.0/0\n    NatGatewayId: !Ref Nat" },
	{ "C06", "Nat:\n  Type: AWS::EC2::NatGateway\n  Properties:\n    SubnetId: !Ref PublicSubnet\n"
		 "    AllocationId: !GetAtt NatAddress.AllocationId" },
	{ "C07", "SecretsEndpoint:\n  Type: AWS::EC2::VPCEndpoint\n  Properties:\n    VpcEndpointType: Interface\n"
		 "    ServiceName: !Sub com.amazonaws.${AWS::Region}.secretsmanager\n    VpcId: !Ref Vpc\n"
		 "    SubnetIds: [!Ref PrivateSubnet]\n    SecurityGroupIds: [!GetAtt EndpointGroup.GroupId]\n    PrivateDnsEnabled: true" },
	{ "C08", INGRESS("443", "EndpointGroup", "NodeGroup") },
	{ "C09", "PrivateDnsEnabled: true" },
	{ "C12", INGRESS("24567", "NearGroup", "NodeGroup") },
	{ "C15", "SourceSecurityGroupId: !GetAtt NodeGroup.GroupId" },
	{ "C16", "SecurityGroups: [!GetAtt NodeGroup.GroupId]" },
	{ "C18", INGRESS("80", "NodeGroup", "NodeGroup") },
	{ "C19", "SourceSecurityGroupId: !GetAtt NodeGroup.GroupId # in place of CidrIp" },
	{ "C22", "AwsvpcConfiguration:\n  SecurityGroups: [!GetAtt NodeGroup.GroupId]" },
	{ "C24", "Association:\n  Type: AWS::EC2::SubnetRouteTableAssociation\n  Properties:\n"
		 "    SubnetId: !Ref PrivateSubnet\n    RouteTableId: !Ref PrivateRoutes" },
	{ "C26", EGRESS("24567", "CidrIp: 10.0.0.0/16") },
	{ "C27", "CidrBlock: !Select [0, !Cidr [!GetAtt Vpc.CidrBlock, 4, 8]]" },
	{ "D01", "EFSVolumeConfiguration:\n  TransitEncryption: ENABLED" },
	{ "D02", "RootDirectory: / # or no such line" },
	{ "D03", "AuthorizationConfig: {AccessPointId: !Ref NodeFiles, IAM: ENABLED}" },
	{ "D04", "RootDirectory:\n  Path: /node-0\n  CreationInfo: {OwnerUid: \"1000\", OwnerGid: \"1000\", Permissions: \"755\"}" },
	{ "D05", "PosixUser: {Uid: \"1000\", Gid: \"1000\"}\nRootDirectory:\n  CreationInfo: {OwnerUid: \"1000\", OwnerGid: \"1000\", Permissions: \"755\"}" },
	{ "D06", "MountTargetB:\n  Type: AWS::EFS::MountTarget\n  Properties:\n    FileSystemId: !Ref Storage\n"
		 "    SubnetId: !Ref PrivateSubnetB\n    SecurityGroups: [!GetAtt StorageGroup.GroupId]" },
	{ "D07", "DependsOn: [MountTargetA, MountTargetB]" },
	{ "D08", "EnableDnsSupport: true\nEnableDnsHostnames: true" },
	{ "D09", STATEMENT("[elasticfilesystem:ClientMount, elasticfilesystem:ClientWrite]", "!GetAtt Storage.Arn") },
	{ "D10", STATEMENT("[elasticfilesystem:ClientMount, elasticfilesystem:ClientWrite]", "!GetAtt Storage.Arn") },
	{ "D11", "TaskRoleArn: !GetAtt TaskRole.Arn" },
	{ "D13", "MountPoints:\n  - {SourceVolume: data, ContainerPath: /data}\nVolumes:\n  - Name: data" },
	{ "D15", "DeploymentConfiguration: {MinimumHealthyPercent: 0, MaximumPercent: 100}" },
	{ "D19", "MountPoints:\n  - {SourceVolume: data, ContainerPath: /data, ReadOnly: false}" },
	{ "D20", "ReadonlyRootFilesystem: false" },
	{ "D25", "Volumes:\n  - Name: data\n    EFSVolumeConfiguration: {FilesystemId: !Ref Storage, TransitEncryption: ENABLED}" },
	{ "D29", "AvailabilityZoneRebalancing: DISABLED" },
	{ "E01", STATEMENT("[elasticfilesystem:ClientMount, elasticfilesystem:ClientWrite]", "!GetAtt Storage.Arn") " # of the task role" },
	{ "E02", STATEMENT("secretsmanager:GetSecretValue", "!Ref AccountSecret") " # of the execution role" },
	{ "E03", "ExecutionRoleArn: !GetAtt ExecutionRole.Arn" },
	{ "E04", STATEMENT("logs:CreateLogGroup", "\"*\"") },
	{ "E05", STATEMENT("[logs:CreateLogStream, logs:PutLogEvents]", "!GetAtt NodeLog.Arn") },
	{ "E06", "AssumeRolePolicyDocument:\n  Version: \"2012-10-17\"\n  Statement:\n"
		 "    - {Effect: Allow, Principal: {Service: ecs-tasks.amazonaws.com}, Action: \"sts:AssumeRole\"}" },
	{ "E07", STATEMENT("kms:Decrypt", "!GetAtt Key.Arn") },
	{ "E08", STATEMENT("ecr:GetAuthorizationToken", "\"*\"") "\n"
		 STATEMENT("[ecr:BatchCheckLayerAvailability, ecr:GetDownloadUrlForLayer, ecr:BatchGetImage]", "!GetAtt Repository.Arn") },
	{ "E09", "Resource: !Sub arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:mpc/*" },
	{ "E11", "DependsOn: [SecretsPolicy]" },
	{ "E16", STATEMENT("[ssmmessages:CreateControlChannel, ssmmessages:CreateDataChannel, ssmmessages:OpenControlChannel, ssmmessages:OpenDataChannel]", "\"*\"") },
	{ "E18", STATEMENT("s3:GetObject", "!Sub \"${Bucket.Arn}/*\"") },
	{ "E19", STATEMENT("secretsmanager:GetSecretValue", "!Ref RegistrySecret") },
	{ "F04", "RuntimePlatform: {CpuArchitecture: X86_64, OperatingSystemFamily: LINUX}" },
	{ "F07", "Image: nearone/mpc-node:3.2.0" },
	{ "F08", "Cpu: \"1024\"\nMemory: \"4096\"" },
	{ "F09", "NetworkMode: awsvpc" },
	{ "F11", "RequiresCompatibilities: [FARGATE]" },
	{ "F12", "PortMappings:\n  - {ContainerPort: 80, Protocol: tcp}" },
	{ "F14", "LaunchType: FARGATE" },
	{ "F15", "HealthCheck:\n  Command: [CMD, bash, -c, \"exec 3<>/dev/tcp/127.0.0.1/8080\"]" },
	{ "F16", "HealthCheck: {Retries: 10, StartPeriod: 300}" },
	{ "F26", "LogConfiguration:\n  LogDriver: awslogs\n  Options:\n    awslogs-group: !Ref NodeLog\n"
		 "    awslogs-region: !Ref AWS::Region\n    awslogs-stream-prefix: node-0" },
	{ "F27", "NodeLog:\n  Type: AWS::Logs::LogGroup\n  Properties: {RetentionInDays: 7}" },
	{ "F28", "Options: {mode: non-blocking, max-buffer-size: 25m}" },
	{ "F30", "PlatformVersion: LATEST" },
	{ "G02", "DeploymentConfiguration:\n  DeploymentCircuitBreaker: {Enable: true, Rollback: false}" },
	{ "G09", "Export: {Name: !Sub \"${AWS::StackName}-VpcId\"}" },
	{ "G14", INGRESS("2049", "StorageGroup", "NodeGroup") },
	{ "G20", "DeploymentConfiguration: {MinimumHealthyPercent: 0, MaximumPercent: 100}" },
	{ "G21", "DependsOn: [PrivateDefault]" },
	{ "I01", ENVIRONMENT("MPC_LOCAL_ADDRESS", "!Sub \"${NodeName.Name}.mpc.local\"") },
	{ "I02", "ServiceRegistries:\n  - {RegistryArn: !GetAtt NodeName.Arn}" },
	{ "I03", "ServiceRegistries:\n  - {RegistryArn: !GetAtt NodeName.Arn}" },
	{ "I04", "DnsConfig:\n  DnsRecords: [{Type: A, TTL: 10}]" },
	{ "I05", "Name: !Sub \"${AWS::StackName}.mpc.local\"" },
	{ "I10", "DnsConfig:\n  DnsRecords: [{Type: A, TTL: 10}]" },
	{ "I11", "DnsConfig:\n  DnsRecords: [{Type: A, TTL: 10}]" },
	{ "I13", "HealthCheckCustomConfig: {FailureThreshold: 1}" },
	{ "J09", "RetentionInDays: 30" },
	{ "J10", "Options: {awslogs-stream-prefix: node-0}" },
	{ "T01", "Metadata:\n  mpcup:\n    suppress:\n      - {fault: D25, reason: \"a throw-away network: its keys may be lost\"}" },
};
/* clang-format on */

const char *check_example(const char *id)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		if (str_eq(examples[i].id, id))
			return examples[i].text;
	return NULL;
}

size_t check_example_count(void)
{
	return sizeof(examples) / sizeof(examples[0]);
}
