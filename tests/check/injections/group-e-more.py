"""Group E a third time: policies that hang elsewhere, parameter stores, secrets of other places, roles of other stacks."""
from rights import *


def in_policy(change_):
    """A change of the execution role's AWS::IAM::Policy resource: (template, name, resource)."""
    def change(t):
        mine = policy(t, "execution")
        name = next(n for n, p in resources(t, "AWS::IAM::Policy") if p is mine)
        change_(t, name, t["Resources"][name])
    return change


def to_user(t, name, resource):
    resource["Properties"].pop("Roles")
    resource["Properties"]["Users"] = ["operator"]


def both_roles(t, name, resource):
    resource["Properties"]["Roles"].append({"Ref": role_id(t, "task")})


def other_role(t, name, resource):
    resource["Properties"]["Roles"] = [{"Ref": role_id(t, "task")}]


def by_arns(t, name, resource):
    """The policy becomes a managed one that the role lists."""
    resource["Type"] = "AWS::IAM::ManagedPolicy"
    for key in ("Roles", "PolicyName"):
        del resource["Properties"][key]
    role(t, "execution")["ManagedPolicyArns"].append({"Ref": name})


def unlisted(t, name, resource):
    by_arns(t, name, resource)
    role(t, "execution")["ManagedPolicyArns"].pop()


def switched_off(t, name, resource):
    """The policy is made under a condition that does not hold."""
    t["Conditions"] = {**t.get("Conditions", {}), "Never": {"Fn::Equals": ["a", "b"]}}
    resource["Condition"] = "Never"
    for r in t["Resources"].values():
        if name in r.get("DependsOn", []):
            r["DependsOn"].remove(name)


def listed_by_parameter(t):
    t.setdefault("Parameters", {})["More"] = {"Type": "CommaDelimitedList"}
    role(t, "execution")["ManagedPolicyArns"] = {"Ref": "More"}
    statements(t, "execution").clear()
    statements(t, "execution").append(allow("s3:GetObject"))


def parameters(*more):
    """The account keys come out of the parameter store."""
    def change(t):
        for i, c in enumerate(containers(t)):
            for s in c["Secrets"]:
                if s["Name"] == "MPC_ACCOUNT_SK":
                    s["ValueFrom"] = sub("arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/mpc/account-%d" % i)
        statements(t, "execution").extend(clone(more))
    return change


def log_secret(*more):
    """The log driver has a secret of its own."""
    def change(t):
        t["Resources"]["Token"] = {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {"PasswordLength": 32}}}
        for c in containers(t):
            c["LogConfiguration"] = {"LogDriver": "splunk", "Options": {"splunk-url": "https://splunk.example.com:8088"},
                                     "SecretOptions": [{"Name": "splunk-token", "ValueFrom": {"Ref": "Token"}}]}
        statements(t, "execution").extend(clone(more))
    return change


def key(*statements_):
    def change(t):
        t["Resources"]["Lock"] = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document(*clone(statements_))}}
        for _, p in resources(t, "AWS::SecretsManager::Secret"):
            p["KmsKeyId"] = get_att("Lock")
        statements(t, "execution").append(allow("kms:Decrypt", get_att("Lock")))
    return change


def log_key(*statements_):
    def change(t):
        t["Resources"]["Lock"] = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document(ROOT, *clone(statements_))}}
        for _, p in resources(t, "AWS::Logs::LogGroup"):
            p["KmsKeyId"] = get_att("Lock")
    return change


ROOT = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": sub("arn:aws:iam::${AWS::AccountId}:root")}}
LOGS = {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*",
        "Principal": {"Service": sub("logs.${AWS::Region}.amazonaws.com")}}
OWN_GROUPS = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": sub("arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:*")}}
LAMBDA_GROUPS = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": sub("arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/*")}}


def one_in_a_hurry(t):
    """Neither the last node's service nor its name waits for policies."""
    name = next(n for n, r in t["Resources"].items() if r.get("Properties") is services(t)[2])
    registry = services(t)[2]["ServiceRegistries"][0]["RegistryArn"]["Fn::GetAtt"][0]
    for n, _ in resources(t, "AWS::IAM::Policy"):
        t["Resources"][name]["DependsOn"].remove(n)
        t["Resources"][registry]["DependsOn"].remove(n)


def named(t):
    for i, (_, p) in enumerate(resources(t, "AWS::Logs::LogGroup")):
        p["LogGroupName"] = f"/mpc/{i}"


CASES = [
    fault("E02", "the policy hangs on a user", STANDALONE, in_policy(to_user), also=["E08"]),
    fault("E02", "the policy hangs on the other role", COMPOSED, in_policy(other_role), also=["E08"]),
    fault("E02", "a managed policy that nobody lists", IMPORT, in_policy(unlisted), also=["E08"]),
    fault("E02", "the policy is not made", STANDALONE, in_policy(switched_off), also=["E08"]),
    benign("E02", "one policy for both roles", STANDALONE, in_policy(both_roles)),
    benign("E02", "a managed policy that the role lists", COMPOSED, in_policy(by_arns)),
    benign("E02", "policies of a parameter", STANDALONE, listed_by_parameter, verdict="UNKNOWN"),
    fault("E02", "no right on the parameter", STANDALONE, parameters()),
    fault("E02", "GetParameter in place of GetParameters", STANDALONE, parameters(allow("ssm:GetParameter"))),
    fault("E02", "another parameter", COMPOSED, parameters(allow("ssm:GetParameters", sub("arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/other/*")))),
    benign("E02", "the parameter", STANDALONE, parameters(allow("ssm:GetParameters", sub("arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/mpc/*")))),
    benign("E02", "parameters by a wildcard", COMPOSED, parameters(allow("ssm:Get*"))),
    fault("E02", "no right on the log driver's secret", STANDALONE, log_secret()),
    benign("E02", "the right on the log driver's secret", STANDALONE, log_secret(allow("secretsmanager:GetSecretValue", {"Ref": "Token"}))),
    benign("E02", "a date", STANDALONE, alter("execution", "secretsmanager:", Condition={"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}), verdict="UNKNOWN"),
    fault("E02", "only for a service", STANDALONE, alter("execution", "secretsmanager:", Condition={"Bool": {"aws:ViaAWSService": "true"}})),
    fault("E02", "only for another role", STANDALONE, alter("execution", "secretsmanager:", Condition={
          "ArnEquals": {"aws:PrincipalArn": sub("arn:aws:iam::${AWS::AccountId}:role/Admin")}})),
    benign("E02", "only over TLS in this region and account", STANDALONE, alter("execution", "secretsmanager:", Condition={
           "Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"},
                                                                    "aws:ResourceAccount": {"Ref": "AWS::AccountId"}}})),

    # --- keys ------------------------------------------------------------------------------------------------------------------
    fault("E07", "the key's policy has no root", STANDALONE, key({**ROOT, "Action": ["kms:Describe*", "kms:Put*", "kms:Create*"]})),
    fault("E07", "the key's policy denies other ways", COMPOSED, key(ROOT, {"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": "*"},
          "Condition": {"StringNotEquals": {"kms:ViaService": sub("rds.${AWS::Region}.amazonaws.com")}}}), also=["E20"]),
    benign("E07", "the key's policy asks for the right way", STANDALONE, key({**ROOT, "Condition": {"StringEquals": {
           "kms:ViaService": sub("secretsmanager.${AWS::Region}.amazonaws.com"), "kms:CallerAccount": {"Ref": "AWS::AccountId"}}}})),
    benign("E07", "everybody of the account", COMPOSED, key({**ROOT, "Principal": {"AWS": "*"}, "Condition": {"StringEquals": {
           "kms:CallerAccount": {"Ref": "AWS::AccountId"}}}})),
    benign("E07", "the account by its number", STANDALONE, key({**ROOT, "Principal": {"AWS": {"Ref": "AWS::AccountId"}}})),
    fault("E07", "the logs' key is the account's alone", STANDALONE, log_key()),
    fault("E07", "the logs' key is for lambda's groups", COMPOSED, together(named, log_key({**LOGS, "Condition": LAMBDA_GROUPS}))),
    benign("E07", "the logs' key", STANDALONE, log_key(LOGS)),
    benign("E07", "the logs' key for all groups", STANDALONE, log_key({**LOGS, "Condition": OWN_GROUPS})),
    benign("E07", "the logs' key for named groups", COMPOSED, together(named, log_key({**LOGS, "Condition": OWN_GROUPS}))),
    benign("E07", "the logs' service without region", STANDALONE, log_key({**LOGS, "Principal": {"Service": "logs.amazonaws.com"}})),

    # --- denials -----------------------------------------------------------------------------------------------------------------
    fault("E10", "a denial in a managed policy that the role lists", STANDALONE, together(add_resource("No", "AWS::IAM::ManagedPolicy", {
          "PolicyDocument": document(deny("secretsmanager:GetSecretValue"))}), lambda t: role(t, "execution")["ManagedPolicyArns"].append({"Ref": "No"}))),
    fault("E10", "a denial in an attached managed policy", COMPOSED, lambda t: t["Resources"].update(No={"Type": "AWS::IAM::ManagedPolicy", "Properties": {
          "Roles": [{"Ref": role_id(t, "task")}], "PolicyDocument": document(deny("elasticfilesystem:ClientWrite"))}})),
    fault("E10", "a denial inline", IMPORT, lambda t: role(t, "execution").update(Policies=[{"PolicyName": "no", "PolicyDocument": document(deny("ecr:*"))}])),
    fault("E10", "a boundary inline limits the mounts by the root access", STANDALONE, together(add_resource("Fence", "AWS::IAM::ManagedPolicy", {
          "PolicyDocument": document(allow("elasticfilesystem:ClientRootAccess"))}), lambda t: role(t, "task").update(PermissionsBoundary={"Ref": "Fence"}))),
    benign("E10", "a boundary of the account", STANDALONE, lambda t: role(t, "task").update(PermissionsBoundary=sub(
           "arn:aws:iam::${AWS::AccountId}:policy/developers"))),
    benign("E10", "a denial by tag of the principal", STANDALONE, add("execution", deny("*", Condition={"StringEquals": {"aws:PrincipalTag/team": "other"}}))),
    benign("E10", "a denial of what comes through services", STANDALONE, add("execution", deny("*", Condition={"Bool": {"aws:ViaAWSService": "true"}}))),
    benign("E10", "a denial on another role only", STANDALONE, add("task", deny("secretsmanager:*"))),

    # --- rights that come late -----------------------------------------------------------------------------------------------------
    fault("E11", "one node does not wait", STANDALONE, one_in_a_hurry, verdict="WARN"),
    benign("E11", "DependsOn as a text", ATTACHED, replace("DependsOn: [DiskA, DiskB, InnerOut, InnerABound, InnerBBound, Disk1Rights]",
           "DependsOn: Gate1", "  Signer1:\n", "  Gate1:\n    Type: AWS::CloudFormation::WaitConditionHandle\n"
           "    DependsOn: [DiskA, DiskB, InnerOut, InnerABound, InnerBBound, Disk1Rights]\n  Signer1:\n")),

    # --- E18, E19 ----------------------------------------------------------------------------------------------------------------------
    fault("E18", "environment files without right", STANDALONE, lambda t: [c.update(EnvironmentFiles=[
          {"Type": "s3", "Value": "arn:aws:s3:::settings/mpc.env"}]) for c in containers(t)]),
    benign("E18", "environment files with the right", STANDALONE, together(add("execution", allow("s3:*", ["arn:aws:s3:::settings", "arn:aws:s3:::settings/*"])),
           lambda t: [c.update(EnvironmentFiles=[{"Type": "s3", "Value": "arn:aws:s3:::settings/mpc.env"}]) for c in containers(t)])),
    fault("E19", "a login by its ARN", STANDALONE, lambda t: [c.update(Image="registry.example.com/mpc-node:3.2.0", RepositoryCredentials={
          "CredentialsParameter": "arn:aws:secretsmanager:us-east-1:123456789012:secret:login-AbCdEf"}) for c in containers(t)]),
    benign("E19", "a login by its ARN and its right", STANDALONE, together(add("execution", allow("secretsmanager:GetSecretValue",
           "arn:aws:secretsmanager:us-east-1:123456789012:secret:login-??????")), lambda t: [c.update(
               Image="registry.example.com/mpc-node:3.2.0", RepositoryCredentials={
                   "CredentialsParameter": "arn:aws:secretsmanager:us-east-1:123456789012:secret:login-AbCdEf"}) for c in containers(t)])),
    benign("E19", "a login that is made", STANDALONE, lambda t: (t["Resources"].update(Login={"Type": "AWS::SecretsManager::Secret", "Properties": {
           "GenerateSecretString": {"SecretStringTemplate": '{"username": "robot"}', "GenerateStringKey": "password"}}}),
           statements(t, "execution").append(allow("secretsmanager:GetSecretValue", {"Ref": "Login"})),
           [c.update(Image="registry.example.com/mpc-node:3.2.0", RepositoryCredentials={"CredentialsParameter": {"Ref": "Login"}}) for c in containers(t)])),
]
