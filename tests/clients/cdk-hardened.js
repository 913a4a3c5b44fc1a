// One stack as `cdk init` and the usual baselines make it: feature flags on, flow logs, backups, capacity providers,
// a sealed default security group, endpoints, an own prefix list.
const { App, Duration, RemovalPolicy, Stack, aws_ec2: ec2, aws_ecs: ecs, aws_efs: efs } = require("aws-cdk-lib");
const { aws_iam: iam, aws_kms: kms } = require("aws-cdk-lib");

const app = new App({ context: { ...require("aws-cdk-lib/recommended-feature-flags.json") } });
const stack = new Stack(app, "Hardened");

const vpc = new ec2.Vpc(stack, "Vpc", {
	maxAzs: 2, natGateways: 0, flowLogs: { all: { trafficType: ec2.FlowLogTrafficType.REJECT } },
	gatewayEndpoints: { s3: { service: ec2.GatewayVpcEndpointAwsService.S3 }, table: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB } },
});
vpc.addInterfaceEndpoint("Logs", {
	service: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS, ipAddressType: ec2.VpcEndpointIpAddressType.IPV4,
});
const peers = new ec2.PrefixList(stack, "Peers", { entries: [{ cidr: "203.0.113.0/24" }] });
const group = new ec2.SecurityGroup(stack, "Nodes", { vpc });
group.addIngressRule(ec2.Peer.prefixList(peers.prefixListId), ec2.Port.tcp(80));

function system(id, more) {
	const made = new efs.FileSystem(stack, id, {
		vpc, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC }, removalPolicy: RemovalPolicy.DESTROY, ...more,
	});
	made.connections.allowDefaultPortFrom(group);
	return made;
}
const data = system("Data", {
	enableAutomaticBackups: true, lifecyclePolicy: efs.LifecyclePolicy.AFTER_30_DAYS,
	outOfInfrequentAccessPolicy: efs.OutOfInfrequentAccessPolicy.AFTER_1_ACCESS,
	kmsKey: new kms.Key(stack, "Key", { enableKeyRotation: true, rotationPeriod: Duration.days(180) }),
});
system("Scratch", { oneZone: true, vpcSubnets: undefined });

const task = new ecs.FargateTaskDefinition(stack, "Task");
task.addVolume({
	name: "data",
	efsVolumeConfiguration: {
		fileSystemId: data.fileSystemId, transitEncryption: "ENABLED",
		authorizationConfig: {
			iam: "ENABLED",
			accessPointId: data.addAccessPoint("Point", {
				path: "/data", createAcl: { ownerUid: "0", ownerGid: "0", permissions: "750" }, posixUser: { uid: "0", gid: "0" },
			}).accessPointId,
		},
	},
});
data.grantReadWrite(task.taskRole);
task.taskRole.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName("CloudWatchAgentServerPolicy"));
task.addContainer("c", {
	image: ecs.ContainerImage.fromRegistry("busybox"), command: ["sh", "-c", "echo kept > /data/file && sleep 600"],
	logging: ecs.LogDrivers.awsLogs({ streamPrefix: "c" }),
}).addMountPoints({ sourceVolume: "data", containerPath: "/data", readOnly: false });

const cluster = new ecs.Cluster(stack, "Cluster", {
	vpc, enableFargateCapacityProviders: true, containerInsightsV2: ecs.ContainerInsights.ENABLED,
});
const service = new ecs.FargateService(stack, "Service", {
	cluster, taskDefinition: task, assignPublicIp: true, minHealthyPercent: 0, maxHealthyPercent: 100, securityGroups: [group],
	desiredCount: 1, circuitBreaker: { enable: true }, vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
	capacityProviderStrategies: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }],
});
service.node.addDependency(data.mountTargetsAvailable);
