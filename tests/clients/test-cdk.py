#!/usr/bin/env python3
"""The AWS CDK: its own CLI and library from npm, unmodified, with the default synthesizer. Three apps side by side: the CLI
sleeps five seconds between two looks at a stack."""
import concurrent.futures, json, os, shutil, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import *
from guides import Guide

EXAMPLE = os.path.join(ROOT, "examples", "cdk")


def cdk(cloud, *arguments, **more):
    program = os.path.join(npm_packages(), "node_modules", "aws-cdk", "bin", "cdk")
    home = os.path.join(cloud.work, "cdk-home")  # accounts by key are remembered there
    os.makedirs(home, exist_ok=True)
    result = cloud.node(program, *arguments, "--no-notices", CDK_HOME=home, CDK_DISABLE_CLI_TELEMETRY="1", CI="1", **more)
    result.all = result.out + result.err
    return result


def said(result, *texts):
    for text in texts:
        assert text in result.all, f"{text!r} is not in: {result}"


def stack(cloud, name):
    return cloud.cloudformation.describe_stacks(StackName=name)["Stacks"][0]


def flow_of_an_app():
    """bootstrap, deploy, no change, change, failure with its diagnosis and rollback, destroy: of two dependent stacks with an asset."""
    with ClientCloud() as cloud:
        shutil.copy(os.path.join(HERE, "cdk-app.js"), cloud.work)
        said(cdk(cloud, "bootstrap", "aws://000000000000/us-east-1"), "bootstrapped.")
        expect(cloud.ecr.describe_repositories()["repositories"][0]["repositoryName"],
               "cdk-hnb659fds-container-assets-000000000000-us-east-1")
        first = cdk(cloud, "deploy", "AppUser", "--app", "node cdk-app.js", "--require-approval", "never")
        said(first, "✅  AppBase", "✅  AppUser", "AppUser.GenesisUrl = s3://cdk-hnb659fds-assets-")
        key = first.all.split("AppUser.GenesisUrl = ")[1].split()[0].rsplit("/", 1)[1]
        bucket = "cdk-hnb659fds-assets-000000000000-us-east-1"
        expect(json.loads(cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read())["stage"], 1)
        exported = cloud.cloudformation.list_exports()["Exports"]
        user = [e for e in exported if "Log" in e["Name"]]
        expect(cloud.cloudformation.list_imports(ExportName=user[0]["Name"])["Imports"], ["AppUser"])
        said(cdk(cloud, "deploy", "--all", "--app", "cdk.out"), "✅  AppBase (no changes)", "✅  AppUser (no changes)")
        said(cdk(cloud, "diff", "--app", "cdk.out"), "Number of stacks with differences: 0")
        changed = cdk(cloud, "diff", "--app", "node cdk-app.js", "-o", "changed", STAGE="changed")
        said(changed, "[~] AWS::Logs::LogGroup Log", "[-] 7", "[+] 30", "Number of stacks with differences: 2")
        said(cdk(cloud, "deploy", "--all", "--app", "changed"), "✅  AppBase", "UPDATE_COMPLETE", "✅  AppUser")
        expect([g["retentionInDays"] for g in cloud.logs.describe_log_groups()["logGroups"]], [30])
        failed = cdk(cloud, "deploy", "AppUser", "--app", "node cdk-app.js", "-o", "failing", "--no-rollback",
                     "--require-approval", "never", code=1, STAGE="failing")
        said(failed, "UPDATE_FAILED", "ECS Deployment Circuit Breaker was triggered", "HandlerErrorCode: General",
             "Essential container in task exited", "the key is not readable")
        expect(stack(cloud, "AppUser")["StackStatus"], "UPDATE_FAILED")
        said(cdk(cloud, "rollback", "AppUser", "--app", "failing"), "UPDATE_ROLLBACK", "Rollback time")
        expect(stack(cloud, "AppUser")["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        said(cdk(cloud, "destroy", "--all", "--force", "--app", "changed"), "✅  AppUser: destroyed",
             "✅  AppBase: destroyed")
        expect(cloud.logs.describe_log_groups()["logGroups"], [])
        expect([s["StackName"] for s in cloud.cloudformation.describe_stacks()["Stacks"]], ["CDKToolkit"])


def flow_of_a_hardened_app():
    """What `cdk init` and the usual baselines add to a network works as on AWS, or is kept and shown."""
    with ClientCloud() as cloud:
        shutil.copy(os.path.join(HERE, "cdk-hardened.js"), cloud.work)
        said(cdk(cloud, "bootstrap", "aws://000000000000/us-east-1"), "bootstrapped.")
        said(cdk(cloud, "deploy", "Hardened", "--app", "node cdk-hardened.js", "--require-approval", "never"), "✅  Hardened")
        groups = cloud.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"]
        expect([(g["IpPermissions"], g["IpPermissionsEgress"]) for g in groups], [([], [])])
        expect([f["TrafficType"] for f in cloud.ec2.describe_flow_logs()["FlowLogs"]], ["REJECT"])
        lists = {l["PrefixListName"]: l for l in cloud.ec2.describe_managed_prefix_lists()["PrefixLists"]}
        own = [l for l in lists.values() if l["OwnerId"] != "AWS"]
        expect(cloud.ec2.get_managed_prefix_list_entries(PrefixListId=own[0]["PrefixListId"])["Entries"],
               [{"Cidr": "203.0.113.0/24"}])
        assert "com.amazonaws.us-east-1.dynamodb" in lists, lists
        systems = {bool(s.get("AvailabilityZoneName")): s for s in cloud.efs.describe_file_systems()["FileSystems"]}
        data = systems[False]["FileSystemId"]
        expect((systems[True]["AvailabilityZoneId"], systems[True]["NumberOfMountTargets"]), ("use1-az1", 1))
        expect(cloud.efs.describe_backup_policy(FileSystemId=data)["BackupPolicy"], {"Status": "ENABLED"})
        expect(cloud.efs.describe_lifecycle_configuration(FileSystemId=data)["LifecyclePolicies"],
               [{"TransitionToIA": "AFTER_30_DAYS"}, {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"}])
        expect(cloud.kms.get_key_rotation_status(KeyId=systems[False]["KmsKeyId"])["KeyRotationEnabled"], True)
        arn = cloud.ecs.list_clusters()["clusterArns"][0]
        cluster = cloud.ecs.describe_clusters(clusters=[arn], include=["SETTINGS"])["clusters"][0]
        expect((cluster["capacityProviders"], cluster["settings"], cluster["runningTasksCount"]),
               (["FARGATE", "FARGATE_SPOT"], [{"name": "containerInsights", "value": "enabled"}], 1))
        said(cdk(cloud, "destroy", "Hardened", "--force", "--app", "cdk.out"), "✅  Hardened: destroyed")
        expect((cloud.ec2.describe_vpcs()["Vpcs"], cloud.ec2.describe_flow_logs()["FlowLogs"]), ([], []))


def flow_of_the_example():
    """doc/cdk.md, command by command: examples/cdk, without bootstrap, for what the app needs is there."""
    with ClientCloud() as cloud:
        work = os.path.join(cloud.work, "examples", "cdk")
        shutil.copytree(EXAMPLE, work, ignore=shutil.ignore_patterns("node_modules", "keys", "cdk.out"))
        shutil.copytree(os.path.join(ROOT, "examples", "local"), os.path.join(cloud.work, "examples", "local"),
                        ignore=shutil.ignore_patterns("keys"))
        os.symlink(os.path.join(npm_packages(), "node_modules"), os.path.join(work, "node_modules"))
        os.symlink(cloud.binary, os.path.join(cloud.work, "mpcup"))
        environment = cloud.client_environment(PATH=f"{cloud.work}:/usr/bin:" + os.environ["PATH"], CI="1",
                                               CDK_HOME=os.path.join(cloud.work, "cdk-home"), CDK_DISABLE_CLI_TELEMETRY="1")
        problems = [f"{title}: {problem}" for title, problem in
                    Guide(os.path.join(ROOT, "doc", "cdk.md")).run(cloud.work, environment, cloud.port, 300) if problem]
        assert not problems, "\n".join(problems)
        expect((cloud.efs.describe_file_systems()["FileSystems"], cloud.ec2.describe_vpcs()["Vpcs"]), ([], []))


npm_packages()  # once, before both ask for it
pool = concurrent.futures.ThreadPoolExecutor()
running = {flow: pool.submit(flow) for flow in (flow_of_an_app, flow_of_a_hardened_app, flow_of_the_example)}


@test
def two_dependent_stacks_go_through_their_life():
    running[flow_of_an_app].result()


@test
def a_hardened_app_keeps_what_aws_would_keep():
    running[flow_of_a_hardened_app].result()


@test
def the_commands_of_doc_cdk_md_do_what_it_says():
    running[flow_of_the_example].result()


main()
