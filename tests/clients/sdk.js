// The AWS SDK for JavaScript v3 against the local AWS: flows, waiters, paginators, names of errors. Prints TAP.
// usage: node sdk.js DIRECTORY-OF-TEMPLATES    (AWS_ENDPOINT_URL says where)
const assert = require("assert");
const fs = require("fs");
const path = require("path");
const { Readable } = require("stream");
const cfn = require("@aws-sdk/client-cloudformation");
const ec2 = require("@aws-sdk/client-ec2");
const ecs = require("@aws-sdk/client-ecs");
const efs = require("@aws-sdk/client-efs");
const iam = require("@aws-sdk/client-iam");
const logs = require("@aws-sdk/client-cloudwatch-logs");
const s3 = require("@aws-sdk/client-s3");
const sd = require("@aws-sdk/client-servicediscovery");
const sm = require("@aws-sdk/client-secrets-manager");
const ssm = require("@aws-sdk/client-ssm");
const sts = require("@aws-sdk/client-sts");

const templates = process.argv[2];
const once = { maxAttempts: 1 };
const clients = {
	cfn: new cfn.CloudFormationClient(once), ec2: new ec2.EC2Client(once), ecs: new ecs.ECSClient(once),
	efs: new efs.EFSClient(once), iam: new iam.IAMClient(once), logs: new logs.CloudWatchLogsClient(once),
	s3: new s3.S3Client(once), sd: new sd.ServiceDiscoveryClient({ ...once, disableHostPrefix: true }),
	sm: new sm.SecretsManagerClient(once), ssm: new ssm.SSMClient(once), sts: new sts.STSClient(once),
};
const packages = { cfn, ec2, ecs, efs, iam, logs, s3, sd, sm, ssm, sts };
const tests = [];
const test = (title, run) => tests.push({ title, run });

// call("cfn", "DescribeStacks", {...})
const call = (name, action, input = {}) => clients[name].send(new packages[name][action + "Command"](input));
const wait = (name, waiter, input) =>
	packages[name]["waitUntil" + waiter]({ client: clients[name], maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, input);

async function pages(name, action, input, member, size) {
	const all = [];
	let count = 0;
	const paginator = packages[name]["paginate" + action]({ client: clients[name], pageSize: size }, input);
	for await (const page of paginator) {
		count++;
		all.push(...(page[member] ?? []));
	}
	return { all, count };
}

async function refused(promise, name, status) {
	try {
		await promise;
	} catch (error) {
		assert.strictEqual(error.name, name, error.message);
		if (status) assert.strictEqual(error.$metadata.httpStatusCode, status);
		return error;
	}
	assert.fail(`not refused with ${name}`);
}

const group = (name, days) => ({
	Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: name, ...(days && { RetentionInDays: days }) },
});
const body = (Resources, Outputs) => JSON.stringify({ Resources, ...(Outputs && { Outputs }) });

test("stacks are created, changed, listed in pages and deleted", async () => {
	const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`G${i}`, group(`/many/${i}`)]));
	const { StackId } = await call("cfn", "CreateStack", {
		StackName: "many", Parameters: [], Tags: [], TemplateBody: body(many, {
			One: { Value: "1", Export: { Name: "js-one" } }, Two: { Value: "2" },
		}),
	});
	await wait("cfn", "StackCreateComplete", { StackName: "many" });
	await refused(call("cfn", "CreateStack", { StackName: "many", TemplateBody: body(many) }),
		"AlreadyExistsException", 400);
	const events = await pages("cfn", "DescribeStackEvents", { StackName: "many" }, "StackEvents");
	assert.strictEqual(events.all.length, 60 * 3 + 2);
	assert.strictEqual(events.count, 2);
	assert(events.all[0].Timestamp instanceof Date && events.all[0].ResourceStatus === "CREATE_COMPLETE");
	assert.strictEqual(new Set(events.all.map((e) => e.EventId)).size, events.all.length);
	const resources = await pages("cfn", "ListStackResources", { StackName: "many" }, "StackResourceSummaries");
	assert.strictEqual(resources.all.length, 60);
	const exported = await pages("cfn", "ListExports", {}, "Exports");
	assert(exported.all.some((e) => e.Name === "js-one" && e.ExportingStackId === StackId));
	many.G0 = group("/many/0", 7);
	const made = await call("cfn", "CreateChangeSet", {
		StackName: "many", ChangeSetName: "c", TemplateBody: body(many), Parameters: [],
	});
	await wait("cfn", "ChangeSetCreateComplete", { ChangeSetName: made.Id });
	const changes = await call("cfn", "DescribeChangeSet", { ChangeSetName: made.Id });
	assert.strictEqual(changes.Changes.length, 1);
	await call("cfn", "ExecuteChangeSet", { ChangeSetName: made.Id });
	await wait("cfn", "StackUpdateComplete", { StackName: "many" });
	await refused(call("cfn", "DescribeChangeSet", { StackName: "many", ChangeSetName: "none" }),
		"ChangeSetNotFoundException", 404);
	await call("cfn", "DeleteStack", { StackName: "many" });
	await wait("cfn", "StackDeleteComplete", { StackName: StackId });
	const error = await refused(call("cfn", "DescribeStacks", { StackName: "many" }), "ValidationError", 400);
	assert.strictEqual(error.message, "Stack with id many does not exist");
	await refused(call("cfn", "DetectStackDrift", { StackName: "many" }), "InvalidAction", 400);
});

test("a network runs, its services are driven, its logs are read", async () => {
	const Parameters = JSON.parse(fs.readFileSync(path.join(templates, "params/cdk-3.json")));
	const TemplateBody = fs.readFileSync(path.join(templates, "good/standalone.plain.json"), "utf8");
	await call("cfn", "CreateStack", { StackName: "Mpc", TemplateBody, Parameters, Capabilities: ["CAPABILITY_IAM"] });
	await wait("cfn", "StackCreateComplete", { StackName: "Mpc" });
	const stack = (await call("cfn", "DescribeStacks", { StackName: "Mpc" })).Stacks[0];
	const output = Object.fromEntries(stack.Outputs.map((o) => [o.OutputKey, o.OutputValue]));
	const cluster = output.ClusterName;
	const services = await pages("ecs", "ListServices", { cluster }, "serviceArns", 1);
	assert.deepStrictEqual([services.all.length, services.count], [3, 3]);
	await wait("ecs", "ServicesStable", { cluster, services: services.all });
	const described = (await call("ecs", "DescribeServices", { cluster, services: [...services.all, "none"] }));
	assert.strictEqual(described.failures[0].reason, "MISSING");
	assert(described.services[0].createdAt instanceof Date && described.services[0].events.length > 0);
	const { networkConfiguration } = described.services[0];
	const { taskDefinition } = await call("ecs", "RegisterTaskDefinition", {
		family: "sleeper", cpu: "256", memory: "512", networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"],
		containerDefinitions: [{ name: "c", image: "busybox", command: ["sh", "-c", "sleep 300"] }],
	}).then((made) => ({ taskDefinition: made.taskDefinition.taskDefinitionArn }));
	const run = await call("ecs", "RunTask", { cluster, taskDefinition, launchType: "FARGATE", networkConfiguration });
	const tasks = run.tasks.map((t) => t.taskArn);
	await wait("ecs", "TasksRunning", { cluster, tasks });
	await call("ecs", "StopTask", { cluster, task: tasks[0], reason: "enough" });
	await wait("ecs", "TasksStopped", { cluster, tasks });
	const stopped = (await call("ecs", "DescribeTasks", { cluster, tasks })).tasks[0];
	assert.deepStrictEqual([stopped.stopCode, stopped.stoppedReason], ["UserInitiated", "enough"]);
	await call("ecs", "UpdateService", { cluster, service: services.all[0], desiredCount: 0 });
	await wait("ecs", "ServicesStable", { cluster, services: [services.all[0]] });
	await refused(call("ecs", "ListTasks", { cluster: "none" }), "ClusterNotFoundException", 400);
	await refused(call("ecs", "UpdateService", { cluster, service: "none", desiredCount: 1 }),
		"ServiceNotFoundException", 400);
	await refused(call("ecs", "ExecuteCommand", { cluster, task: tasks[0], command: "sh", interactive: true }),
		"InvalidParameterException", 400);
	const groups = await pages("logs", "DescribeLogGroups", {}, "logGroups", 2);
	assert.deepStrictEqual([groups.all.length, groups.count], [3, 2]);
	const logGroupName = groups.all[0].logGroupName;
	const filtered = await pages("logs", "FilterLogEvents", { logGroupName }, "events", 3);
	assert(filtered.count > 1 && filtered.all.every((e) => e.eventId && e.logStreamName));
	const { logStreams } = await call("logs", "DescribeLogStreams", { logGroupName });
	const read = { logGroupName, logStreamName: logStreams[0].logStreamName, startFromHead: true, limit: 4 };
	let page, token, count = 0;
	do {
		token = page?.nextForwardToken;
		page = await call("logs", "GetLogEvents", { ...read, nextToken: token });
		count += page.events.length;
	} while (page.nextForwardToken !== token);
	assert.strictEqual(count, filtered.all.filter((e) => e.logStreamName === read.logStreamName).length);
	await refused(call("logs", "GetLogEvents", { logGroupName: "none", logStreamName: "x" }),
		"ResourceNotFoundException", 400);
});

test("what the network stands on is described with filters and pages", async () => {
	const { Vpcs } = await call("ec2", "DescribeVpcs", {});
	const Filters = [{ Name: "vpc-id", Values: [Vpcs[0].VpcId] }];
	const subnets = await pages("ec2", "DescribeSubnets", { Filters }, "Subnets", 5);
	assert(subnets.all.length >= 4 && subnets.all.every((s) => s.VpcId === Vpcs[0].VpcId));
	const rules = await pages("ec2", "DescribeSecurityGroupRules", {}, "SecurityGroupRules", 5);
	assert(rules.count > 1);
	const interfaces = await call("ec2", "DescribeNetworkInterfaces", { Filters });
	assert(interfaces.NetworkInterfaces.length > 0);
	await refused(call("ec2", "DescribeVpcs", { VpcIds: ["vpc-00000000000000000"] }), "InvalidVpcID.NotFound", 400);
	await refused(call("ec2", "DescribeVolumes", {}), "InvalidAction", 400);
	const systems = await pages("efs", "DescribeFileSystems", {}, "FileSystems", 1);
	const { FileSystemId } = systems.all[0];
	const points = await pages("efs", "DescribeAccessPoints", { FileSystemId }, "AccessPoints", 1);
	assert.deepStrictEqual([points.all.length, points.count], [3, 3]);
	const { MountTargets } = await call("efs", "DescribeMountTargets", { FileSystemId });
	assert.strictEqual(MountTargets.length, 2);
	await refused(call("efs", "DescribeFileSystems", { FileSystemId: "fs-00000000000000000" }),
		"FileSystemNotFound", 404);
	const spaces = await call("sd", "ListNamespaces", { Filters: [{ Name: "TYPE", Values: ["DNS_PRIVATE"] }] });
	const listed = await call("sd", "ListServices", {
		Filters: [{ Name: "NAMESPACE_ID", Values: [spaces.Namespaces[0].Id] }],
	});
	assert.strictEqual(listed.Services.length, 3);
	const found = await call("sd", "DiscoverInstances", {
		NamespaceName: spaces.Namespaces[0].Name, ServiceName: "node-1", HealthStatus: "ALL",
	});
	assert(found.Instances[0].Attributes.AWS_INSTANCE_IPV4.startsWith("10."));
	await refused(call("sd", "GetService", { Id: "srv-none" }), "ServiceNotFound", 400);
	const roles = await pages("iam", "ListRoles", {}, "Roles", 1);
	assert(roles.count > 1);
	const role = roles.all.find((r) => r.RoleName.includes("TaskRole"));
	const { Role } = await call("iam", "GetRole", { RoleName: role.RoleName });
	assert(decodeURIComponent(Role.AssumeRolePolicyDocument).includes("ecs-tasks.amazonaws.com"));
	const simulated = await call("iam", "SimulatePrincipalPolicy", {
		PolicySourceArn: Role.Arn, ActionNames: ["elasticfilesystem:ClientMount", "iam:CreateUser"],
		ResourceArns: [systems.all[0].FileSystemArn],
	});
	assert.deepStrictEqual(simulated.EvaluationResults.map((r) => r.EvalDecision), ["allowed", "implicitDeny"]);
	await refused(call("iam", "GetRole", { RoleName: "none" }), "NoSuchEntityException", 404);
	await call("cfn", "DeleteStack", { StackName: "Mpc" });
	await wait("cfn", "StackDeleteComplete", { StackName: "Mpc" });
});

test("secrets and parameters", async () => {
	const { ARN } = await call("sm", "CreateSecret", { Name: "js/a", SecretString: "1" });
	await call("sm", "CreateSecret", { Name: "js/b", SecretBinary: Buffer.from([1, 0, 2]) });
	await call("sm", "PutSecretValue", { SecretId: "js/a", SecretString: "2" });
	assert.strictEqual((await call("sm", "GetSecretValue", { SecretId: ARN })).SecretString, "2");
	const before = await call("sm", "GetSecretValue", { SecretId: "js/a", VersionStage: "AWSPREVIOUS" });
	assert.strictEqual(before.SecretString, "1");
	const binary = await call("sm", "GetSecretValue", { SecretId: "js/b" });
	assert.deepStrictEqual([...binary.SecretBinary], [1, 0, 2]);
	const listed = await pages("sm", "ListSecrets", { Filters: [{ Key: "name", Values: ["js/"] }] }, "SecretList", 1);
	assert.deepStrictEqual([listed.all.length, listed.count], [2, 2]);
	await call("sm", "DeleteSecret", { SecretId: "js/a", RecoveryWindowInDays: 7 });
	await refused(call("sm", "GetSecretValue", { SecretId: "js/a" }), "InvalidRequestException", 400);
	assert((await call("sm", "DescribeSecret", { SecretId: "js/a" })).DeletedDate instanceof Date);
	await call("sm", "RestoreSecret", { SecretId: "js/a" });
	const error = await refused(call("sm", "GetSecretValue", { SecretId: "none" }), "ResourceNotFoundException", 400);
	assert.strictEqual(error.message, "Secrets Manager can't find the specified secret.");
	for (const name of ["/p/1", "/p/2", "/p/3"])
		await call("ssm", "PutParameter", { Name: name, Type: "String", Value: name });
	const { all, count } = await pages("ssm", "GetParametersByPath", { Path: "/p" }, "Parameters", 2);
	assert.deepStrictEqual([all.length, count], [3, 2]);
	const got = await call("ssm", "GetParameters", { Names: ["/p/1", "/none"] });
	assert.deepStrictEqual(got.InvalidParameters, ["/none"]);
	await refused(call("ssm", "GetParameter", { Name: "/none" }), "ParameterNotFound", 400);
	assert.strictEqual((await call("sts", "GetCallerIdentity")).Account, "000000000000");
});

test("objects are put whole, streamed and in parts, and listed in pages", async () => {
	const Bucket = "js-bucket";
	await call("s3", "CreateBucket", { Bucket });
	await wait("s3", "BucketExists", { Bucket });
	await call("s3", "PutObject", { Bucket, Key: "whole", Body: "hello", Metadata: { team: "mpc" } });
	await call("s3", "PutObject", {
		Bucket, Key: "streamed", Body: Readable.from([Buffer.from("streamed")]), ContentLength: 8,
	});
	const whole = await call("s3", "GetObject", { Bucket, Key: "whole" });
	assert.deepStrictEqual([await whole.Body.transformToString(), whole.Metadata.team], ["hello", "mpc"]);
	assert.strictEqual(await (await call("s3", "GetObject", { Bucket, Key: "streamed" })).Body.transformToString(),
		"streamed");
	const { UploadId } = await call("s3", "CreateMultipartUpload", { Bucket, Key: "parts" });
	const Parts = [];
	for (const [i, size] of [5 << 20, 10].entries()) {
		const part = { Bucket, Key: "parts", UploadId, PartNumber: i + 1 };
		const { ETag } = await call("s3", "UploadPart", { ...part, Body: Buffer.alloc(size, 97 + i) });
		Parts.push({ PartNumber: i + 1, ETag });
	}
	const listed = await pages("s3", "ListParts", { Bucket, Key: "parts", UploadId }, "Parts");
	assert.strictEqual(listed.all.length, 2);
	const wrong = [{ PartNumber: 1, ETag: '"0"' }];
	await refused(call("s3", "CompleteMultipartUpload", {
		Bucket, Key: "parts", UploadId, MultipartUpload: { Parts: wrong } }), "InvalidPart", 400);
	await call("s3", "CompleteMultipartUpload", { Bucket, Key: "parts", UploadId, MultipartUpload: { Parts } });
	assert.strictEqual((await call("s3", "HeadObject", { Bucket, Key: "parts" })).ContentLength, (5 << 20) + 10);
	await refused(call("s3", "AbortMultipartUpload", { Bucket, Key: "parts", UploadId }), "NoSuchUpload", 404);
	const keys = await pages("s3", "ListObjectsV2", { Bucket }, "Contents", 2);
	assert.deepStrictEqual([keys.all.length, keys.count], [3, 2]);
	await refused(call("s3", "HeadObject", { Bucket, Key: "none" }), "NotFound", 404);
	await refused(call("s3", "GetObject", { Bucket, Key: "none" }), "NoSuchKey", 404);
	await refused(call("s3", "DeleteBucket", { Bucket }), "BucketNotEmpty", 409);
	const Objects = keys.all.map(({ Key }) => ({ Key }));
	const { Deleted } = await call("s3", "DeleteObjects", { Bucket, Delete: { Objects } });
	assert.strictEqual(Deleted.length, 3);
	await call("s3", "DeleteBucket", { Bucket });
});

test("a versioned bucket gives back what was overwritten or deleted", async () => {
	const Bucket = "js-versions";
	await call("s3", "CreateBucket", { Bucket });
	await call("s3", "PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Enabled" } });
	const read = async (VersionId) =>
		(await call("s3", "GetObject", { Bucket, Key: "k", VersionId })).Body.transformToString();
	const one = await call("s3", "PutObject", { Bucket, Key: "k", Body: "one" });
	const two = await call("s3", "PutObject", { Bucket, Key: "k", Body: "two" });
	assert.deepStrictEqual([await read(), await read(one.VersionId)], ["two", "one"]);
	const gone = await call("s3", "DeleteObject", { Bucket, Key: "k" });
	assert(gone.DeleteMarker);
	await refused(read(), "NoSuchKey", 404);
	const first = await call("s3", "ListObjectVersions", { Bucket, MaxKeys: 1 });
	assert.deepStrictEqual([first.DeleteMarkers[0].IsLatest, first.IsTruncated], [true, true]);
	const rest = await call("s3", "ListObjectVersions", {
		Bucket, KeyMarker: first.NextKeyMarker, VersionIdMarker: first.NextVersionIdMarker,
	});
	assert.deepStrictEqual(rest.Versions.map((v) => v.VersionId), [two.VersionId, one.VersionId]);
	await call("s3", "DeleteObject", { Bucket, Key: "k", VersionId: gone.VersionId });
	assert.strictEqual(await read(), "two");
	await call("s3", "DeleteObject", { Bucket, Key: "k", VersionId: two.VersionId });
	assert.strictEqual(await read(), "one");
	await refused(call("s3", "DeleteBucket", { Bucket }), "BucketNotEmpty", 409);
	await call("s3", "DeleteObject", { Bucket, Key: "k", VersionId: one.VersionId });
	await call("s3", "DeleteBucket", { Bucket });
});

(async () => {
	let bad = 0;
	for (const [i, { title, run }] of tests.entries()) {
		try {
			await run();
			console.log(`ok ${i + 1} - ${title}`);
		} catch (error) {
			bad++;
			for (const line of String(error.stack).split("\n")) console.log(`# ${line}`);
			console.log(`not ok ${i + 1} - ${title}`);
		}
	}
	console.log(`1..${tests.length}`);
	process.exit(bad ? 1 : 0);
})();
