from rights import *

FS = "AWS::EFS::FileSystem"


def move_storage_rights(t):
    moved = statement(t, "task", "elasticfilesystem:")
    statements(t, "execution").append(moved)
    alone = policy(t, "task")
    name = next(n for n, p in resources(t, "AWS::IAM::Policy") if p is alone)
    del t["Resources"][name]
    for r in t["Resources"].values():
        if name in r.get("DependsOn", []):
            r["DependsOn"].remove(name)


def exchange_roles(t):
    for p in nodes(t):
        p["TaskRoleArn"], p["ExecutionRoleArn"] = p["ExecutionRoleArn"], p["TaskRoleArn"]


def open_file_system(t):
    for _, p in resources(t, FS):
        p.pop("FileSystemPolicy", None)


def move_secret_rights(t):
    moved = statement(t, "execution", "secretsmanager:")
    statements(t, "execution").remove(moved)
    statements(t, "task").append(moved)


def one_secret_less(t):
    statement(t, "execution", "secretsmanager:")["Resource"].pop()


def names_only(t):
    """The rights name secrets by ARNs without the six random characters."""
    for n, p in resources(t, "AWS::SecretsManager::Secret"):
        p["Name"] = "mpc/" + n
    statement(t, "execution", "secretsmanager:")["Resource"] = sub(
        "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:mpc/")


def secrets_by(resource, named=True):
    def change(t):
        for n, p in resources(t, "AWS::SecretsManager::Secret"):
            if named:
                p["Name"] = "mpc/" + n
        statement(t, "execution", "secretsmanager:")["Resource"] = resource
    return change


def tagged(t):
    for _, p in resources(t, "AWS::SecretsManager::Secret"):
        p["Tags"] = [{"Key": "team", "Value": "mpc"}]


def own_log_rights(resource, actions=("logs:CreateLogStream", "logs:PutLogEvents")):
    """The execution role loses its managed policy and has log rights on `resource` (a function of the log groups' ids)."""
    def change(t):
        role(t, "execution").pop("ManagedPolicyArns", None)
        groups = [c["LogConfiguration"]["Options"]["awslogs-group"]["Ref"] for c in containers(t)]
        statements(t, "execution").append(allow(list(actions), [resource(t, g) for g in groups]))
    return change


def named_groups(resource):
    """The log groups have names; the log rights are on `resource`."""
    def change(t):
        for i, c in enumerate(containers(t)):
            t["Resources"][c["LogConfiguration"]["Options"]["awslogs-group"]["Ref"]]["Properties"]["LogGroupName"] = f"/mpc/{i}"
        own_log_rights(lambda t, g: resource)(t)
    return change


def trust(kind, statement_):
    def change(t):
        role(t, kind)["AssumeRolePolicyDocument"] = document(statement_)
    return change


def trusted(**more):
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, **more}


ROOT = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")}}


def key(t, *statements_, secrets=True):
    t["Resources"]["Lock"] = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document(*(clone(statements_) or [ROOT]))}}
    if secrets:
        for _, p in resources(t, "AWS::SecretsManager::Secret"):
            p["KmsKeyId"] = get_att("Lock")


def own_pull_rights(*more):
    """The execution role loses its managed policy: logs on everything, pull rights as given."""
    def change(t):
        role(t, "execution").pop("ManagedPolicyArns", None)
        for s in [s for s in statements(t, "execution") if "ecr:" in str(s["Action"])]:
            statements(t, "execution").remove(s)
        statements(t, "execution").extend([allow(["logs:CreateLogStream", "logs:PutLogEvents"]), *clone(more)])
    return change


PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
REPOSITORY = sub("arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/mpc-node")


def boundary(kind, *statements_):
    def change(t):
        t["Resources"]["Fence"] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document(*clone(statements_))}}
        role(t, kind)["PermissionsBoundary"] = {"Ref": "Fence"}
    return change


def detached(kind, type_name="AWS::IAM::Policy"):
    """The nodes' services do not wait for the policies of their role."""
    def change(t):
        alone = policy(t, kind)
        name = next(n for n, p in resources(t, "AWS::IAM::Policy") if p is alone)
        if type_name == "AWS::IAM::RolePolicy":
            t["Resources"][name] = {"Type": type_name, "Properties": {"PolicyName": "x", "RoleName": alone["Roles"][0],
                                                                      "PolicyDocument": alone["PolicyDocument"]}}
        elif type_name == "AWS::IAM::ManagedPolicy":
            t["Resources"][name]["Type"] = type_name
            del alone["PolicyName"]
        for r in t["Resources"].values():
            if name in r.get("DependsOn", []):
                r["DependsOn"].remove(name)
    return change


def inline(kind):
    """The policy of a role becomes one of its own Policies."""
    def change(t):
        body = clone(policy(t, kind))
        detached(kind)(t)
        del t["Resources"][next(n for n, p in resources(t, "AWS::IAM::Policy") if p is policy(t, kind))]
        role(t, kind)["Policies"] = [{"PolicyName": "own", "PolicyDocument": body["PolicyDocument"]}]
    return change


def access_points(t):
    return [p["Volumes"][0]["EFSVolumeConfiguration"]["AuthorizationConfig"]["AccessPointId"]["Ref"] for p in nodes(t)]


def only_through(count, operator="StringEquals", first_=0):
    def change(t):
        arns = [get_att(a) for a in access_points(t)[first_:first_ + count]]
        statement(t, "task", "elasticfilesystem:")["Condition"] = {operator: {
            "elasticfilesystem:AccessPointArn": arns[0] if count == 1 else arns}}
    return change


def credentials(*more):
    """Images of a registry with a login kept in a secret; the rights as given."""
    def change(t):
        t["Resources"]["Login"] = {"Type": "AWS::SecretsManager::Secret", "Properties": {
            "SecretString": sub('{"username":"${LoginName}","password":"${LoginWord}"}')}}
        for name in ("LoginName", "LoginWord"):
            t.setdefault("Parameters", {})[name] = {"Type": "String", "NoEcho": True}
        for c in containers(t):
            c["Image"] = "registry.example.com/near/mpc-node:3.2.0"
            c["RepositoryCredentials"] = {"CredentialsParameter": {"Ref": "Login"}}
        statements(t, "execution").extend(clone(more))
    return change


EXEC = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel"]
execute = set_each(["EnableExecuteCommand"], True, services)


def secret_policy(statement_):
    def change(t):
        name = next(n for n, _ in resources(t, "AWS::SecretsManager::Secret"))
        t["Resources"]["Guard"] = {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": {
            "SecretId": {"Ref": name}, "ResourcePolicy": document(statement_)}}
    return change


def grants_by_secret(t):
    """The identity has no right on the secrets; each secret's own policy names the role."""
    drop("execution", "secretsmanager:")(t)
    for i, (name, _) in enumerate(list(resources(t, "AWS::SecretsManager::Secret"))):
        t["Resources"][f"Guard{i}"] = {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": {
            "SecretId": {"Ref": name}, "ResourcePolicy": document({
                "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
                "Principal": {"AWS": get_att(role_id(t, "execution"))}})}}
        wait_for(f"Guard{i}")(t)


REQUIRED_PULL = allow("ecr:GetAuthorizationToken")

CASES = [
    # --- E01, E12 and D09: the mount uses the task role ------------------------------------------------------------
    fault("E01", "rights moved to the execution role", STANDALONE, move_storage_rights),
    fault("E01", "rights moved to the execution role", COMPOSED, move_storage_rights),
    fault("E01", "rights moved to the execution role", IMPORT, move_storage_rights),
    fault("E01", "roles exchanged in every task", COMPACT,
          replace("elasticfilesystem:Client*", "s3:GetObject", "Action: secretsmanager:Get*\n",
                  "Action: secretsmanager:Get*\n                Resource: \"*\"\n              - Effect: Allow\n"
                  "                Action: elasticfilesystem:Client*\n"), also=["D09"]),
    fault("E01", "managed policy on the wrong role", ENDPOINTS, replace("Roles: [!Ref Worker]", "Roles: [!Ref Starter]")),
    benign("E01", "both roles have the rights", STANDALONE,
           lambda t: statements(t, "execution").append(statement(t, "task", "elasticfilesystem:"))),
    benign("E01", "rights by the managed policy of AWS", STANDALONE, together(drop("task", "elasticfilesystem:"), add("task", allow("s3:Get*")),
           lambda t: role(t, "task").update(ManagedPolicyArns=[MANAGED + "AmazonElasticFileSystemClientReadWriteAccess"]))),
    benign("E01", "full access by the managed policy of AWS", STANDALONE, together(drop("task", "elasticfilesystem:"), add("task", allow("s3:Get*")),
           lambda t: role(t, "task").update(ManagedPolicyArns=[MANAGED + "AmazonElasticFileSystemFullAccess",
                                                               MANAGED + "AmazonElasticFileSystemClientFullAccess"]))),
    benign("E01", "rights by NotAction and NotResource", STANDALONE, alter("task", "elasticfilesystem:", Action=None, Resource=None,
           NotAction=["iam:*"], NotResource="arn:aws:s3:::*")),
    benign("E01", "administrator", STANDALONE, together(drop("task", "elasticfilesystem:"), add("task", allow("*")))),
    benign("E01", "upper case and wildcards", STANDALONE, alter("task", "elasticfilesystem:", Action="ElasticFileSystem:client*",
           Resource=sub("arn:*:elasticfilesystem:*:${AWS::AccountId}:file-system/*"))),

    # --- E02: secrets are read with the execution role --------------------------------------------------------------
    fault("E02", "rights on the task role only", STANDALONE, move_secret_rights),
    fault("E02", "rights on the task role only", COMPOSED, move_secret_rights),
    fault("E02", "rights on the task role only", IMPORT, move_secret_rights),
    fault("E02", "rights on the task role only", "benign/secrets-plain.json", move_secret_rights),
    fault("E02", "no right at all", COMPOSED, drop("execution", "secretsmanager:")),
    fault("E02", "one secret is not named", STANDALONE, one_secret_less),
    fault("E02", "only DescribeSecret", STANDALONE, alter("execution", "secretsmanager:", Action="secretsmanager:DescribeSecret")),
    fault("E02", "the statement denies nothing and allows NotAction of it", STANDALONE,
          alter("execution", "secretsmanager:", Action=None, NotAction="secretsmanager:GetSecret*")),
    fault("E02", "NotResource takes the secrets out", STANDALONE, alter("execution", "secretsmanager:", Resource=None,
          NotResource=sub("arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*"))),
    fault("E02", "a name without the random characters", STANDALONE, names_only),
    fault("E02", "names of another application", STANDALONE, secrets_by(sub(
          "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:mpc-prod/*"))),
    fault("E02", "wildcard of another path", COMPACT, replace("secret:signers/*", "secret:signer/*")),
    fault("E02", "managed policy not attached", ATTACHED, replace("RolePolicy, !Ref ReadSecrets]", "RolePolicy]")),
    fault("E02", "parameter store instead of the secrets manager", COMPACT, replace("secretsmanager:Get*", "ssm:Get*")),
    fault("E02", "only the managed policy of ECS", ENDPOINTS, replace('"secretsmanager:GetSecretValue"', '"ssm:GetParameters"')),
    fault("E02", "a condition on a tag of another value", STANDALONE, together(tagged, alter("execution", "secretsmanager:",
          Condition={"StringEquals": {"aws:ResourceTag/team": "other"}}))),
    benign("E02", "a condition on a tag that the secrets have", STANDALONE, together(tagged, alter("execution", "secretsmanager:",
           Condition={"StringEquals": {"secretsmanager:ResourceTag/team": "mpc"}}))),
    benign("E02", "a condition on a tag that the stack may give", STANDALONE, alter("execution", "secretsmanager:",
           Condition={"StringEquals": {"aws:ResourceTag/team": "other"}}), verdict="UNKNOWN"),
    benign("E02", "wildcard over the account", STANDALONE, secrets_by(sub(
           "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*"), named=False)),
    benign("E02", "names with the random characters as wildcards", STANDALONE, secrets_by(sub(
           "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:mpc/*-??????"))),
    benign("E02", "rights by SecretsManagerReadWrite", STANDALONE, together(drop("execution", "secretsmanager:"),
           lambda t: role(t, "execution")["ManagedPolicyArns"].append(MANAGED + "SecretsManagerReadWrite"))),
    benign("E02", "the secrets' own policies allow it", STANDALONE, grants_by_secret),
    benign("E02", "the stage is a condition", STANDALONE, alter("execution", "secretsmanager:",
           Condition={"StringEqualsIfExists": {"secretsmanager:VersionStage": "AWSCURRENT"}})),

    # --- E03: an execution role is needed ----------------------------------------------------------------------------
    fault("E03", "no execution role", STANDALONE, drop_each(["ExecutionRoleArn"], nodes)),
    fault("E03", "no execution role", COMPOSED, drop_each(["ExecutionRoleArn"], nodes)),
    fault("E03", "no execution role", IMPORT, drop_each(["ExecutionRoleArn"], nodes)),
    fault("E03", "no execution role", COMPACT, replace("      ExecutionRoleArn: !GetAtt Starter.Arn\n", "")),
    fault("E03", "no value", ENDPOINTS, replace("ExecutionRoleArn: !GetAtt Starter.Arn", "ExecutionRoleArn: !Ref AWS::NoValue")),
    fault("E03", "an empty text", STANDALONE, lambda t: [p.update(ExecutionRoleArn="") for p in nodes(t)]),
    benign("E03", "one role for both", STANDALONE, together(add("execution", allow("elasticfilesystem:Client*")),
           lambda t: [p.update(TaskRoleArn=p["ExecutionRoleArn"]) for p in nodes(t)])),

    # --- E04, E05: logs ------------------------------------------------------------------------------------------------
    fault("E04", "groups are made by the driver", STANDALONE, set_each(["LogConfiguration", "Options", "awslogs-create-group"], "true")),
    fault("E04", "groups are made by the driver", COMPACT, replace("mode: non-blocking", 'mode: non-blocking, awslogs-create-group: "true"')),
    fault("E04", "a literal group", ATTACHED, replace("awslogs-stream-prefix: signer,", "awslogs-stream-prefix: signer, awslogs-create-group: true,")),
    fault("E04", "the right is on the task role", STANDALONE, together(add("task", allow("logs:CreateLogGroup")),
          set_each(["LogConfiguration", "Options", "awslogs-create-group"], "true"))),
    benign("E04", "the right is there", STANDALONE, together(add("execution", allow("logs:CreateLogGroup")),
           set_each(["LogConfiguration", "Options", "awslogs-create-group"], "true"))),
    benign("E04", "a literal group and the right", STANDALONE, together(add("execution", allow("logs:Create*")),
           set_each(["LogConfiguration", "Options", "awslogs-create-group"], "true"),
           set_each(["LogConfiguration", "Options", "awslogs-group"], "/ecs/mpc"))),
    benign("E04", "CloudWatchLogsFullAccess", STANDALONE, together(
           lambda t: role(t, "execution")["ManagedPolicyArns"].append(MANAGED + "CloudWatchLogsFullAccess"),
           set_each(["LogConfiguration", "Options", "awslogs-create-group"], "true"))),
    benign("E04", "the option says false", STANDALONE, set_each(["LogConfiguration", "Options", "awslogs-create-group"], "false")),
    fault("E05", "no suffix", STANDALONE, own_log_rights(lambda t, g: sub(
          "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${%s}" % g))),
    fault("E05", "no PutLogEvents", STANDALONE, own_log_rights(lambda t, g: get_att(g), ["logs:CreateLogStream"])),
    fault("E05", "another name", COMPACT, replace("log-group:/signers/*", "log-group:/signer/*")),
    fault("E05", "a name without suffix", COMPACT, replace("log-group:/signers/*", "log-group:/signers/1")),
    fault("E05", "no log right at all", COMPACT, replace('"logs:CreateLogStream", "logs:PutLogEvents"', '"logs:DescribeLogGroups"')),
    fault("E05", "the pull policy has no log right", ATTACHED, replace("service-role/AmazonECSTaskExecutionRolePolicy", "AmazonEC2ContainerRegistryReadOnly")),
    benign("E05", "the group's ARN", STANDALONE, own_log_rights(lambda t, g: get_att(g))),
    benign("E05", "the ARN with :*", STANDALONE, own_log_rights(lambda t, g: sub(
           "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${%s}:*" % g))),
    benign("E05", "the ARN with :log-stream:*", STANDALONE, own_log_rights(lambda t, g: {"Fn::Join": [":", [
           "arn:aws:logs", {"Ref": "AWS::Region"}, {"Ref": "AWS::AccountId"}, "log-group", {"Ref": g}, "log-stream", "*"]]})),
    benign("E05", "names", STANDALONE, named_groups(sub("arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/mpc/?:*"))),
    benign("E05", "logs:* on everything", STANDALONE, own_log_rights(lambda t, g: "*", ["logs:*"])),

    # --- E06: trust ------------------------------------------------------------------------------------------------------
    fault("E06", "ec2", STANDALONE, trust("execution", trusted(Principal={"Service": "ec2.amazonaws.com"}))),
    fault("E06", "ecs", COMPOSED, trust("task", trusted(Principal={"Service": ["ecs.amazonaws.com"]}))),
    fault("E06", "lambda and ecs", IMPORT, trust("task", trusted(Principal={"Service": ["ecs.amazonaws.com", "lambda.amazonaws.com"]}))),
    fault("E06", "another action", STANDALONE, trust("task", trusted(Action="sts:AssumeRoleWithWebIdentity"))),
    fault("E06", "the account only", COMPACT, replace("Principal: {Service: [ecs-tasks.amazonaws.com]}", 'Principal: {AWS: !Ref "AWS::AccountId"}')),
    fault("E06", "denied", STANDALONE, lambda t: role(t, "task")["AssumeRolePolicyDocument"]["Statement"].append(trusted(Effect="Deny"))),
    fault("E06", "the source is one cluster", STANDALONE, trust("task", trusted(
          Condition={"ArnLike": {"aws:SourceArn": sub("arn:aws:ecs:${AWS::Region}:${AWS::AccountId}:cluster/other")}}))),
    fault("E06", "the source is a queue", STANDALONE, trust("task", trusted(
          Condition={"ArnLike": {"aws:SourceArn": sub("arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:*")}}))),
    fault("E06", "misspelt", ATTACHED, replace("Service: ecs-tasks.amazonaws.com", "Service: ecs-task.amazonaws.com")),
    benign("E06", "more services", STANDALONE, trust("task", trusted(Principal={"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}))),
    benign("E06", "action as a wildcard", STANDALONE, trust("execution", trusted(Action="sts:*"))),
    benign("E06", "more actions", STANDALONE, trust("execution", trusted(Action=["sts:AssumeRole", "sts:TagSession"]))),
    benign("E06", "source account and ARN", STANDALONE, trust("task", trusted(Condition={
           "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
           "ArnLike": {"aws:SourceArn": sub("arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:*")}}))),

    # --- E07: keys ---------------------------------------------------------------------------------------------------------
    fault("E07", "a customer key without grant", STANDALONE, lambda t: key(t)),
    fault("E07", "a customer key without grant", COMPOSED, lambda t: key(t)),
    fault("E07", "the grant is on the task role", STANDALONE, together(lambda t: key(t), add("task", allow("kms:Decrypt", get_att("Lock"))))),
    fault("E07", "the grant is on another key", STANDALONE, together(lambda t: key(t), add_resource("Other", "AWS::KMS::Key", {"KeyPolicy": document(ROOT)}),
          add("execution", allow("kms:Decrypt", get_att("Other"))))),
    fault("E07", "only Encrypt", STANDALONE, together(lambda t: key(t), add("execution", allow(["kms:Encrypt", "kms:GenerateDataKey"], get_att("Lock"))))),
    fault("E07", "the key's policy delegates to nobody", STANDALONE, together(
          lambda t: key(t, {**ROOT, "Principal": {"AWS": sub("arn:aws:iam::${AWS::AccountId}:role/Admin")}}),
          add("execution", allow("kms:Decrypt", get_att("Lock")))), also=["E20"]),
    fault("E07", "the via-service condition names another service", ENDPOINTS, replace(
          '"kms:ViaService": !Sub "secretsmanager.', '"kms:ViaService": !Sub "ssm.')),
    fault("E07", "the log group's key does not admit the log service", ENDPOINTS, replace(
          'Service: !Sub "logs.${AWS::Region}.amazonaws.com"', 'Service: !Sub "sns.amazonaws.com"')),
    benign("E07", "the grant by identity", STANDALONE, together(lambda t: key(t), add("execution", allow("kms:Decrypt", get_att("Lock"))))),
    benign("E07", "the grant by the key's policy", STANDALONE, lambda t: key(t, ROOT, {
           "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Principal": {"AWS": get_att(role_id(t, "execution"))}})),
    benign("E07", "the key by its alias", STANDALONE, together(lambda t: key(t), add_resource("Name", "AWS::KMS::Alias",
           {"AliasName": "alias/mpc", "TargetKeyId": {"Ref": "Lock"}}), lambda t: [p.update(KmsKeyId={"Ref": "Name"})
           for _, p in resources(t, "AWS::SecretsManager::Secret")], add("execution", allow("kms:Decrypt", get_att("Lock"))))),
    benign("E07", "the key of AWS", STANDALONE, lambda t: [p.update(KmsKeyId="alias/aws/secretsmanager")
           for _, p in resources(t, "AWS::SecretsManager::Secret")]),
    benign("E07", "kms:* on all keys", STANDALONE, together(lambda t: key(t), add("execution", allow("kms:*", sub(
           "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/*"))))),
    benign("E07", "a key that exists elsewhere", STANDALONE, together(lambda t: [p.update(
           KmsKeyId="arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab")
           for _, p in resources(t, "AWS::SecretsManager::Secret")], add("execution", allow("kms:Decrypt")))),

    # --- E08: pulling -------------------------------------------------------------------------------------------------------
    fault("E08", "login on the repository", STANDALONE, own_pull_rights(allow(["ecr:GetAuthorizationToken", *PULL], REPOSITORY))),
    fault("E08", "login on the repository", COMPOSED, own_pull_rights(allow(["ecr:GetAuthorizationToken", *PULL], REPOSITORY))),
    fault("E08", "nothing", STANDALONE, own_pull_rights()),
    fault("E08", "no BatchGetImage", STANDALONE, own_pull_rights(REQUIRED_PULL, allow([PULL[0], PULL[2]], REPOSITORY))),
    fault("E08", "another repository", COMPACT, replace("repository/signers/*", "repository/other/*")),
    fault("E08", "login on the repositories", COMPACT, replace(
          'Action: "ecr:GetAuthorizationToken", Resource: "*"',
          'Action: "ecr:GetAuthorizationToken", Resource: !Sub "arn:aws:ecr:${AWS::Region}:${AWS::AccountId}:repository/*"')),
    fault("E08", "rights on the task role", STANDALONE, together(own_pull_rights(), add("task", allow("ecr:*")))),
    benign("E08", "rights of one's own", STANDALONE, own_pull_rights(REQUIRED_PULL, allow(PULL, REPOSITORY))),
    benign("E08", "ecr:* on everything", STANDALONE, own_pull_rights(allow("ecr:*"))),
    benign("E08", "read-only by the policy of AWS", STANDALONE, together(own_pull_rights(),
           lambda t: role(t, "execution").update(ManagedPolicyArns=[MANAGED + "AmazonEC2ContainerRegistryReadOnly"]))),
    benign("E08", "pull-only by the policy of AWS", STANDALONE, together(own_pull_rights(),
           lambda t: role(t, "execution").update(ManagedPolicyArns=[MANAGED + "AmazonEC2ContainerRegistryPullOnly"]))),
    benign("E08", "a public image needs no right", STANDALONE, together(own_pull_rights(),
           set_each(["Image"], "public.ecr.aws/near/mpc-node:3.2.0"))),

    # --- E09 ------------------------------------------------------------------------------------------------------------------
    fault("E09", "literal region in the secrets' pattern", STANDALONE, secrets_by(sub(
          "arn:aws:secretsmanager:eu-west-1:${AWS::AccountId}:secret:mpc/*")), verdict="WARN", also=["E02"]),
    fault("E09", "literal account in the secrets' pattern", COMPOSED, secrets_by(sub(
          "arn:aws:secretsmanager:${AWS::Region}:111122223333:secret:mpc/*")), verdict="WARN", also=["E02"]),
    fault("E09", "literal region in the pull rights", COMPACT, replace("ecr:${AWS::Region}:${AWS::AccountId}:repository",
          "ecr:us-west-2:${AWS::AccountId}:repository"), verdict="WARN", also=["E08"]),
    fault("E09", "literal account in the mount rights", COMPACT, replace("elasticfilesystem:${AWS::Region}:${AWS::AccountId}:",
          "elasticfilesystem:${AWS::Region}:999988887777:"), verdict="WARN", also=["D09"]),
    fault("E09", "literal account in the trust policy", STANDALONE, trust("task", trusted(
          Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}})), verdict="WARN", also=["E06"]),
    fault("E09", "literal region in a condition", STANDALONE, alter("execution", "secretsmanager:",
          Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}), verdict="WARN", also=["E02"]),
    benign("E09", "literal ARNs of what exists elsewhere", STANDALONE, lambda t: (own_pull_rights(REQUIRED_PULL, allow(PULL,
           "arn:aws:ecr:us-east-1:123456789012:repository/mpc-node"))(t), [c.update(Image=ECR) for c in containers(t)])),
    benign("E09", "region and account spelt out everywhere", COMPACT, lambda text: text.replace("${AWS::Region}", "eu-west-1").replace(
           "${AWS::AccountId}", "111122223333").replace('!Ref "AWS::Region"', "eu-west-1")),
    benign("E09", "a region that the subnets are in", STANDALONE, together(lambda t: [
           r["Properties"].update(AvailabilityZone="eu-west-1" + "ab"[i % 2]) for i, r in enumerate(
               r for r in t["Resources"].values() if r["Type"] == "AWS::EC2::Subnet")], alter("execution", "secretsmanager:",
           Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))),
    fault("E09", "spelt out everywhere, and another account in the mount rights", COMPACT, lambda text: text.replace("${AWS::Region}", "eu-west-1").replace(
          "elasticfilesystem:eu-west-1:${AWS::AccountId}", "elasticfilesystem:eu-west-1:999988887777").replace(
          "${AWS::AccountId}", "111122223333").replace('!Ref "AWS::Region"', "eu-west-1"), verdict="WARN", also=["D09"]),
    benign("E09", "a region in a name", STANDALONE, secrets_by(sub(
           "arn:aws:secretsmanager:*:${AWS::AccountId}:secret:mpc/*"))),
    benign("E09", "the account of AWS in a policy's ARN", STANDALONE, lambda t: role(t, "execution").update(
           ManagedPolicyArns=[MANAGED + "service-role/AmazonECSTaskExecutionRolePolicy"])),

    # --- E10: denials ------------------------------------------------------------------------------------------------------------
    fault("E10", "secrets denied", STANDALONE, add("execution", deny("secretsmanager:*"))),
    fault("E10", "secrets denied", COMPOSED, add("execution", deny("secretsmanager:GetSecretValue"))),
    fault("E10", "mount denied", IMPORT, add("task", deny("elasticfilesystem:ClientMount"))),
    fault("E10", "everything but a few denied", STANDALONE, add("task", {"Effect": "Deny", "NotAction": ["s3:*"], "Resource": "*"})),
    fault("E10", "another region denied by a resource", STANDALONE, add("execution", {"Effect": "Deny", "Action": "*",
          "NotResource": "arn:aws:s3:::*"})),
    fault("E10", "boundary without secrets", STANDALONE, boundary("execution", allow(["ecr:*", "logs:*", "kms:*"]))),
    fault("E10", "boundary without secrets", ATTACHED, replace('NotAction: ["iam:*", "organizations:*"]',
          'NotAction: ["iam:*", "secretsmanager:*"]')),
    fault("E10", "boundary without mounts", STANDALONE, boundary("task", allow(["s3:*", "logs:*"]))),
    fault("E10", "boundary of AWS that only reads", STANDALONE, lambda t: role(t, "task").update(PermissionsBoundary=MANAGED + "AmazonS3ReadOnlyAccess"),
          also=["D09"]),
    fault("E10", "logs denied by an attached policy", ATTACHED, replace('Action: "s3:DeleteBucket"', 'Action: "logs:*"')),
    fault("E10", "pull denied", COMPACT, replace("- {Sid: Login,", '- {Effect: Deny, Action: "ecr:Batch*", Resource: "*"}\n              - {Sid: Login,')),
    benign("E10", "boundary that allows", STANDALONE, together(boundary("execution", allow("*")), boundary("task", allow("*")))),
    benign("E10", "boundary with what is needed", STANDALONE, boundary("task", allow("elasticfilesystem:*"))),
    benign("E10", "boundary PowerUserAccess", STANDALONE, lambda t: role(t, "task").update(PermissionsBoundary=MANAGED + "PowerUserAccess")),
    benign("E10", "denial without TLS", STANDALONE, together(add("execution", deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})),
           add("task", deny("*", Condition={"Bool": {"aws:SecureTransport": False}})))),
    benign("E10", "denial of other actions", STANDALONE, together(add("execution", deny(["secretsmanager:Put*", "secretsmanager:Delete*"])),
           add("task", deny("elasticfilesystem:Delete*")))),
    benign("E10", "denial of other resources", STANDALONE, add("execution", deny("secretsmanager:*", sub(
           "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:prod/*")))),
    benign("E10", "denial elsewhere than in the region", STANDALONE, add("execution", deny("*",
           Condition={"StringNotEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}}))),
    benign("E10", "denial outside the account", STANDALONE, add("execution", deny("secretsmanager:*",
           Condition={"StringNotEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}))),
    benign("E10", "denial unless from an endpoint that is not known", STANDALONE, add("execution", deny("secretsmanager:*",
           Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}}))),

    # --- E11: rights that come late -------------------------------------------------------------------------------------------------
    fault("E11", "the services do not wait", STANDALONE, together(detached("execution"), detached("task")), verdict="WARN"),
    fault("E11", "the services do not wait", COMPOSED, together(detached("execution"), detached("task")), verdict="WARN"),
    fault("E11", "the services do not wait", IMPORT, detached("execution"), verdict="WARN"),
    fault("E11", "a role policy", STANDALONE, detached("execution", "AWS::IAM::RolePolicy"), verdict="WARN"),
    fault("E11", "a managed policy with Roles", STANDALONE, detached("task", "AWS::IAM::ManagedPolicy"), verdict="WARN"),
    fault("E11", "a role policy", ATTACHED, replace(", Disk1Rights", ""), verdict="WARN"),
    fault("E11", "a managed policy with Roles", ENDPOINTS, replace(", DiskRights", ""), verdict="WARN"),
    benign("E11", "the policy is inline", STANDALONE, inline("execution")),
    benign("E11", "the service waits by another resource", STANDALONE, together(detached("execution"), lambda t: t["Resources"].update(
           Gate={"Type": "AWS::CloudFormation::WaitConditionHandle", "DependsOn": [n for n, p in resources(t, "AWS::IAM::Policy")]}),
           wait_for("Gate"))),

    # --- E12: mounts limited to an access point ----------------------------------------------------------------------------------------
    fault("E12", "all roles through the access point of node 0", STANDALONE, only_through(1)),
    fault("E12", "all roles through two of three", COMPOSED, only_through(2)),
    fault("E12", "all but the first", IMPORT, only_through(2, first_=1)),
    fault("E12", "another node's", ATTACHED, replace("!GetAtt Folder1.Arn", "!GetAtt Folder2.Arn")),
    fault("E12", "ARN operator", STANDALONE, only_through(1, "ArnEquals")),
    fault("E12", "the access point's id in place of its ARN", STANDALONE, lambda t: alter("task", "elasticfilesystem:", Condition={
          "StringEquals": {"elasticfilesystem:AccessPointArn": [{"Ref": a} for a in access_points(t)]}})(t)),
    benign("E12", "through all three", STANDALONE, only_through(3)),
    benign("E12", "through all three", COMPOSED, only_through(3, "ArnLike")),
    benign("E12", "through any access point", STANDALONE, alter("task", "elasticfilesystem:", Condition={
           "StringLike": {"elasticfilesystem:AccessPointArn": sub("arn:aws:elasticfilesystem:${AWS::Region}:${AWS::AccountId}:access-point/*")}})),

    # --- E16: a shell in the container ------------------------------------------------------------------------------------------------
    fault("E16", "no rights", STANDALONE, execute, verdict="WARN"),
    fault("E16", "no rights", COMPACT, replace("LaunchType: FARGATE", "LaunchType: FARGATE\n      EnableExecuteCommand: true"), verdict="WARN"),
    fault("E16", "two of four", COMPOSED, together(execute, add("task", allow(EXEC[:2]))), verdict="WARN"),
    fault("E16", "rights on the execution role", IMPORT, together(execute, add("execution", allow(EXEC))), verdict="WARN"),
    benign("E16", "the four rights", STANDALONE, together(execute, add("task", allow(EXEC)))),
    benign("E16", "all of ssmmessages", COMPOSED, together(execute, add("task", allow("ssmmessages:*")))),
    benign("E16", "by the policy of AWS", STANDALONE, together(execute, lambda t: role(t, "task").update(
           ManagedPolicyArns=[MANAGED + "AmazonSSMManagedInstanceCore"]))),
    benign("E16", "switched off", STANDALONE, set_each(["EnableExecuteCommand"], False, services)),

    # --- E17, E18: rights of what runs in the containers --------------------------------------------------------------------------------
    fault("E17", "the namespace instead of the service", STANDALONE, add("task", allow(
          ["servicediscovery:RegisterInstance", "servicediscovery:DeregisterInstance"], get_att("MpcNamespaceDCC92D18"))), verdict="WARN"),
    fault("E17", "the namespace instead of the service", COMPACT, replace("- PolicyName: disk\n", """- PolicyName: names
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: "servicediscovery:RegisterInstance", Resource: !GetAtt Zone.Arn}]
        - PolicyName: disk\n"""), verdict="WARN"),
    benign("E17", "services", STANDALONE, add("task", allow(["servicediscovery:RegisterInstance", "servicediscovery:ListServices"]))),
    benign("E17", "the services' ARNs", STANDALONE, lambda t: statements(t, "task").append(allow(
           "servicediscovery:RegisterInstance", sub("arn:aws:servicediscovery:${AWS::Region}:${AWS::AccountId}:service/*")))),
    fault("E18", "buckets of CDK only", STANDALONE, lambda t: (t["Resources"].update(Genesis={"Type": "AWS::S3::Bucket"}),
          t["Resources"]["Genesis"].update(Properties={"BucketName": "genesis-of-mpc"}),
          statements(t, "execution").append(allow("s3:GetObject", "arn:aws:s3:::cdk-*/*")),
          [c.update(EnvironmentFiles=[{"Type": "s3", "Value": sub("${Genesis.Arn}/node.env")}]) for c in containers(t)])),
    benign("E18", "the bucket that is used", STANDALONE, lambda t: (t["Resources"].update(Genesis={"Type": "AWS::S3::Bucket"}),
           statements(t, "execution").append(allow(["s3:GetObject", "s3:GetBucketLocation"], [sub("${Genesis.Arn}/*"), get_att("Genesis")])),
           [c.update(EnvironmentFiles=[{"Type": "s3", "Value": sub("${Genesis.Arn}/node.env")}]) for c in containers(t)])),

    # --- E19: login of a registry -------------------------------------------------------------------------------------------------------
    fault("E19", "no right", STANDALONE, credentials()),
    fault("E19", "no right", COMPOSED, credentials()),
    fault("E19", "the right is on the task role", STANDALONE, together(credentials(), add("task", allow("secretsmanager:GetSecretValue", {"Ref": "Login"})))),
    fault("E19", "the secret is no login", STANDALONE, together(credentials(allow("secretsmanager:GetSecretValue", {"Ref": "Login"})),
          lambda t: t["Resources"]["Login"]["Properties"].update(SecretString='{"user":"a","token":"b"}')), also=["B21", "B22"]),
    benign("E19", "the right is there", STANDALONE, credentials(allow("secretsmanager:GetSecretValue", {"Ref": "Login"}))),
    benign("E19", "a wildcard", COMPOSED, credentials(allow("secretsmanager:GetSecretValue"))),

    # --- E20: the other side denies ------------------------------------------------------------------------------------------------------
    fault("E20", "a secret's policy denies everybody", STANDALONE, secret_policy({"Effect": "Deny", "Principal": "*",
          "Action": "secretsmanager:GetSecretValue", "Resource": "*"})),
    fault("E20", "a secret's policy denies all but an administrator", COMPOSED, secret_policy({"Effect": "Deny", "Principal": "*",
          "Action": "secretsmanager:*", "Resource": "*", "Condition": {"StringNotEquals": {
              "aws:PrincipalArn": sub("arn:aws:iam::${AWS::AccountId}:role/Admin")}}})),
    fault("E20", "a key's policy denies", STANDALONE, together(lambda t: key(t, ROOT, {**ROOT, "Effect": "Deny", "Action": "kms:Decrypt",
          "Principal": "*"}), add("execution", allow("kms:Decrypt", get_att("Lock")))), also=["E07"]),
    fault("E20", "the door to S3 leads to one bucket", ENDPOINTS, replace("s3:::prod-${AWS::Region}-starport-layer-bucket/*", "s3:::my-bucket/*")),
    fault("E20", "the door to the secrets admits others", ENDPOINTS, replace("Action: secretsmanager:*", "Action: secretsmanager:DescribeSecret")),
    fault("E20", "the door to the logs is shut", ENDPOINTS, replace('ServiceName: !Sub "com.amazonaws.${AWS::Region}.logs"',
          'ServiceName: !Sub "com.amazonaws.${AWS::Region}.logs"\n      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, '
          'Principal: "*", Action: "logs:Describe*", Resource: "*"}]}')),
    benign("E20", "a secret's policy denies other accounts", STANDALONE, secret_policy({"Effect": "Deny", "Principal": "*",
           "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": {"StringNotEquals": {
               "aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}})),
    benign("E20", "a secret's policy denies deletion", STANDALONE, secret_policy({"Effect": "Deny", "Principal": "*",
           "Action": "secretsmanager:DeleteSecret", "Resource": "*"})),
    benign("E20", "a secret's policy denies all but the role", STANDALONE, lambda t: secret_policy({"Effect": "Deny", "Principal": "*",
           "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": {"ArnNotEquals": {
               "aws:PrincipalArn": get_att(role_id(t, "execution"))}}})(t)),
    benign("E20", "the doors have no policies", ENDPOINTS, replace("Action: s3:GetObject\n", 'Action: "*"\n')),

    *[benign("E00", "as written by hand", base) for base in (COMPACT, ATTACHED, ENDPOINTS)],
]
