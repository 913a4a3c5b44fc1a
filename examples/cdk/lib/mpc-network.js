// The MPC network: per node a service with a name, keys, a log and a directory of the shared file system.
const { Stack, RemovalPolicy, CfnOutput, Duration, Size } = require("aws-cdk-lib");
const { aws_ec2: ec2, aws_ecs: ecs, aws_efs: efs, aws_logs: logs } = require("aws-cdk-lib");
const { aws_secretsmanager: secrets } = require("aws-cdk-lib");
const { PrivateDnsNamespace } = require("aws-cdk-lib/aws-servicediscovery");

const PORTS = { peers: 80, rpc: 3030, web: 8080, p2p: 24567 };

class MpcNetwork extends Stack {
	constructor(scope, id, { base, nodes, ...props }) {
		super(scope, id, props);
		this.base = base;
		this.names = new PrivateDnsNamespace(this, "Names", { name: "mpc.local", vpc: base.vpc });
		this.cluster = new ecs.Cluster(this, "Cluster", { vpc: base.vpc });
		this.group = new ec2.SecurityGroup(this, "NodeGroup", { vpc: base.vpc, description: "MPC nodes" });
		for (const port of Object.values(PORTS)) this.group.addIngressRule(this.group, ec2.Port.tcp(port));
		this.files = new efs.FileSystem(this, "Files", {
			vpc: base.vpc, encrypted: true, removalPolicy: RemovalPolicy.DESTROY, allowAnonymousAccess: false,
		});
		this.files.connections.allowDefaultPortFrom(this.group);
		for (let i = 0; i < nodes; i++) this.addNode(i);
		new CfnOutput(this, "ClusterName", { value: this.cluster.clusterName });
		new CfnOutput(this, "Threshold", { value: String(Math.max(2, Math.ceil(nodes * 0.6))) });
	}

	addNode(i) {
		const name = `node-${i}`;
		const task = new ecs.FargateTaskDefinition(this, `Task${i}`, { cpu: 1024, memoryLimitMiB: 4096 });
		const container = task.addContainer("mpc", {
			image: ecs.ContainerImage.fromRegistry("nearone/mpc-node:3.2.0"),
			stopTimeout: Duration.seconds(120),
			portMappings: Object.values(PORTS).map((containerPort) => ({ containerPort })),
			environment: this.variables(i),
			secrets: this.keys(i, name),
			healthCheck: {
				command: ["CMD", "bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${PORTS.web}`],
				interval: Duration.seconds(5), timeout: Duration.seconds(3), retries: 6,
				startPeriod: Duration.seconds(120),
			},
			logging: ecs.LogDrivers.awsLogs({
				streamPrefix: name,
				mode: ecs.AwsLogDriverMode.NON_BLOCKING, // a full log must not stop a signer
				maxBufferSize: Size.mebibytes(25),
				logGroup: new logs.LogGroup(this, `Log${i}`, {
					retention: logs.RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.DESTROY,
				}),
			}),
		});
		container.addUlimits({ name: ecs.UlimitName.NOFILE, softLimit: 65535, hardLimit: 65535 });
		this.mount(i, name, task, container);
		const service = new ecs.FargateService(this, `Node${i}`, {
			cluster: this.cluster,
			taskDefinition: task,
			securityGroups: [this.group],
			minHealthyPercent: 0, // two tasks must never write to one directory
			maxHealthyPercent: 100,
			availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.DISABLED,
			circuitBreaker: { enable: true, rollback: false },
			cloudMapOptions: { name, cloudMapNamespace: this.names, dnsTtl: Duration.seconds(10) },
		});
		service.node.addDependency(this.files.mountTargetsAvailable, task.executionRole, task.taskRole);
		new CfnOutput(this, `Node${i}ServiceName`, { value: service.serviceName });
	}

	variables(i) {
		return {
			MPC_HOME_DIR: "/data",
			MPC_ENV: this.base.chainId,
			MPC_ACCOUNT_ID: `mpc-node-${i}.test.near`,
			MPC_RESPONDER_ID: `mpc-node-${i}.test.near`,
			MPC_LOCAL_ADDRESS: `node-${i}.mpc.local`,
			MPC_CONTRACT_ID: this.base.contract,
			NEAR_BOOT_NODES: this.base.bootNodes,
			NEAR_RPC_URL: this.base.rpcUrl,
			RUST_LOG: "mpc=debug,info",
		};
	}

	// Account and peer keys exist before the stack; the key of the store is made with it.
	keys(i, name) {
		const keys = secrets.Secret.fromSecretNameV2(this, `Keys${i}`, `mpc/${name}`);
		const store = new secrets.Secret(this, `Store${i}`, {
			removalPolicy: RemovalPolicy.DESTROY,
			generateSecretString: {
				passwordLength: 32, excludeCharacters: "ghijklmnopqrstuvwxyz", excludeUppercase: true,
				excludePunctuation: true, requireEachIncludedType: false,
			},
		});
		return {
			MPC_ACCOUNT_SK: ecs.Secret.fromSecretsManager(keys, "account_key"),
			MPC_P2P_PRIVATE_KEY: ecs.Secret.fromSecretsManager(keys, "p2p_key"),
			MPC_SECRET_STORE_KEY: ecs.Secret.fromSecretsManager(store),
		};
	}

	mount(i, name, task, container) {
		const owner = { uid: "1000", gid: "1000" };
		const point = this.files.addAccessPoint(`Directory${i}`, {
			path: `/${name}`, posixUser: owner,
			createAcl: { ownerUid: "1000", ownerGid: "1000", permissions: "755" },
		});
		task.addVolume({
			name: "data",
			efsVolumeConfiguration: {
				fileSystemId: this.files.fileSystemId, transitEncryption: "ENABLED",
				authorizationConfig: { accessPointId: point.accessPointId, iam: "ENABLED" },
			},
		});
		container.addMountPoints({ sourceVolume: "data", containerPath: "/data", readOnly: false });
		this.files.grantReadWrite(task.taskRole);
	}
}

module.exports = { MpcNetwork };
