#!/usr/bin/env python3
"""What goes wrong when CloudFormation deploys, with the codes and words of AWS; through boto3 of Debian."""
import json, os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import *


def resource(kind, **more):
    properties = more.pop("Properties", {})
    return {"Type": kind, "Properties": properties, **more}


def group(name=None, days=None, **more):
    properties = {"LogGroupName": name, "RetentionInDays": days}
    return resource("AWS::Logs::LogGroup", Properties={k: v for k, v in properties.items() if v}, **more)


def body(outputs=None, parameters=None, **resources):
    whole = {"Resources": resources}
    if outputs:
        whole["Outputs"] = outputs
    if parameters:
        whole["Parameters"] = parameters
    return json.dumps(whole)


def exporting(value):
    return {"Name": {"Value": value, "Export": {"Name": "shared-name"}}}


TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}
FAILS = resource("AWS::Logs::LogStream", Properties={"LogGroupName": "nowhere"})
HANGS = {"Handle": resource("AWS::CloudFormation::WaitConditionHandle"),
         "Hangs": resource("AWS::CloudFormation::WaitCondition",
                           Properties={"Handle": {"Ref": "Handle"}, "Timeout": "300"})}


def stack(cloud, name):
    return cloud.cloudformation.describe_stacks(StackName=name)["Stacks"][0]


def settled(cloud, name):
    """The stack once nothing is done to it any more."""
    def look():
        found = stack(cloud, name)
        return None if found["StackStatus"].endswith("_IN_PROGRESS") else found
    return wait_for(look, name)


def create(cloud, name, text, wanted="CREATE_COMPLETE", **more):
    arn = cloud.cloudformation.create_stack(StackName=name, TemplateBody=text, **more)["StackId"]
    expect(settled(cloud, name)["StackStatus"], wanted)
    return arn


def update(cloud, name, text, wanted="UPDATE_COMPLETE", **more):
    cloud.cloudformation.update_stack(StackName=name, TemplateBody=text, **more)
    expect(settled(cloud, name)["StackStatus"], wanted)


def events(cloud, name, logical=None):
    """Events oldest first, of one logical id."""
    pages = cloud.cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    found = [e for page in pages for e in page["StackEvents"]]
    return [e for e in reversed(found) if logical in (None, e["LogicalResourceId"])]


def reason(cloud, name, logical, status):
    return next(e["ResourceStatusReason"] for e in events(cloud, name, logical) if e["ResourceStatus"] == status)


def history(cloud, name, logical):
    return [e["ResourceStatus"] for e in events(cloud, name, logical)]


@test
def capabilities_have_to_be_acknowledged():
    role = {"AssumeRolePolicyDocument": TRUST}
    unnamed = body(Role=resource("AWS::IAM::Role", Properties=role))
    named = body(Role=resource("AWS::IAM::Role", Properties={**role, "RoleName": "worker"}))
    with ClientCloud() as cloud:
        for text, missing in ((unnamed, "CAPABILITY_IAM"), (named, "CAPABILITY_NAMED_IAM")):
            wanted = ("InsufficientCapabilitiesException", 400, f"Requires capabilities : [{missing}]")
            expect(refusal(cloud.cloudformation.create_stack, StackName="s", TemplateBody=text), wanted)
            expect(refusal(cloud.cloudformation.create_change_set, StackName="s", ChangeSetName="c", TemplateBody=text,
                           ChangeSetType="CREATE"), wanted)
        expect(refusal(cloud.cloudformation.create_stack, StackName="s", TemplateBody=named,
                       Capabilities=["CAPABILITY_IAM"])[2], "Requires capabilities : [CAPABILITY_NAMED_IAM]")
        create(cloud, "s", named, Capabilities=["CAPABILITY_NAMED_IAM"])


@test
def exports_in_use_can_be_neither_deleted_nor_changed():
    with ClientCloud() as cloud:
        cfn = cloud.cloudformation
        create(cloud, "base", body(exporting("one"), Group=group("/base")))
        create(cloud, "user", body(Parameter=resource("AWS::SSM::Parameter", Properties={
            "Type": "String", "Value": {"Fn::ImportValue": "shared-name"}})))
        expect([e["Value"] for e in cfn.list_exports()["Exports"]], ["one"])
        expect(cfn.list_imports(ExportName="shared-name")["Imports"], ["user"])
        cfn.delete_stack(StackName="base")
        expect(settled(cloud, "base")["StackStatus"], "CREATE_COMPLETE")
        expect(events(cloud, "base")[-1]["ResourceStatusReason"],
               "Delete canceled. Cannot delete export shared-name as it is in use by user.")
        update(cloud, "base", body(exporting("two"), Group=group("/base")), "UPDATE_ROLLBACK_COMPLETE")
        expect(reason(cloud, "base", "base", "UPDATE_ROLLBACK_IN_PROGRESS"),
               "Cannot update export shared-name as it is in use by user")
        expect(refusal(cfn.create_stack, StackName="other", TemplateBody=body(exporting("x"), Group=group()))[2],
               "Export with name shared-name is already exported by stack base")
        expect(refusal(cfn.list_imports, ExportName="nothing"),
               ("ValidationError", 400, "Export 'nothing' is not imported by any stack."))
        cfn.delete_stack(StackName="user")
        cfn.get_waiter("stack_delete_complete").wait(StackName="user", WaiterConfig={"Delay": 1})
        cfn.delete_stack(StackName="base")
        cfn.get_waiter("stack_delete_complete").wait(StackName="base", WaiterConfig={"Delay": 1})


@test
def a_stack_in_ROLLBACK_COMPLETE_can_only_be_deleted():
    with ClientCloud() as cloud:
        cfn = cloud.cloudformation
        arn = create(cloud, "s", body(Stream=FAILS), "ROLLBACK_COMPLETE")
        wanted = ("ValidationError", 400, f"Stack:{arn} is in ROLLBACK_COMPLETE state and can not be updated.")
        expect(refusal(cfn.update_stack, StackName="s", TemplateBody=body(Group=group())), wanted)
        expect(refusal(cfn.create_change_set, StackName="s", ChangeSetName="c", TemplateBody=body(Group=group())),
               wanted)
        expect(refusal(cfn.create_stack, StackName="s", TemplateBody=body(Group=group())),
               ("AlreadyExistsException", 400, "Stack [s] already exists"))
        try:
            cfn.get_waiter("stack_create_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
            raise AssertionError("the waiter saw CREATE_COMPLETE")
        except WaiterError as error:
            assert "ROLLBACK_COMPLETE" in str(error), error
        cfn.delete_stack(StackName="s")
        cfn.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
        expect(refusal(cfn.describe_stacks, StackName="s")[2], "Stack with id s does not exist")
        expect(stack(cloud, arn)["StackStatus"], "DELETE_COMPLETE")


@test
def a_rollback_that_fails_is_continued_without_what_fails():
    with ClientCloud() as cloud:
        cfn = cloud.cloudformation
        first = body(Group=group("/g", 7), Other=group("/o"))
        arn = create(cloud, "s", first)
        expect(refusal(cfn.continue_update_rollback, StackName="s")[0], "ValidationError")
        cfn.update_stack(StackName="s", TemplateBody=body(Group=group("/g", 14), Other=group("/o"), **HANGS))
        wait_for(lambda: history(cloud, "s", "Group")[-1] == "UPDATE_COMPLETE" and
                 "CREATE_IN_PROGRESS" in history(cloud, "s", "Hangs"), "update of the group")
        expect(refusal(cfn.update_stack, StackName="s", TemplateBody=first)[2],
               f"Stack:{arn} is in UPDATE_IN_PROGRESS state and can not be updated.")
        cloud.logs.delete_log_group(logGroupName="/g")
        cfn.cancel_update_stack(StackName="s")
        failed = settled(cloud, "s")
        expect(failed["StackStatus"], "UPDATE_ROLLBACK_FAILED")
        expect(failed["StackStatusReason"], "The following resource(s) failed to update: [Group]. ")
        expect(refusal(cfn.update_stack, StackName="s", TemplateBody=first)[2],
               f"Stack:{arn} is in UPDATE_ROLLBACK_FAILED state and can not be updated.")
        expect(refusal(cfn.cancel_update_stack, StackName="s")[2],
               "CancelUpdateStack cannot be called from current stack status")
        cfn.continue_update_rollback(StackName="s")
        expect(settled(cloud, "s")["StackStatus"], "UPDATE_ROLLBACK_FAILED")
        expect(refusal(cfn.continue_update_rollback, StackName="s", ResourcesToSkip=["Other"])[0], "ValidationError")
        cfn.continue_update_rollback(StackName="s", ResourcesToSkip=["Group"])
        expect(settled(cloud, "s")["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        expect(events(cloud, "s", "Group")[-1]["ResourceStatusReason"], "Resource skipped during UpdateRollback")
        names = [r["LogicalResourceId"] for r in cfn.list_stack_resources(StackName="s")["StackResourceSummaries"]]
        expect(sorted(names), ["Group", "Other"])


@test
def a_wait_condition_waits_for_its_signals():
    with ClientCloud() as cloud:
        text = json.loads(body({"Data": {"Value": {"Fn::GetAtt": ["Hangs", "Data"]}},
                                "Url": {"Value": {"Ref": "Handle"}}}, **HANGS))
        text["Resources"]["Hangs"]["Properties"]["Count"] = 2
        cloud.cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(text))

        def url():
            found = cloud.cloudformation.describe_stack_resources(StackName="s")["StackResources"]
            return next((r["PhysicalResourceId"] for r in found if r["LogicalResourceId"] == "Handle" and
                         r["ResourceStatus"] == "CREATE_COMPLETE"), None)

        def signal(where, **more):
            data = json.dumps({"Status": "SUCCESS", "Reason": "ready", **more}).encode()
            return urllib.request.urlopen(urllib.request.Request(where, data, method="PUT"), timeout=5).status

        where = wait_for(url, "handle")
        for unique in ("a", "a", "b"):
            expect(stack(cloud, "s")["StackStatus"], "CREATE_IN_PROGRESS")
            expect(signal(where, UniqueId=unique, Data=f"from {unique}"), 200)
        done = settled(cloud, "s")
        expect(done["StackStatus"], "CREATE_COMPLETE")
        outputs = {o["OutputKey"]: o["OutputValue"] for o in done["Outputs"]}
        expect(json.loads(outputs["Data"]), {"a": "from a", "b": "from b"})
        text["Resources"]["Hangs"]["Properties"]["Timeout"] = "1"
        create(cloud, "late", json.dumps(text), "ROLLBACK_COMPLETE")
        assert "WaitCondition timed out. Received 0 conditions when expecting 2" in \
            reason(cloud, "late", "Hangs", "CREATE_FAILED")


@test
def a_secret_that_waits_for_its_deletion_blocks_its_name():
    with ClientCloud() as cloud:
        secrets = cloud.secretsmanager
        arn = secrets.create_secret(Name="key", SecretString="one")["ARN"]
        secrets.delete_secret(SecretId="key")
        sentence = "You can't create this secret because a secret with this name is already scheduled for deletion."
        expect(refusal(secrets.create_secret, Name="key", SecretString="two"), ("InvalidRequestException", 400, sentence))
        expect(refusal(secrets.get_secret_value, SecretId="key")[0], "InvalidRequestException")
        text = body(Secret=resource("AWS::SecretsManager::Secret", Properties={"Name": "key", "SecretString": "x"}))
        create(cloud, "s", text, "ROLLBACK_COMPLETE")
        found = reason(cloud, "s", "Secret", "CREATE_FAILED")
        assert sentence in found and "HandlerErrorCode: InvalidRequest)" in found, found
        expect(secrets.list_secrets()["SecretList"], [])
        secrets.restore_secret(SecretId=arn)
        expect(secrets.get_secret_value(SecretId="key")["SecretString"], "one")
        secrets.delete_secret(SecretId="key", ForceDeleteWithoutRecovery=True)
        create(cloud, "again", text)
        cloud.cloudformation.delete_stack(StackName="again")  # CloudFormation deletes without recovery
        cloud.cloudformation.get_waiter("stack_delete_complete").wait(StackName="again", WaiterConfig={"Delay": 1})
        create(cloud, "third", text)


@test
def a_log_group_that_was_left_behind_blocks_the_next_stack():
    with ClientCloud() as cloud:
        text = body(Group=group("/left", DeletionPolicy="Retain"))
        create(cloud, "s", text)
        cloud.cloudformation.delete_stack(StackName="s")
        cloud.cloudformation.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
        expect([g["logGroupName"] for g in cloud.logs.describe_log_groups()["logGroups"]], ["/left"])
        arn = create(cloud, "t", text, "ROLLBACK_COMPLETE")
        found = reason(cloud, arn, "Group", "CREATE_FAILED")
        assert found.startswith('Resource handler returned message: "Resource of type \'AWS::Logs::LogGroup\' with '
                                'identifier \'{"/properties/LogGroupName":"/left"}\' already exists." (RequestToken: ') \
            and found.endswith(", HandlerErrorCode: AlreadyExists)"), found
        expect(reason(cloud, arn, "t", "ROLLBACK_IN_PROGRESS"),
               "The following resource(s) failed to create: [Group]. Rollback requested by user.")
        # the rollback must not take what is not the stack's
        expect(len(cloud.logs.describe_log_groups()["logGroups"]), 1)


@test
def names_clash_between_stacks():
    role = {"AssumeRolePolicyDocument": TRUST, "RoleName": "worker"}
    kinds = {"Cluster": resource("AWS::ECS::Cluster", Properties={"ClusterName": "mpc"}),
             "Role": resource("AWS::IAM::Role", Properties=role),
             "Bucket": resource("AWS::S3::Bucket", Properties={"BucketName": "our-bucket"}),
             "Parameter": resource("AWS::SSM::Parameter", Properties={"Name": "/p", "Type": "String", "Value": "v"}),
             "Secret": resource("AWS::SecretsManager::Secret", Properties={"Name": "sec", "SecretString": "x"})}
    with ClientCloud() as cloud:
        create(cloud, "first", body(**kinds), Capabilities=["CAPABILITY_NAMED_IAM"])
        for logical, one in kinds.items():
            name = "clash-" + logical.lower()
            wanted = "CREATE_COMPLETE" if logical == "Cluster" else "ROLLBACK_COMPLETE"
            create(cloud, name, body(**{logical: one}), wanted, Capabilities=["CAPABILITY_NAMED_IAM"])
            if logical != "Cluster":  # ECS gives back the cluster that is there
                found = reason(cloud, name, logical, "CREATE_FAILED")
                assert "already exists" in found and "HandlerErrorCode: AlreadyExists" in found, found
        expect(cloud.s3.head_bucket(Bucket="our-bucket")["ResponseMetadata"]["HTTPStatusCode"], 200)


@test
def some_updates_are_made_in_place_and_some_replace():
    with ClientCloud() as cloud:
        cfn = cloud.cloudformation
        create(cloud, "s", body(Group=group("/one", 7), Plain=group(None, 7)))
        cfn.create_change_set(StackName="s", ChangeSetName="c",
                              TemplateBody=body(Group=group("/two", 7), Plain=group(None, 14)))
        changes = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in
                   cfn.describe_change_set(StackName="s", ChangeSetName="c")["Changes"]}
        expect((changes["Group"]["Replacement"], changes["Plain"]["Replacement"]), ("True", "False"))
        expect(changes["Group"]["Details"][0]["Target"],
               {"Attribute": "Properties", "Name": "LogGroupName", "RequiresRecreation": "Always"})
        before = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in
                  cfn.describe_stack_resources(StackName="s")["StackResources"]}
        cfn.execute_change_set(StackName="s", ChangeSetName="c")
        expect(settled(cloud, "s")["StackStatus"], "UPDATE_COMPLETE")
        after = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in
                 cfn.describe_stack_resources(StackName="s")["StackResources"]}
        expect((before["Group"], after["Group"]), ("/one", "/two"))
        expect(before["Plain"], after["Plain"])
        expect([(e["ResourceStatus"], e["PhysicalResourceId"]) for e in events(cloud, "s", "Group")[3:]],
               [("UPDATE_IN_PROGRESS", "/one"), ("UPDATE_IN_PROGRESS", "/two"), ("UPDATE_COMPLETE", "/two"),
                ("DELETE_IN_PROGRESS", "/one"), ("DELETE_COMPLETE", "/one")])
        parameter = {"Name": "/p", "Type": "String", "Value": "v"}
        create(cloud, "named", body(P=resource("AWS::ECS::Cluster", Properties={"ClusterName": "same"}),
                                    R=resource("AWS::SSM::Parameter", Properties=parameter)))
        update(cloud, "named", body(P=resource("AWS::ECS::Cluster", Properties={"ClusterName": "other"}),
                                    R=resource("AWS::SSM::Parameter", Properties=parameter)))


@test
def templates_have_a_size_limit_by_body_and_by_URL():
    def sized(size):
        text = body(Group=group("/sized"))
        return text + " " * (size - len(text))
    with ClientCloud() as cloud:
        cfn = cloud.cloudformation
        cfn.validate_template(TemplateBody=sized(51200))
        code, status, message = refusal(cfn.validate_template, TemplateBody=sized(51201))
        expect((code, status), ("ValidationError", 400))
        assert message.endswith("at 'templateBody' failed to satisfy constraint: Member must have length less than or "
                                "equal to 51200"), message
        cloud.s3.create_bucket(Bucket="templates")
        for key, size in (("good", 1000000), ("big", 1000001)):
            cloud.s3.put_object(Bucket="templates", Key=key, Body=sized(size))
        cfn.create_stack(StackName="s", TemplateURL=f"{cloud.url}/templates/good")
        expect(settled(cloud, "s")["StackStatus"], "CREATE_COMPLETE")
        expect(refusal(cfn.create_stack, StackName="t", TemplateURL=f"{cloud.url}/templates/big"),
               ("ValidationError", 400, "Template may not exceed 1000000 bytes in size."))
        expect(refusal(cfn.create_stack, StackName="t", TemplateURL=f"{cloud.url}/templates/none")[0:2],
               ("ValidationError", 400))
        expect(refusal(cfn.create_stack, StackName="t", TemplateURL="ftp://x/y")[2],
               "TemplateURL must be a supported URL.")
        expect(refusal(cfn.create_stack, StackName="t")[2],
               "Either Template URL or Template Body must be specified.")


@test
def change_sets_fail_with_the_words_of_AWS():
    with ClientCloud() as cloud:
        cfn = cloud.cloudformation
        text = body(Group=group("/g"))
        expect(refusal(cfn.create_change_set, StackName="s", ChangeSetName="c", TemplateBody=text)[2],
               "Stack [s] does not exist")
        made = cfn.create_change_set(StackName="s", ChangeSetName="c", TemplateBody=text, ChangeSetType="CREATE")
        expect(stack(cloud, "s")["StackStatus"], "REVIEW_IN_PROGRESS")
        cfn.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"], WaiterConfig={"Delay": 1})
        expect(refusal(cfn.get_template_summary, StackName="s")[2],
               "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
        cfn.execute_change_set(ChangeSetName=made["Id"])
        settled(cloud, "s")
        expect(refusal(cfn.create_change_set, StackName="s", ChangeSetName="c2", TemplateBody=text,
                       ChangeSetType="CREATE")[2],
               "Stack [s] already exists and cannot be created again with the changeSet [c2].")
        same = cfn.create_change_set(StackName="s", ChangeSetName="same", TemplateBody=text)["Id"]
        found = cfn.describe_change_set(ChangeSetName=same)
        expect((found["Status"], found["ExecutionStatus"], found["StatusReason"]),
               ("FAILED", "UNAVAILABLE", "The submitted information didn't contain changes. Submit different "
                                         "information to create a change set."))
        expect(refusal(cfn.execute_change_set, ChangeSetName=same)[0:2], ("InvalidChangeSetStatus", 400))
        cfn.delete_change_set(ChangeSetName=same)
        expect(refusal(cfn.describe_change_set, StackName="s", ChangeSetName="same"),
               ("ChangeSetNotFound", 404, "ChangeSet [same] does not exist"))
        cfn.delete_change_set(StackName="s", ChangeSetName="never")
        expect(refusal(cfn.update_stack, StackName="s", TemplateBody=text)[2], "No updates are to be performed.")
        expect(refusal(cfn.describe_change_set, ChangeSetName="x")[2],
               "StackName must be specified if ChangeSetName is not specified as an ARN.")
        drift = refusal(cfn.detect_stack_drift, StackName="s")
        expect(drift[0:2], ("InvalidAction", 400))
        assert "DetectStackDrift" in drift[2], drift
        refusal(cfn.detect_stack_drift, StackName="s")
        expect(cloud.log().count("DetectStackDrift"), 1)


@test
def a_failed_stack_is_kept_rolled_back_or_deleted_as_asked():
    with ClientCloud() as cloud:
        cfn = cloud.cloudformation
        text = body(Group=group("/kept"), Stream={**FAILS, "DependsOn": "Group"})
        create(cloud, "kept", text, "CREATE_FAILED", DisableRollback=True)
        expect(len(cloud.logs.describe_log_groups()["logGroups"]), 1)
        cfn.rollback_stack(StackName="kept")
        expect(settled(cloud, "kept")["StackStatus"], "ROLLBACK_COMPLETE")
        expect(cloud.logs.describe_log_groups()["logGroups"], [])
        arn = cfn.create_stack(StackName="gone", TemplateBody=text, OnFailure="DELETE")["StackId"]
        expect(settled(cloud, arn)["StackStatus"], "DELETE_COMPLETE")
        cfn.create_stack(StackName="safe", TemplateBody=body(Group=group("/safe")), EnableTerminationProtection=True)
        settled(cloud, "safe")
        expect(refusal(cfn.delete_stack, StackName="safe"),
               ("ValidationError", 400, "Stack [safe] cannot be deleted while TerminationProtection is enabled"))
        cfn.update_termination_protection(StackName="safe", EnableTerminationProtection=False)
        cfn.delete_stack(StackName="safe")
        cfn.get_waiter("stack_delete_complete").wait(StackName="safe", WaiterConfig={"Delay": 1})


main()
