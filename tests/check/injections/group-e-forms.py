"""Group E again: the same mistakes and the same right things in other forms, on one node only, in stand-in services."""
from rights import *


def last_node(path, value):
    """A property of the last node's container or, with "task", of its task definition."""
    def change(t):
        target = containers(t)[-1] if path[0] != "task" else nodes(t)[-1]
        for key in path[path[0] == "task":-1]:
            target = target.setdefault(key, {}) if isinstance(key, str) else target[key]
        target[path[-1]] = clone(value)
    return change


def own_roles(t):
    """Every node has roles of its own, with inline policies for what it needs only."""
    secrets, mounts = statement(t, "execution", "secretsmanager:"), statement(t, "task", "elasticfilesystem:")
    pull = [s for s in statements(t, "execution") if s is not secrets]
    trusting = clone(role(t, "task")["AssumeRolePolicyDocument"])
    for i, p in enumerate(nodes(t)):
        c = next(c for c in p["ContainerDefinitions"] if "Secrets" in c)
        mine = [s["ValueFrom"]["Fn::Join"][1][0] for s in c["Secrets"]]
        point = p["Volumes"][0]["EFSVolumeConfiguration"]["AuthorizationConfig"]["AccessPointId"]["Ref"]
        t["Resources"][f"Start{i}"] = {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": trusting, "Path": f"/mpc/{i}/",
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"],
            "Policies": [{"PolicyName": "pull", "PolicyDocument": document(*clone(pull))},
                         {"PolicyName": "secrets", "PolicyDocument": document({**secrets, "Resource": mine})}]}}
        t["Resources"][f"Work{i}"] = {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": trusting, "Policies": [{"PolicyName": "disk", "PolicyDocument": document({
                **mounts, "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": get_att(point)}}})}]}}
        p["ExecutionRoleArn"], p["TaskRoleArn"] = get_att(f"Start{i}"), get_att(f"Work{i}")


def of_role(name, index=0):
    return lambda t: t["Resources"][name]["Properties"]["Policies"][index]["PolicyDocument"]["Statement"]


def exchange(t):
    p = nodes(t)
    p[1]["ExecutionRoleArn"], p[2]["ExecutionRoleArn"] = p[2]["ExecutionRoleArn"], p[1]["ExecutionRoleArn"]


def exchange_tasks(t):
    p = nodes(t)
    p[0]["TaskRoleArn"], p[2]["TaskRoleArn"] = p[2]["TaskRoleArn"], p[0]["TaskRoleArn"]


def secrets_as(form):
    """The resources of the secrets' statement in another form."""
    def change(t):
        s = statement(t, "execution", "secretsmanager:")
        s["Resource"] = [form(r["Ref"]) for r in s["Resource"]]
    return change


def by_condition(default):
    """The secrets' right hangs on a parameter."""
    def change(t):
        t.setdefault("Parameters", {})["WithSecrets"] = {"Type": "String", "Default": default, "AllowedValues": ["yes", "no"]}
        t["Conditions"] = {**t.get("Conditions", {}), "Secrets": {"Fn::Equals": [{"Ref": "WithSecrets"}, "yes"]}}
        all_ = statements(t, "execution")
        i = all_.index(statement(t, "execution", "secretsmanager:"))
        all_[i] = {"Fn::If": ["Secrets", all_[i], {"Ref": "AWS::NoValue"}]}
    return change


def role_by_name(t):
    for p in nodes(t):
        for key in ("ExecutionRoleArn", "TaskRoleArn"):
            p[key] = sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${%s}" % p[key]["Fn::GetAtt"][0])


def role_outside(t):
    for p in nodes(t):
        p["ExecutionRoleArn"] = sub("arn:aws:iam::${AWS::AccountId}:role/ecsTaskExecutionRole")


def near(t):
    """Task definition of the stand-in chain node."""
    mine = [id(p) for p in nodes(t)]
    return next(p for _, p in resources(t, "AWS::ECS::TaskDefinition") if id(p) not in mine)


def near_policy(t):
    me = near(t)["ExecutionRoleArn"]["Fn::GetAtt"][0]
    return next(p for _, p in resources(t, "AWS::IAM::Policy") if {"Ref": me} in p["Roles"])


def key_by(resource):
    def change(t):
        t["Resources"]["Lock"] = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document({
            "Effect": "Allow", "Action": "kms:*", "Resource": "*",
            "Principal": {"AWS": {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":root"]]}}})}}
        t["Resources"]["Name"] = {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/mpc", "TargetKeyId": {"Ref": "Lock"}}}
        for _, p in resources(t, "AWS::SecretsManager::Secret"):
            p["KmsKeyId"] = {"Ref": "Lock"}
        statements(t, "execution").append(allow("kms:Decrypt", resource))
    return change


LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]


def logs_as(form, actions=LOGS):
    def change(t):
        role(t, "execution").pop("ManagedPolicyArns", None)
        statements(t, "execution").append(allow(actions, [
            form(c["LogConfiguration"]["Options"]["awslogs-group"]["Ref"]) for c in containers(t)]))
    return change


POLICY = {"Effect": "Allow", "Principal": "*", "Resource": "*"}


def door(name, policy_):
    """The policy of an endpoint of the hand-written template."""
    return replace('ServiceName: !Sub "com.amazonaws.${AWS::Region}.%s"' % name,
                   'ServiceName: !Sub "com.amazonaws.${AWS::Region}.%s"\n      PolicyDocument: %s' % (name, policy_))


CASES = [
    benign("E02", "every node has roles of its own", STANDALONE, own_roles),
    benign("E02", "every node has roles of its own", COMPOSED, own_roles),
    fault("E02", "two nodes have each other's execution role", STANDALONE, together(own_roles, exchange)),
    fault("E12", "two nodes have each other's task role", COMPOSED, together(own_roles, exchange_tasks)),
    fault("E01", "the last node's mount rights are on its execution role", STANDALONE, together(own_roles, lambda t: of_role("Start2")(t).append(
          of_role("Work2")(t).pop()), lambda t: of_role("Work2")(t).append(allow("s3:GetObject")))),
    fault("E10", "the last node's execution role denies", COMPOSED, together(own_roles, lambda t: of_role("Start2")(t).append(
          deny("secretsmanager:GetSecretValue")))),
    fault("E06", "the last node's role trusts another", STANDALONE, together(own_roles, lambda t: t["Resources"]["Work2"]["Properties"].update(
          AssumeRolePolicyDocument=document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}})))),
    fault("E03", "the last node has none", STANDALONE, lambda t: nodes(t)[-1].pop("ExecutionRoleArn")),

    # --- forms of ARNs ---------------------------------------------------------------------------------------------------
    fault("E02", "the full ARN and six more characters", STANDALONE, secrets_as(lambda n: sub("${%s}-??????" % n))),
    fault("E02", "with the selector of ECS", STANDALONE, secrets_as(lambda n: sub("${%s}:key::" % n))),
    benign("E02", "the ARN and a star", STANDALONE, secrets_as(lambda n: sub("${%s}*" % n))),
    benign("E02", "Join of one", STANDALONE, secrets_as(lambda n: {"Fn::Join": ["", [{"Ref": n}]]})),
    benign("E02", "GetAtt Id", STANDALONE, secrets_as(lambda n: get_att(n, "Id"))),
    fault("E02", "the right hangs on a parameter that says no", STANDALONE, by_condition("no")),
    benign("E02", "the right hangs on a parameter that says yes", STANDALONE, by_condition("no"), params={"WithSecrets": "yes"}),
    fault("E02", "the right hangs on a parameter that is given", STANDALONE, by_condition("yes"), params={"WithSecrets": "no"}),
    benign("E02", "the role by its name in an ARN", STANDALONE, role_by_name),
    fault("E02", "the role by its name in an ARN, without right", STANDALONE, together(drop("execution", "secretsmanager:"), role_by_name)),
    benign("E02", "a role that exists elsewhere", STANDALONE, role_outside, verdict="UNKNOWN"),
    fault("E07", "the right on the alias", STANDALONE, key_by(sub("arn:aws:kms:${AWS::Region}:${AWS::AccountId}:alias/mpc"))),
    fault("E07", "the right on the key's id", STANDALONE, key_by({"Ref": "Lock"}), also=["G12", "G14", "E02"]),
    benign("E07", "the right on the key's ARN by Sub", STANDALONE, key_by(sub("arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${Lock}"))),
    fault("E05", "the group's name", STANDALONE, logs_as(lambda n: {"Ref": n}), also=["G12"]),
    fault("E05", "the streams of a sibling", STANDALONE, logs_as(lambda n: sub("arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/*"))),
    benign("E05", "the ARN and :* again", STANDALONE, logs_as(lambda n: sub("${%s.Arn}:*" % n))),
    benign("E05", "a log-group pattern", STANDALONE, logs_as(lambda n: sub("arn:aws:logs:*:*:log-group:${%s}:log-stream:signer/*" % n), ["logs:Create*", "logs:Put*"]),
           verdict="UNKNOWN"),
    fault("E01", "the file system's id", STANDALONE, alter("task", "elasticfilesystem:", Resource={"Ref": "MpcFileSystem69FC1F4C"}), also=["D09"]),
    fault("E01", "the access point in place of the file system", STANDALONE, alter("task", "elasticfilesystem:",
          Resource=get_att("MpcNode0AccessPoint4524D238")), also=["D09"]),
    benign("E01", "the file system's ARN by Sub", STANDALONE, alter("task", "elasticfilesystem:",
           Resource=sub("arn:aws:elasticfilesystem:${AWS::Region}:${AWS::AccountId}:file-system/${MpcFileSystem69FC1F4C}"))),
    benign("E01", "the file system and the access points", STANDALONE, alter("task", "elasticfilesystem:", Resource=[
           get_att("MpcFileSystem69FC1F4C"), get_att("MpcNode0AccessPoint4524D238")])),

    # --- trust -----------------------------------------------------------------------------------------------------------
    benign("E06", "the service by the URL suffix", STANDALONE, lambda t: role(t, "task").update(AssumeRolePolicyDocument=document(
           {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": [sub("ecs-tasks.${AWS::URLSuffix}")]}}))),
    benign("E06", "no Version, one statement", STANDALONE, lambda t: role(t, "execution").update(AssumeRolePolicyDocument={
           "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}})),
    benign("E06", "any region of the account", STANDALONE, lambda t: role(t, "execution").update(AssumeRolePolicyDocument=document(
           {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Condition": {
               "ArnLike": {"aws:SourceArn": sub("arn:aws:ecs:*:${AWS::AccountId}:*")}}}))),
    benign("E06", "a denial for others", STANDALONE, lambda t: role(t, "execution")["AssumeRolePolicyDocument"]["Statement"].append(
           {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}})),
    fault("E06", "an external id, which ECS does not give", STANDALONE, lambda t: role(t, "execution").update(AssumeRolePolicyDocument=document(
          {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Condition": {"StringEquals": {"sts:ExternalId": "mpc"}}}))),
    fault("E06", "AWS in place of Service", STANDALONE, lambda t: role(t, "execution").update(AssumeRolePolicyDocument=document(
          {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "ecs-tasks.amazonaws.com"}})), also=["G12"]),

    # --- the stand-in chain node ------------------------------------------------------------------------------------------
    fault("E05", "the chain node may not log", COMPOSED, lambda t: near_policy(t)["PolicyDocument"]["Statement"][0].update(Action="logs:DescribeLogStreams")),
    fault("E03", "the chain node has no execution role", COMPOSED, lambda t: near(t).pop("ExecutionRoleArn")),
    fault("E06", "the chain node's role trusts lambda", COMPOSED, lambda t: t["Resources"][near(t)["ExecutionRoleArn"]["Fn::GetAtt"][0]]["Properties"].update(
          AssumeRolePolicyDocument=document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}))),
    fault("E08", "the chain node's image is private", COMPOSED, lambda t: near(t)["ContainerDefinitions"][0].update(Image=sub(
          "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/neard:2.6"))),

    # --- endpoints --------------------------------------------------------------------------------------------------------
    fault("E20", "images may not come through", ENDPOINTS, door("ecr.dkr", '{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", '
          'Action: "ecr:GetAuthorizationToken", Resource: "*"}]}')),
    fault("E20", "the login may not pass", ENDPOINTS, door("ecr.api", '{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", '
          'Action: "ecr:Describe*", Resource: "*"}]}')),
    fault("E20", "a denial at the door", ENDPOINTS, door("logs", '{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", '
          'Action: "*", Resource: "*"}, {Effect: Deny, Principal: "*", Action: "logs:PutLogEvents", Resource: "*"}]}')),
    fault("E20", "another role only", ENDPOINTS, door("logs", '{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: !GetAtt Worker.Arn}, '
          'Action: "*", Resource: "*"}]}')),
    benign("E20", "the role only", ENDPOINTS, door("logs", '{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: !GetAtt Starter.Arn}, '
           'Action: "logs:*", Resource: "*"}]}')),
    benign("E20", "the account only", ENDPOINTS, door("logs", '{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: !Sub '
           '"arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}, Action: "logs:*", Resource: "*"}]}')),
    benign("E20", "the organisation only", ENDPOINTS, door("logs", '{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", '
           'Action: "logs:*", Resource: "*", Condition: {StringEquals: {"aws:PrincipalOrgID": o-abcdefghij}}}]}'), verdict="UNKNOWN"),
    benign("E20", "everything", ENDPOINTS, door("ecr.dkr", '{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "*", Resource: "*"}]}')),
    benign("E20", "only through a door of the template", ENDPOINTS, replace('Action: "secretsmanager:GetSecretValue", Resource: "*"}',
           'Action: "secretsmanager:GetSecretValue", Resource: "*", Condition: {StringEquals: {"aws:SourceVpce": !Ref SecretsDoor}}}'), verdict="NONE"),
    fault("E16", "rights, but no way to the service", ENDPOINTS, replace("LaunchType: FARGATE", "LaunchType: FARGATE\n      EnableExecuteCommand: true",
          '{Effect: Allow, Action: "elasticfilesystem:*", Resource: !GetAtt Disk.Arn}',
          '{Effect: Allow, Action: ["elasticfilesystem:*", "ssmmessages:*"], Resource: "*"}'), verdict="WARN"),
]
