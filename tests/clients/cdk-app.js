// Two dependent stacks with a file asset. STAGE says which version of them: first, changed, failing.
const { App, CfnOutput, Duration, RemovalPolicy, Stack, aws_ec2: ec2, aws_ecs: ecs } = require("aws-cdk-lib");
const { aws_logs: logs, aws_ssm: ssm } = require("aws-cdk-lib");
const { Asset } = require("aws-cdk-lib/aws-s3-assets");
const { writeFileSync } = require("fs");

const stage = process.env.STAGE ?? "first";
writeFileSync("genesis.json", JSON.stringify({ chain_id: "mpc-localnet", stage: stage === "first" ? 1 : 2 }));
const app = new App();

class Base extends Stack {
	constructor(scope, id) {
		super(scope, id);
		this.vpc = new ec2.Vpc(this, "Vpc", { maxAzs: 2, natGateways: 0, restrictDefaultSecurityGroup: false });
		this.log = new logs.LogGroup(this, "Log", {
			retention: stage === "first" ? logs.RetentionDays.ONE_WEEK : logs.RetentionDays.ONE_MONTH,
			removalPolicy: RemovalPolicy.DESTROY,
		});
	}
}

class User extends Stack {
	constructor(scope, id, base) {
		super(scope, id);
		const genesis = new Asset(this, "Genesis", { path: "genesis.json" });
		new ssm.StringParameter(this, "Log", { parameterName: "/app/log", stringValue: base.log.logGroupName });
		new CfnOutput(this, "GenesisUrl", { value: genesis.s3ObjectUrl });
		if (stage === "failing") this.failing(base);
	}

	failing(base) {
		const task = new ecs.FargateTaskDefinition(this, "Task");
		task.addContainer("c", {
			image: ecs.ContainerImage.fromRegistry("busybox"),
			command: ["sh", "-c", "echo the key is not readable; exit 3"],
			logging: ecs.LogDrivers.awsLogs({ logGroup: base.log, streamPrefix: "task" }),
		});
		new ecs.FargateService(this, "Service", {
			cluster: new ecs.Cluster(this, "Cluster", { vpc: base.vpc }), taskDefinition: task,
			assignPublicIp: true, minHealthyPercent: 0, maxHealthyPercent: 100, circuitBreaker: { enable: true },
		});
	}
}

const base = new Base(app, "AppBase");
new User(app, "AppUser", base);
