from node_parts import *

KEYS = ("MPC_ACCOUNT_SK", "MPC_P2P_PRIVATE_KEY")
SK, P2P, STORE, BACKUP = *KEYS, "MPC_SECRET_STORE_KEY", "MPC_BACKUP_ENCRYPTION_KEY_HEX"
HEX16 = "00112233445566778899aabbccddeeff"
GENERATED = {"PasswordLength": 32, "ExcludePunctuation": True, "RequireEachIncludedType": False,
             "ExcludeCharacters": "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ"}
ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:keyholder-1-AbCdEf"


PLACE = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"


def each_key(put_text, text):
    return both(*[put_text(name, text) for name in KEYS])


def generate(name, **changes):
    """The secret under the good templates' JSON key, generated with these changes."""
    def run(t):
        for c in containers(t):
            g = secret_of(t, c, name)["GenerateSecretString"]
            g.update(changes)
            for gone in [k for k, v in g.items() if v is None]:
                del g[gone]
    return run


def plain_generated(name, **changes):
    """A secret without JSON, generated; read whole."""
    g = {k: v for k, v in {**GENERATED, **changes}.items() if v is not None}
    return both(secret(name, {"GenerateSecretString": g}), selected(name, ""))


def plain(name, text, index=None):
    """A secret without JSON of this text, read whole."""
    return both(text_secret(name, text, index), selected(name, ""))


def plain_key(name, numbers=(0, 1, 2)):
    """Proper keys as plain text secrets, each node its own, read whole, without a literal."""
    def run(t):
        for i, c in enumerate(containers(t)):
            secret_of(t, c, name)["SecretString"] = {"Ref": "Node%d%s" % (numbers[i], "AccountSk" if name == SK else "P2pKey")}
        selected(name, "")(t)
    return run


def in_ssm(name, text):
    """The variable comes from a parameter of the Parameter Store, which the template makes."""
    def run(t):
        for i, c in enumerate(containers(t)):
            t["Resources"][f"Stored{i}"] = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": f"/mpc/{i}", "Value": text}}
            injected(c, name)["ValueFrom"] = {"Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/mpc/%d" % i} if i else {"Ref": "Stored0"}
        for _, p in resources(t, "AWS::IAM::Role"):
            p.setdefault("Policies", []).append({"PolicyName": "stored", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": "*"}]}})
    return run


def paused(t):
    for p in services(t):
        p["DesiredCount"] = 0


def swap_values(index=None):
    """The two ValueFrom of the keys change places."""
    def change(c):
        a, b = injected(c, SK), injected(c, P2P)
        a["ValueFrom"], b["ValueFrom"] = b["ValueFrom"], a["ValueFrom"]
    return each(change) if index is None else one(index, change)


def swap_strings(t):
    """The secrets keep their places, their values change them."""
    for c in containers(t):
        a, b = secret_of(t, c, SK), secret_of(t, c, P2P)
        a["SecretString"], b["SecretString"] = b["SecretString"], a["SecretString"]


def renamed(t):
    """Logical ids that say nothing, and no paths of a tool; a Name says what a secret is for."""
    names = {logical_id(injected(c, n)["ValueFrom"]): f"Sec{i}{k}" for i, c in enumerate(containers(t)) for k, n in enumerate(KEYS)}
    for i, c in enumerate(containers(t)):
        for n in KEYS:
            secret_of(t, c, n).update(Name=f"/x/{i}/{n.lower().replace('_', '-')}", Description="of a node")
    text = json.dumps(t)
    for old, new in names.items():
        text = text.replace(old, new)
    t.clear()
    t.update(json.loads(text))
    for r in t["Resources"].values():
        r.pop("Metadata", None)


def share(*names):
    """Node 1 reads node 0's secrets."""
    def run(t):
        for name in names:
            injected(containers(t)[1], name)["ValueFrom"] = clone(injected(containers(t)[0], name)["ValueFrom"])
    return run


def share_parameter(name, parameter_name):
    """Each node has a secret of its own, but with one value."""
    return json_by(name, {"Ref": parameter_name})


def json_by(name, value):
    return secret(name, {"SecretString": {"Fn::Join": ["", ['{"key":"', value, '"}']]}})


def exposed(name, value):
    """The variable stands in the environment in place of the secrets."""
    return both(drop(name), env(name, value))


def output(value):
    return lambda t: t.setdefault("Outputs", {}).update(Shown={"Value": value})


def no_echo(name, value):
    def run(t):
        t["Parameters"][name]["NoEcho"] = value
    return run


def default(name, value):
    """The parameter has this default, and no pattern."""
    def run(t):
        t["Parameters"][name]["Default"] = value
        t["Parameters"][name].pop("AllowedPattern", None)
    return run


def key_name(name, new):
    """ValueFrom selects another JSON key."""
    return selected(name, f":{new}::")


def all_in_one(t):
    """One JSON secret with three keys for each node."""
    for i, c in enumerate(containers(t)):
        own = logical_id(injected(c, SK)["ValueFrom"])
        t["Resources"][own]["Properties"] = {"SecretString": {"Fn::Sub": '{"account": "${Node%dAccountSk}", "p2p": "${Node%dP2pKey}"}' % (i, i)}}
        injected(c, SK)["ValueFrom"] = {"Fn::Sub": "${%s}:account::" % own}
        injected(c, P2P)["ValueFrom"] = {"Fn::Sub": "${%s}:p2p::" % own}


def swapped_in_one(t):
    all_in_one(t)
    swap_values()(t)


def unnamed_in_one(t):
    all_in_one(t)
    for r in t["Resources"].values():
        if r["Type"] == "AWS::SecretsManager::Secret" and "account" in json.dumps(r["Properties"]):
            r["Properties"]["Name"] = {"Fn::Sub": "${AWS::StackName}-account-and-p2p-%d" % id(r)}


def by_name(t):
    """ValueFrom is the name of a secret of the template."""
    for i, c in enumerate(containers(t)):
        secret_of(t, c, SK)["Name"] = f"mpc/{i}/account"
        injected(c, SK)["ValueFrom"] = f"mpc/{i}/account"


def by_outer_name(value):
    """ValueFrom names a secret that the template does not make; the rights stay on those it makes."""
    return lambda t: [injected(c, SK).update(ValueFrom={"Fn::Sub": value}) for c in containers(t)]


def by_short_arn_of_odd_name(t):
    """The name of the secret ends as if AWS had made its end."""
    for i, c in enumerate(containers(t)):
        secret_of(t, c, STORE).update(Name=f"mpc-store-n00de{i}", GenerateSecretString=GENERATED)
        injected(c, STORE)["ValueFrom"] = {"Fn::Sub": PLACE + "mpc-store-n00de%d" % i}


def region(t):
    injected(containers(t)[1], SK)["ValueFrom"] = ARN.replace("keyholder-1-AbCdEf", "keyholder-2-GhIjKl").replace("eu-central-1", "us-east-1") + ":account::"


def without_suffix(c):
    for e in c["Secrets"]:
        e["ValueFrom"] = e["ValueFrom"].replace("-AbCdEf", "").replace("-GhIjKl", "")


def user_data(key):
    def run(t):
        t["Resources"]["Box"] = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {
            "UserData": {"Fn::Base64": f"#!/bin/bash\nexport KEY={key}\n"}}}}
    return run


CASES = [
    fault("B01", "a note", STANDALONE, plain(SK, "will be set by operations"), also=("B14",)),
    fault("B01", "in JSON", COMPOSED, json_secret(SK, "REPLACE_WITH_REAL_KEY"), also=("B14",)),
    fault("B01", "plain", STANDALONE, both(plain(P2P, "CHANGEME")), also=("B14",)),
    fault("B01", "in brackets", STANDALONE, json_secret(P2P, "<your p2p key here>"), also=("B14", "B13")),
    fault("B01", "with a prefix", IMPORT, json_secret(SK, "ed25519:TODO"), also=("B14",)),
    fault("B01", "stands for the store key", STANDALONE, json_secret(STORE, "placeholder"), also=("B14", "B03")),
    fault("B01", "of one node", STANDALONE, json_secret(SK, "to-be-filled-in", 1), also=("B14", "B06")),
    fault("B01", "default of a parameter", STANDALONE, default("Node1P2pKey", "REPLACE_ME"), also=("B14",)),
    fault("B01", "default of a hand-written parameter", TESTNET, replace("SignerA: {Type: String,", "SignerA: {Type: String, Default: dummy,"), also=("B14", "B06")),
    fault("B01", "Fn::Sub", STANDALONE, secret(SK, {"SecretString": {"Fn::Sub": '{"key": "PLACEHOLDER-${AWS::StackName}"}'}}), also=("B14",)),
    fault("B01", "value of a parameter", TESTNET, None, params={"PeerKeyA": "xxx", "PeerKeyB": NODE_KEYS["Node1P2pKey"]}, also=("B14", "B06")),
    benign("B01", "no task until it is filled", STANDALONE, both(json_secret(SK, "REPLACE_WITH_REAL_KEY"), paused, tidy), verdict="UNKNOWN"),
    benign("B01", "keys without a value", TESTNET, None, verdict="UNKNOWN"),
    benign("B01", "dynamic reference", STANDALONE, both(secret(SK, {"SecretString": "{{resolve:secretsmanager:mpc/keys:SecretString}}"}), tidy)),
    benign("B01", "dynamic reference of one JSON key", STANDALONE, both(*[json_secret(SK, "{{resolve:secretsmanager:mpc/keys:SecretString:account%d}}" % i, i) for i in range(3)], tidy)),
    benign("B01", "a secret of something else", STANDALONE, lambda t: t["Resources"].update(Grafana={"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "changeme"}})),
    benign("B01", "keys by params", TESTNET, None, params={"PeerKeyA": NODE_KEYS["Node0P2pKey"], "PeerKeyB": NODE_KEYS["Node1P2pKey"],
                                                          "SignerA": NODE_KEYS["Node0AccountSk"], "SignerB": NODE_KEYS["Node1AccountSk"]}),

    fault("B02", "no value", STANDALONE, secret(SK, {}), also=("B14",)),
    fault("B02", "no value of one node", COMPOSED, secret(P2P, {}, 2), also=("B14",)),
    fault("B02", "no store key", IMPORT, secret(STORE, {}), also=("B14",)),
    fault("B02", "another author's", TESTNET, replace(", SecretString: !Ref PeerKeyA", ""), also=("B14",)),
    fault("B02", "no value in the end", STANDALONE, secret(SK, {"SecretString": {"Ref": "AWS::NoValue"}}), also=("B14",)),
    benign("B02", "no task yet", STANDALONE, both(secret(SK, {}), paused, tidy), verdict="UNKNOWN"),
    benign("B02", "a target attachment of nobody's", STANDALONE, lambda t: t["Resources"].update(Idle={"Type": "AWS::SecretsManager::Secret", "Properties": {}})),

    fault("B03", "generated of all letters", STANDALONE, plain_generated(STORE, ExcludeCharacters=None), also=("B14",)),
    fault("B03", "nothing but a length", COMPOSED, both(secret(STORE, {"GenerateSecretString": {"PasswordLength": 32}}), selected(STORE, "")), also=("B14",)),
    fault("B03", "each class is required", STANDALONE, plain_generated(STORE, RequireEachIncludedType=None, ExcludeCharacters="ghijklmnopqrstuvwxyz" + "GHIJKLMNOPQRSTUVWXYZ", ExcludePunctuation=None), also=("B14",)),
    fault("B03", "a blank may be in it", STANDALONE, plain_generated(STORE, IncludeSpace=True), also=("B14",)),
    fault("B03", "in JSON", IMPORT, generate(STORE, ExcludeUppercase=None), also=("B14",)),
    fault("B03", "literal", STANDALONE, json_secret(STORE, "thirty-two-characters-but-no-hex"), also=("B14",)),
    fault("B03", "literal in base64", STANDALONE, json_secret(STORE, "ABEiM0RVZneImaq7zN3u/w=="), also=("B14",)),
    fault("B03", "another author's", TESTNET, replace("ExcludePunctuation: true, RequireEachIncludedType: false, ExcludeCharacters: ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ", "ExcludePunctuation: true", 1), also=("B14",)),
    fault("B03", "the backup key", TESTNET, replace('/alpha/backup"\n      GenerateSecretString: {PasswordLength: 64, ExcludePunctuation: true, RequireEachIncludedType: false, ExcludeCharacters: ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ}',
                                                    '/alpha/backup"\n      GenerateSecretString: {PasswordLength: 64, ExcludePunctuation: true}'), also=("B14", "B04")),
    benign("B03", "each class is inside hex", STANDALONE, plain_generated(STORE, RequireEachIncludedType=True)),
    benign("B03", "digits only", STANDALONE, plain_generated(STORE, ExcludeLowercase=True, ExcludeUppercase=True, ExcludeCharacters=None)),
    benign("B03", "as text", STANDALONE, plain_generated(STORE, PasswordLength="32", ExcludePunctuation="true", RequireEachIncludedType="false")),
    benign("B03", "another order of the letters", STANDALONE, plain_generated(STORE, ExcludeCharacters="zyxwvutsrqponmlkjihgZYXWVUTSRQPONMLKJIHG")),

    fault("B04", "literal of 64", STANDALONE, json_secret(STORE, HEX16 * 2), also=("B14",)),
    fault("B04", "generated of 64", COMPOSED, generate(STORE, PasswordLength=64), also=("B14",)),
    fault("B04", "generated of 16", STANDALONE, plain_generated(STORE, PasswordLength=16), also=("B14",)),
    benign("B04", "generated with the default length", STANDALONE, plain_generated(STORE, PasswordLength=None)),
    fault("B04", "another author's", TESTNET, replace("PasswordLength: 32", "PasswordLength: 64"), also=("B14",)),
    fault("B04", "by a parameter", STANDALONE, both(parameter("Len", Default="64"), generate(STORE, PasswordLength={"Ref": "Len"})), also=("B14",)),
    benign("B04", "32 digits by a parameter", STANDALONE, lambda t: [(parameter(f"Store{i}", NoEcho=True)(t), secret(STORE, {"SecretString": {"Fn::Sub": '{"key":"${Store%d}"}' % i}}, i)(t)) for i in range(3)],
           params={f"Store{i}": HEX16[:31].upper() + str(i) for i in range(3)}),
    benign("B04", "the parameter has no default", STANDALONE, both(parameter("Len"), generate(STORE, PasswordLength={"Ref": "Len"}))),

    fault("B05", "hex in JSON", STANDALONE, json_secret(SK, "ed25519:" + HEX16 * 4), also=("B14",)),
    fault("B05", "hex, plain", COMPOSED, plain(P2P, "ed25519:" + HEX16 * 2), also=("B14",)),
    fault("B05", "hex by a parameter", TESTNET, None, params={"PeerKeyA": "ed25519:" + HEX16 * 4}, also=("B14",)),
    fault("B05", "generated", STANDALONE, secret(SK, {"GenerateSecretString": {"GenerateStringKey": "key", "SecretStringTemplate": "{}", "PasswordLength": 64, "ExcludePunctuation": True}}), also=("B06", "B14")),
    fault("B05", "a letter that base58 has not", STANDALONE, both(default("Node0P2pKey", SECRET_KEY[:30] + "0" + SECRET_KEY[31:])), also=("B14",)),

    fault("B06", "no prefix", STANDALONE, json_secret(SK, SECRET_KEY[8:]), also=("B14",)),
    fault("B06", "another curve", IMPORT, json_secret(P2P, SECRET_KEY.replace("ed25519", "secp256k1")), also=("B14",)),
    fault("B06", "a seed of 32 bytes", STANDALONE, json_secret(SK, key_of(noise(32))), also=("B14", "H22")),
    fault("B06", "63 bytes", STANDALONE, json_secret(SK, key_of(noise(63))), also=("B14",)),
    fault("B06", "upper-case prefix", STANDALONE, json_secret(SK, SECRET_KEY.replace("ed25519", "ED25519")), also=("B14",)),
    fault("B06", "by a parameter", TESTNET, None, params={"SignerB": SECRET_KEY[8:]}, also=("B14",)),
    fault("B06", "default of a parameter", STANDALONE, default("Node2AccountSk", SECRET_KEY[8:]), also=("B14",)),

    fault("B07", "no JSON key", STANDALONE, selected(SK, "")),
    fault("B07", "no JSON key of a generated secret", COMPOSED, selected(STORE, "")),
    fault("B07", "by Ref", IMPORT, lambda t: [injected(c, P2P).update(ValueFrom={"Ref": logical_id(injected(c, P2P)["ValueFrom"])}) for c in containers(t)]),
    fault("B07", "by GetAtt", STANDALONE, one(0, lambda c: injected(c, SK).update(ValueFrom={"Fn::GetAtt": [logical_id(injected(c, SK)["ValueFrom"]), "Id"]}))),
    fault("B07", "the value became JSON", TESTNET, replace("SecretString: !Ref PeerKeyA", "SecretString: !Sub '{\"key\": \"${PeerKeyA}\"}'")),
    fault("B07", "colons but no key", STANDALONE, selected(SK, ":::")),
    benign("B07", "plain all over", STANDALONE, both(plain_key(SK), plain_key(P2P))),
    benign("B07", "an existing secret, whole", EXISTING, each(lambda c: injected(c, STORE).update(ValueFrom=injected(c, STORE)["ValueFrom"].replace(":secret:", ":secret:store-").replace(":store::", "")))),

    fault("B08", "a key on a plain string", TESTNET, replace("ValueFrom: !Ref alphaSigner", 'ValueFrom: !Sub "${alphaSigner}:key::"'), params={"SignerA": SECRET_KEY}),
    fault("B08", "a key on what must be a plain string", TESTNET, lambda s: s.replace("SignerA: {Type: String,", 'SignerA: {Type: String, AllowedPattern: "^ed25519:.*$",').replace("ValueFrom: !Ref alphaSigner", 'ValueFrom: !Sub "${alphaSigner}:key::"')),
    benign("B08", "a key on a parameter that may be JSON", TESTNET, replace("ValueFrom: !Ref alphaSigner", 'ValueFrom: !Sub "${alphaSigner}:key::"')),
    fault("B08", "a key on a generated string", STANDALONE, secret(STORE, {"GenerateSecretString": GENERATED})),
    fault("B08", "the value became plain", COMPOSED, lambda t: [secret_of(t, c, SK).update(SecretString={"Ref": "Node%dAccountSk" % i}) for i, c in enumerate(containers(t))]),
    fault("B08", "JSON with single quotes", STANDALONE, secret(SK, {"SecretString": {"Fn::Sub": "{'key': '${Node0AccountSk}'}"}})),
    fault("B08", "Fn::Join", TESTNET, replace("ValueFrom: !Ref bravoDisk", 'ValueFrom: !Join [":", [!Ref bravoDisk, "key", "", ""]]')),

    fault("B09", "a wrong key", STANDALONE, key_name(SK, "kye")),
    fault("B09", "a wrong key of a generated secret", IMPORT, key_name(STORE, "value")),
    fault("B09", "another case", COMPOSED, key_name(P2P, "Key")),
    fault("B09", "the secret's key changed", STANDALONE, lambda t: [secret_of(t, c, SK).update(SecretString={"Fn::Sub": '{"secret": "${Node%dAccountSk}"}' % i}) for i, c in enumerate(containers(t))]),
    fault("B09", "nested", STANDALONE, both(secret(SK, {"SecretString": {"Fn::Sub": '{"key": {"sk": "${Node0AccountSk}"}}'}}), key_name(SK, "key.sk"))),
    fault("B09", "the generated key changed", STANDALONE, generate(STORE, GenerateStringKey="password")),
    benign("B09", "one of several keys", STANDALONE, all_in_one),
    benign("B09", "a key beside the generated one", STANDALONE, generate(STORE, SecretStringTemplate='{"user": "x"}')),

    fault("B10", "one colon", STANDALONE, selected(SK, ":key")),
    fault("B10", "two colons", IMPORT, selected(SK, ":key:")),
    fault("B10", "four colons", COMPOSED, selected(STORE, ":key:::")),
    fault("B10", "a short version", STANDALONE, selected(SK, ":key::1")),
    fault("B10", "stage and version", STANDALONE, selected(SK, ":key:AWSCURRENT:01234567-89ab-cdef-0123-456789abcdef")),
    fault("B10", "of an existing secret", EXISTING, each(lambda c: injected(c, SK).update(ValueFrom=injected(c, SK)["ValueFrom"][:-1]))),
    fault("B10", "another author's", TESTNET, replace("ValueFrom: !Ref alphaSigner", 'ValueFrom: !Sub "${alphaSigner}:"')),
    benign("B10", "a stage", STANDALONE, selected(SK, ":key:AWSCURRENT:")),
    benign("B10", "a version", STANDALONE, selected(SK, ":key::01234567-89ab-cdef-0123-456789abcdef")),
    benign("B10", "a whole secret with a stage", TESTNET, replace("ValueFrom: !Ref alphaSigner", 'ValueFrom: !Sub "${alphaSigner}::AWSCURRENT:"')),
    benign("B10", "Fn::Join with colons", STANDALONE, lambda t: [injected(c, SK).update(ValueFrom={"Fn::Join": [":", [{"Ref": logical_id(injected(c, SK)["ValueFrom"])}, "key", "", ""]]}) for c in containers(t)]),

    fault("B11", "another region", EXISTING, region, verdict="WARN"),
    fault("B11", "no suffix", EXISTING, each(without_suffix), verdict="WARN"),
    fault("B11", "the name of a secret", STANDALONE, by_name),
    fault("B11", "the name of a secret outside", STANDALONE, by_outer_name("mpc/account")),
    fault("B11", "no suffix, and no right", STANDALONE, by_outer_name(PLACE + "mpc/account")),
    fault("B11", "no suffix but a word, and no right", STANDALONE, by_outer_name(PLACE + "mpc-account-secret")),
    fault("B11", "no suffix, the name has one", STANDALONE, by_short_arn_of_odd_name),
    benign("B11", "an SSM parameter", EXISTING, each(lambda c: injected(c, STORE).update(ValueFrom=injected(c, STORE)["ValueFrom"].split(":")[6].replace("keyholder", "/keyholder") + "/store"))),
    benign("B11", "the ARN of an SSM parameter", EXISTING, each(lambda c: injected(c, STORE).update(ValueFrom="arn:aws:ssm:eu-central-1:111122223333:parameter/" + injected(c, STORE)["ValueFrom"].split(":")[6]))),
    benign("B11", "the ARN is a parameter", TESTNET, lambda s: s.replace("Parameters:\n", "Parameters:\n  Arn: {Type: String}\n", 1).replace("ValueFrom: !Ref alphaSigner", "ValueFrom: !Ref Arn")),
    benign("B11", "the ARN is imported", STANDALONE, lambda t: [injected(c, SK).update(ValueFrom={"Fn::Join": ["", [{"Fn::ImportValue": "arn-%d" % i}, ":key::"]]}) for i, c in enumerate(containers(t))]),
    benign("B11", "the ARN by Fn::Sub", EXISTING, each(lambda c: [e.update(ValueFrom={"Fn::Sub": e["ValueFrom"].replace("eu-central-1:111122223333", "${AWS::Region}:${AWS::AccountId}")}) for e in c["Secrets"]])),

    fault("B12", "a line end in JSON", STANDALONE, json_secret(STORE, HEX16 + "\n"), also=("B14",)),
    fault("B12", "a line end in plain text", TESTNET, replace("SecretString: !Ref PeerKeyA", 'SecretString: !Sub "${PeerKeyA}\\n"'), also=("B14",)),
    fault("B12", "a block of YAML", TESTNET, replace("    Properties: {Name: !Sub \"${AWS::StackName}/alpha/p2p\", SecretString: !Ref PeerKeyA}", "    Properties:\n      SecretString: !Sub |\n        ${PeerKeyA}"), also=("B14",)),
    fault("B12", "a blank before it, by a parameter", TESTNET, None, params={"SignerA": " " + SECRET_KEY}, also=("B14",)),

    fault("B13", "progress and a key", STANDALONE, json_secret(SK, "Generating key... done " + SECRET_KEY), also=("B06", "B14")),
    fault("B13", "progress of a parameter", TESTNET, None, params={"SignerA": "✓ key written: " + SECRET_KEY}, also=("B06", "B14")),

    fault("B14", "placeholders for all", STANDALONE, both(each_key(json_secret, "REPLACE_WITH_REAL_KEY"), json_secret(STORE, "REPLACE")), also=("B01",)),

    fault("B18", "ValueFrom", COMPOSED, swap_values()),
    fault("B18", "of one node", IMPORT, swap_values(1)),
    fault("B18", "the values of the secrets", STANDALONE, swap_strings),
    fault("B18", "JSON keys of existing secrets", EXISTING, swap_values()),
    fault("B18", "JSON keys of one secret", STANDALONE, swapped_in_one),
    fault("B18", "by the Name of the secrets", STANDALONE, both(renamed, swap_values())),
    fault("B18", "another author's parameters", TESTNET, lambda s: s.replace("SecretString: !Ref PeerKeyA", "SecretString: !Ref X").replace("SecretString: !Ref SignerA", "SecretString: !Ref PeerKeyA").replace("SecretString: !Ref X", "SecretString: !Ref SignerA")),
    fault("B18", "another author's ValueFrom", TESTNET, lambda s: s.replace("{Name: MPC_P2P_PRIVATE_KEY, ValueFrom: !Ref alphaPeer}", "{Name: MPC_P2P_PRIVATE_KEY, ValueFrom: !Ref alphaSigner}").replace("{Name: MPC_ACCOUNT_SK, ValueFrom: !Ref alphaSigner}", "{Name: MPC_ACCOUNT_SK, ValueFrom: !Ref alphaPeer}")),
    benign("B18", "names that say both", STANDALONE, unnamed_in_one),
    benign("B18", "logical ids that say nothing", STANDALONE, renamed),
    benign("B18", "a stack of a name that says something", TESTNET, replace("${AWS::StackName}/", "p2p-account/")),

    fault("B19", "node 1 reads node 0's", STANDALONE, share(*KEYS), also=("A12",)),
    fault("B19", "the account key only", IMPORT, share(SK), also=("A12",)),
    fault("B19", "the P2P key only", EXISTING, share(P2P), also=("A12",)),
    fault("B19", "the store key only", STANDALONE, share(STORE), verdict="WARN"),
    fault("B19", "one parameter in each secret", STANDALONE, share_parameter(P2P, "Node0P2pKey"), also=("A12",)),
    fault("B19", "one value by parameters", STANDALONE, None, params={**NODE_KEYS, "Node1P2pKey": NODE_KEYS["Node0P2pKey"]}, also=("A12",)),
    fault("B19", "another author's", TESTNET, replace("ValueFrom: !Ref bravoPeer", "ValueFrom: !Ref alphaPeer"), also=("A12",)),
    benign("B19", "one secret of a JSON key for each node", STANDALONE, lambda t: [e.update(ValueFrom={"Fn::Join": ["", [{"Fn::ImportValue": "all"}, f":{e['Name']}-{i}::"]]})
           for i, c in enumerate(containers(t)) for e in c["Secrets"]]),

    fault("B21", "in a secret", STANDALONE, lambda t: [secret_of(t, c, SK).update(SecretString=json.dumps({"key": NODE_KEYS["Node%dAccountSk" % i]})) for i, c in enumerate(containers(t))], verdict="WARN"),
    fault("B21", "default of a parameter", COMPOSED, default("Node0AccountSk", SECRET_KEY), verdict="WARN"),
    fault("B21", "an output", IMPORT, output(SECRET_KEY), verdict="WARN", also=("B22",)),
    fault("B21", "metadata", STANDALONE, lambda t: t.update(Metadata={"note": "boot " + SECRET_KEY}), verdict="WARN"),
    fault("B21", "user data", STANDALONE, user_data(SECRET_KEY), verdict="WARN"),
    fault("B21", "another author's", TESTNET, replace("SecretString: !Ref PeerKeyA", "SecretString: " + NODE_KEYS["Node0P2pKey"]), verdict="WARN"),
    fault("B21", "a comment is no part of it, a description is", STANDALONE, lambda t: t.update(Description="key " + SECRET_KEY), verdict="WARN"),
    benign("B21", "public keys", STANDALONE, both(output(PUBLIC_KEY), lambda t: t.update(Description="boot node " + PUBLIC_KEY))),

    fault("B22", "by Ref", STANDALONE, both(drop(P2P), lambda t: [put(c, P2P, {"Ref": "Node%dP2pKey" % i}) for i, c in enumerate(containers(t))]), verdict="WARN"),
    fault("B22", "dynamic reference", EXISTING, lambda t: [(take(c, SK), put(c, SK, "{{resolve:secretsmanager:key-%d}}" % i)) for i, c in enumerate(containers(t))], verdict="WARN"),
    fault("B22", "the store key", TESTNET, lambda s: s.replace("            - {Name: MPC_SECRET_STORE_KEY, ValueFrom: !Ref alphaDisk}\n", "").replace("            - {Name: NEAR_BOOT_NODES,", '            - {Name: MPC_SECRET_STORE_KEY, Value: "%s"}\n            - {Name: NEAR_BOOT_NODES,' % HEX16, 1), verdict="WARN", also=("B21",)),
    fault("B22", "one store key for all", STANDALONE, both(drop(STORE), lambda t: [put(c, STORE, HEX16) for c in containers(t)]), verdict="WARN", also=("B21",)),
    fault("B22", "an output", STANDALONE, output({"Ref": "Node0AccountSk"}), verdict="WARN"),
    fault("B22", "a parameter that is shown", STANDALONE, no_echo("Node0AccountSk", False), verdict="WARN"),
    fault("B22", "another author's parameter", TESTNET, replace("SignerA: {Type: String, NoEcho: true}", "SignerA: {Type: String}"), verdict="WARN"),
    benign("B22", "NoEcho as text", STANDALONE, no_echo("Node0AccountSk", "true")),

    fault("B23", "halves that disagree", STANDALONE, json_secret(SK, TORN_KEY), also=("B14",)),
    fault("B23", "by a parameter", TESTNET, None, params={"PeerKeyB": TORN_KEY}, also=("B14",)),

    fault("B24", "testnet", TESTNET, lambda s: "\n".join(l for l in s.split("\n") if BACKUP not in l), verdict="WARN"),
    benign("B24", "a local chain", STANDALONE),

    fault("B25", "in JSON", STANDALONE, json_secret(SK, ""), also=("B14",)),
    fault("B25", "plain", COMPOSED, plain(P2P, ""), also=("B14",)),
    fault("B25", "default of a parameter", TESTNET, replace("PeerKeyB: {Type: String,", 'PeerKeyB: {Type: String, Default: "",'), also=("B14",)),
    fault("B25", "value of a parameter", TESTNET, None, params={"SignerA": ""}, also=("B14",)),
    fault("B25", "blanks", STANDALONE, json_secret(STORE, "  "), also=("B14", "B12", "B03")),

    # ---- other shapes of the same things
    fault("B01", "in an SSM parameter", STANDALONE, both(in_ssm(SK, "REPLACE_ME"), tidy), also=("B14",)),
    fault("B04", "in an SSM parameter", EXISTING, in_ssm(STORE, HEX16 * 2), also=("B14",)),
    fault("B05", "without a prefix", STANDALONE, json_secret(SK, HEX16 * 4), also=("B14", "B06")),
    fault("B07", "JSON in an SSM parameter", STANDALONE, both(in_ssm(SK, '{"key": "x"}'), tidy), also=("B14", "B06", "B05")),
    fault("B01", "Fn::Sub with a list", STANDALONE, secret(SK, {"SecretString": {"Fn::Sub": ['{"key": "${Value}"}', {"Value": "REPLACE_ME"}]}}), also=("B14",)),
    fault("B09", "Fn::Sub with a list", STANDALONE, lambda t: [injected(c, SK).update(ValueFrom={"Fn::Sub": ["${S}:kee::", {"S": {"Ref": logical_id(injected(c, SK)["ValueFrom"])}}]}) for c in containers(t)]),
    benign("B09", "Fn::Sub with a list", STANDALONE, lambda t: [injected(c, SK).update(ValueFrom={"Fn::Sub": ["${S}:key::", {"S": {"Ref": logical_id(injected(c, SK)["ValueFrom"])}}]}) for c in containers(t)]),
    benign("B09", "the key is a parameter", STANDALONE, both(parameter("Field", Default="key"), lambda t: [injected(c, SK).update(ValueFrom={"Fn::Sub": "${%s}:${Field}::" % logical_id(injected(c, SK)["ValueFrom"])}) for c in containers(t)])),
    benign("B09", "the key is a parameter nobody knows", STANDALONE, both(parameter("Field"), lambda t: [injected(c, SK).update(ValueFrom={"Fn::Sub": "${%s}:${Field}::" % logical_id(injected(c, SK)["ValueFrom"])}) for c in containers(t)])),
    benign("B07", "one of two forms by a condition nobody knows", STANDALONE, both(parameter("Any"), lambda t: t["Conditions"].update(Open={"Fn::Equals": [{"Ref": "Any"}, "y"]}), lambda t: [
        injected(c, SK).update(ValueFrom={"Fn::If": ["Open", {"Fn::Sub": "${%s}:key::" % logical_id(injected(c, SK)["ValueFrom"])}, {"Fn::ImportValue": f"k{i}"}]}) for i, c in enumerate(containers(t))])),
    benign("B07", "another field of JSON beside it", STANDALONE, lambda t: [secret_of(t, c, SK).update(SecretString={"Fn::Join": ["", ['{"user":"mpc","key":"', {"Ref": "Node%dAccountSk" % i}, '"}']]}) for i, c in enumerate(containers(t))]),
    benign("B21", "a store key that is generated", TESTNET),
    fault("B21", "a store key in clear", STANDALONE, lambda t: [secret(STORE, {"SecretString": '{"key":"%s"}' % (HEX16[:31] + str(i))}, i)(t) for i in range(3)], verdict="WARN"),
    fault("B22", "under another name", STANDALONE, lambda t: [put(c, "NODE_KEY", {"Ref": "Node%dP2pKey" % i}) for i, c in enumerate(containers(t))], verdict="WARN"),
    fault("B22", "on the command line", STANDALONE, lambda t: [c.update(Command=["/app/start.sh", "--key", {"Ref": "Node%dP2pKey" % i}]) for i, c in enumerate(containers(t))], verdict="WARN"),
    benign("B22", "the name of a secret is no key", STANDALONE, both(parameter("Where", Default="mpc/keys"), lambda t: [secret_of(t, c, SK).update(SecretString={"Fn::Sub": "{{resolve:secretsmanager:${Where}-%d}}" % i}) for i, c in enumerate(containers(t))], tidy)),
    benign("B18", "other words", STANDALONE, both(renamed, lambda t: [secret_of(t, c, n).update(Name=f"{i}-{k}") for i, c in enumerate(containers(t)) for n, k in ((SK, "near-key"), (P2P, "tls-key"))])),

    fault("B03", "the account key's secret", STANDALONE, each(lambda c: injected(c, STORE).update(ValueFrom=clone(injected(c, SK)["ValueFrom"]))), also=("B19",)),
    fault("B03", "the account key's secret of the existing ones", EXISTING, each(lambda c: injected(c, STORE).update(ValueFrom=injected(c, SK)["ValueFrom"]))),
    fault("B06", "the store key's secret", STANDALONE, each(lambda c: injected(c, SK).update(ValueFrom=clone(injected(c, STORE)["ValueFrom"]))), also=("B05", "B14")),
]
