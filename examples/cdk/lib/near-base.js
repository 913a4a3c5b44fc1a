// The chain that the nodes follow: a VPC, and one NEAR node as an ECS service.
const { Stack, RemovalPolicy, aws_ec2: ec2, aws_ecs: ecs, aws_logs: logs } = require("aws-cdk-lib");
const { aws_secretsmanager: secrets, Duration } = require("aws-cdk-lib");
const { PrivateDnsNamespace } = require("aws-cdk-lib/aws-servicediscovery");

const PORTS = { rpc: 3030, p2p: 24567 };

class NearBase extends Stack {
	constructor(scope, id, { publicKey, ...props }) {
		super(scope, id, props);
		this.vpc = new ec2.Vpc(this, "Vpc", { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });
		this.chainId = "mpc-localnet";
		this.contract = "mpc-contract.test.near";
		this.bootNodes = `${publicKey}@near.near.local:${PORTS.p2p}`;
		this.rpcUrl = `http://near.near.local:${PORTS.rpc}`;

		const names = new PrivateDnsNamespace(this, "Names", { name: "near.local", vpc: this.vpc });
		const task = new ecs.FargateTaskDefinition(this, "Task", { cpu: 512, memoryLimitMiB: 1024 });
		task.addContainer("near", {
			image: ecs.ContainerImage.fromRegistry("mpcup/localnet:1"),
			portMappings: Object.values(PORTS).map((containerPort) => ({ containerPort })),
			environment: { MPC_CHAIN_ID: this.chainId, MPC_CONTRACT_ID: this.contract },
			secrets: {
				NEAR_NODE_KEY: ecs.Secret.fromSecretsManager(
					secrets.Secret.fromSecretNameV2(this, "Key", "mpc/chain"), "secret_key"),
			},
			healthCheck: {
				command: ["CMD", "bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${PORTS.rpc}`],
				interval: Duration.seconds(5), timeout: Duration.seconds(3), retries: 6,
			},
			logging: ecs.LogDrivers.awsLogs({
				streamPrefix: "near",
				logGroup: new logs.LogGroup(this, "Log", {
					retention: logs.RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.DESTROY,
				}),
			}),
		});
		const service = new ecs.FargateService(this, "Near", {
			cluster: new ecs.Cluster(this, "Cluster", { vpc: this.vpc }),
			taskDefinition: task,
			minHealthyPercent: 0,
			maxHealthyPercent: 100,
			circuitBreaker: { enable: true, rollback: false },
			cloudMapOptions: { name: "near", cloudMapNamespace: names },
		});
		for (const port of Object.values(PORTS))
			service.connections.allowFrom(ec2.Peer.ipv4(this.vpc.vpcCidrBlock), ec2.Port.tcp(port));
		service.node.addDependency(this.vpc);
	}
}

module.exports = { NearBase };
