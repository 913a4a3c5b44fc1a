/* Group B: secrets and keys. Whose they are: check-b-identity.c; who sees them: check-b-exposed.c. */
#include "core/check/check-b.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/near/near.h"

/* ---- one value against its slot: the rows share the judge
 * ------------------------------------------- */

static bool is_about_value(const char *fault)
{
	static const char *const of_value[] = { "B01", "B03", "B04", "B05", "B06", "B12",
						"B13", "B23", "B25", "B02", "B07", "B08",
						"B09" };

	for (size_t i = 0; i < sizeof(of_value) / sizeof(of_value[0]); i++)
		if (!strcmp(of_value[i], fault))
			return true;
	return false;
}

/* A value that is still to be filled in harms nobody while no task is wanted. */
static enum check_severity severity_of(const struct node *n, const char *fault)
{
	bool to_fill = !strcmp(fault, "B01") || !strcmp(fault, "B02");

	return to_fill && node_desired(n) == 0 ? CHECK_UNKNOWN : CHECK_FAIL;
}

static void judge_slots(struct check *c, const struct node *n, const char *fault)
{
	for (const struct secret_slot *s = secret_slots; s->variable; s++) {
		struct secret_view v __attribute__((cleanup(own_drop_secret_view))) = { 0 };
		struct check_finding f;
		char why[256] = "";
		const char *found;

		secret_view(c, n, s, &v);
		found = secret_judge(&v, s, why, sizeof(why));
		if (!found || strcmp(found, fault) != 0)
			continue;
		f = node_finding(severity_of(n, fault), n, &v.variable);
		if (f.severity == CHECK_UNKNOWN)
			f.lookup = "the secret's value at the time when DesiredCount is raised";
		if (v.from.secret && is_about_value(fault)) {
			f.second = v.from.secret;
			f.second_property = v.property;
		}
		check_add(c, &f, "%s %s", s->variable, why);
	}
}

static void run_value(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);)
		judge_slots(c, &n, check_running(c)->id);
}

static void run_store_key(struct check *c)
{
	run_value(c);
	check_b_store_key(c);
}

/* ---- B01: also the one place that says what is not known
 * --------------------------------------------- */

static void ask_for(struct check *c, const struct node *n, const struct secret_slot *s,
		    const struct secret_view *v)
{
	struct check_finding f = node_finding(CHECK_UNKNOWN, n, &v->variable);

	f.second = v->from.secret;
	f.second_property = v->property;
	if (v->state == SECRET_VALUE)
		f.lookup = "the value: give the parameters with --params FILE (a dynamic "
			   "reference: read "
			   "the secret or parameter it names)";
	else if (v->from.parameter_store)
		f.lookup = "ssm:GetParameter of the name in ValueFrom";
	else
		f.lookup = "secretsmanager:DescribeSecret (is there an AWSCURRENT version?) and "
			   "GetSecretValue "
			   "of the secret in ValueFrom";
	check_add(c, &f, "the value of %s is not known from the templates", s->variable);
}

static void run_placeholder(struct check *c)
{
	struct node n;

	run_value(c);
	for (size_t i = 0; node_next(c, &i, &n);)
		for (const struct secret_slot *s = secret_slots; s->variable; s++) {
			struct secret_view v __attribute__((cleanup(own_drop_secret_view))) = { 0 };
			char why[256] = "";
			const char *found;

			secret_view(c, &n, s, &v);
			found = secret_judge(&v, s, why, sizeof(why));
			if (found && !*found)
				ask_for(c, &n, s, &v);
		}
}

/* ---- B10: every secret of every container
 * ---------------------------------------------------------- */

void check_b_references(struct check *c, check_b_see *see)
{
	size_t count, k, m;
	const struct deployment_service *const *all =
		deployment_services(check_deployment(c), &count);
	json_t *container, *one;

	for (size_t i = 0; i < count; i++) {
		if (!all[i]->task || !all[i]->task->resource)
			continue;
		json_array_foreach(all[i]->task->containers, k, container)
			json_array_foreach(json_list(container, "Secrets"), m, one) {
				char property[128];

				(void)snprintf(property, sizeof(property),
					       "ContainerDefinitions/%zu/Secrets/%zu/ValueFrom", k,
					       m);
				see(c, all[i], property, json_str_or(one, "Name", "?"),
				    json_object_get(one, "ValueFrom"));
			}
	}
}

static void see_selector(struct check *c, const struct deployment_service *s, const char *property,
			 const char *name, const json_t *value)
{
	struct deployment_value_from from = { 0 };
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = s->task->resource,
				   .property = property,
				   .service = s };

	if (!value)
		return;
	deployment_value_from(check_deployment(c), value, &from);
	f.second = from.secret;
	if (from.malformed)
		check_add(c, &f,
			  "ValueFrom of %s: behind the secret's ARN come either nothing or all "
			  "three colons, "
			  ":json-key:version-stage:version-id",
			  name);
	else if (from.stage[0] && from.version[0])
		check_add(c, &f,
			  "ValueFrom of %s names a version stage and a version id; only one may be",
			  name);
	else if (from.version[0] && strlen(from.version) < 32)
		check_add(c, &f, "ValueFrom of %s: a version id has at least 32 characters", name);
}

static void run_selector(struct check *c)
{
	check_b_references(c, see_selector);
}

/* ---- B14
 * ---------------------------------------------------------------------------------------------------
 */

static void run_deadlock(struct check *c)
{
	static const char *const unusable[] = { "B01", "B02", "B03", "B04", "B05",
						"B06", "B13", "B25" };
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);)
		for (const struct secret_slot *s = secret_slots; s->variable; s++) {
			struct secret_view v __attribute__((cleanup(own_drop_secret_view))) = { 0 };
			struct check_finding f;
			char why[256] = "";
			const char *found;
			bool bad = false;

			secret_view(c, &n, s, &v);
			found = secret_judge(&v, s, why, sizeof(why));
			for (size_t k = 0; found && k < sizeof(unusable) / sizeof(unusable[0]); k++)
				bad = bad || !strcmp(unusable[k], found);
			if (!bad || !v.from.secret || v.from.secret->physical_id ||
			    node_desired(&n) == 0)
				continue;
			f = (struct check_finding){ .severity = CHECK_FAIL,
						    .resource = n.service->resource,
						    .property = "DesiredCount",
						    .second = v.from.secret,
						    .second_property = v.property,
						    .service = n.service };
			check_add(c, &f,
				  "the service wants tasks while the stack is created, but the "
				  "secret of %s, "
				  "created by the same stack, has no usable value by then",
				  s->variable);
		}
}

/* ---- B24
 * ----------------------------------------------------------------------------------------------------
 */

static void run_backup(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable env __attribute__((cleanup(own_drop_variable))) = { 0 };
		struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
		struct check_finding f;
		const char *chain;

		node_variable(c, &n, "MPC_ENV", &env);
		node_variable(c, &n, "MPC_BACKUP_ENCRYPTION_KEY_HEX", &v);
		chain = node_chain(variable_text(&env));
		if (v.place != VARIABLE_ABSENT || !chain || !strcmp(chain, "local") ||
		    json_object_get(n.container, "EnvironmentFiles"))
			continue;
		f = node_finding(CHECK_WARN, &n, &v);
		check_add(c, &f,
			  "MPC_BACKUP_ENCRYPTION_KEY_HEX is not set: the node makes up another one "
			  "at each "
			  "start");
	}
}

#define START "1 to 5 minutes per task, then the service tries again until the stack gives up"
#define EXIT "the container exits within seconds of its start, again and again"
const struct check_rule check_rules_b[] = {
	{ "B10", "valuefrom-malformed-selector", "secrets",
	  "ResourceInitializationError: unable to pull secrets; a validation error about VersionId",
	  "ValueFrom has the wrong number of colons behind the secret's ARN",
	  "Write <secret ARN>:<json-key>:<version-stage>:<version-id>, with all three colons: "
	  "{\"Fn::Join\": [\"\", [{\"Ref\": \"Secret\"}, \":key::\"]]}",
	  START, run_selector },
	{ "B11", "secret-name-vs-arn", "secrets",
	  "ResourceInitializationError with AccessDeniedException or ResourceNotFoundException",
	  "ValueFrom has the secret's name or a part of its ARN in place of the whole ARN",
	  "Refer to the secret: {\"Ref\": \"Secret\"} is its whole ARN", START, check_b_names },
	{ "B02", "secret-without-value", "secrets",
	  "ResourceInitializationError: Secrets Manager can't find the specified secret value for "
	  "staging "
	  "label AWSCURRENT",
	  "The secret is created without a value, and nothing in the template gives it one",
	  "Give the secret its value before the service starts (a NoEcho parameter, or a secret "
	  "made "
	  "beforehand), or set DesiredCount to 0 until it is filled",
	  START, run_value },
	{ "B08", "json-key-on-plain-string", "secrets",
	  "ResourceInitializationError: unable to retrieve secret: invalid character looking for "
	  "beginning of "
	  "value",
	  "ValueFrom names a JSON key, but the secret's value is plain text",
	  "Drop the :key:: from ValueFrom, or store a JSON object", START, run_value },
	{ "B09", "json-key-absent", "secrets",
	  "ResourceInitializationError: retrieved secret from Secrets Manager did not contain json "
	  "key",
	  "ValueFrom names a JSON key that the secret's object does not have at its top level",
	  "Name a key that the object has", START, run_value },
	{ "B01", "placeholder-secret-value", "entry",
	  "The infrastructure is fine and the container exits while it writes or reads its keys",
	  "The secret was created with a text to be replaced later",
	  "Pass the real value: {\"SecretString\": {\"Ref\": \"<NoEcho parameter>\"}}, or the ARN "
	  "of a secret "
	  "made beforehand",
	  EXIT, run_placeholder },
	{ "B03", "store-key-not-hex", "entry", "invalid local storage aes key hex, then exit",
	  "The store key is 16 bytes written as 32 hexadecimal digits; other text is refused",
	  "\"GenerateSecretString\": {\"PasswordLength\": 32, \"ExcludePunctuation\": true, "
	  "\"ExcludeUppercase\": true, \"ExcludeCharacters\": \"ghijklmnopqrstuvwxyz\"}",
	  EXIT, run_store_key },
	{ "B04", "store-key-wrong-length-hex", "entry",
	  "Encryption key must be 32 hex characters, then exit",
	  "The key is hexadecimal but has not the digits that are due",
	  "32 digits for MPC_SECRET_STORE_KEY (openssl rand -hex 16), 64 for "
	  "MPC_BACKUP_ENCRYPTION_KEY_HEX (openssl rand -hex 32)",
	  EXIT, run_value },
	{ "B05", "key-hex-instead-of-base58", "entry",
	  "The node cannot decode its key as base58 and exits",
	  "The key is hexadecimal, or has characters outside base58",
	  "mpcup keys generate makes pairs in the right form: ed25519: and base58 of 64 bytes",
	  EXIT, run_value },
	{ "B06", "key-prefix-or-length", "entry",
	  "Key must start with 'ed25519:' prefix, or Key pair bytes must be 64 bytes, then exit",
	  "The key has no or another prefix, or is a seed or public key and no pair",
	  "Store the whole pair: ed25519: and base58 of seed and public key, 64 bytes", EXIT,
	  run_value },
	{ "B07", "json-object-injected-whole", "entry",
	  "The start script fails to write secrets.json (SyntaxError) and the container exits",
	  "The secret is a JSON object, and ValueFrom does not say which key of it",
	  "Append the key to ValueFrom: {\"Fn::Join\": [\"\", [{\"Ref\": \"Secret\"}, "
	  "\":key::\"]]}",
	  EXIT, run_value },
	{ "B12", "trailing-newline-in-value", "entry",
	  "SyntaxError: unterminated string literal in the start script, or a key that is rejected",
	  "The value has a line end or blanks around it, as echo and files leave them",
	  "Store the value without white space (printf, not echo)", EXIT, run_value },
	{ "B13", "tool-output-captured-as-secret", "entry",
	  "The key has words around it, and is refused as no key",
	  "What a tool said was stored together with the key it made",
	  "Store the key alone: messages of tools go to standard error", EXIT, run_value },
	{ "B23", "public-private-halves-disagree", "entry",
	  "The node rejects its key, or signs with another than the one it shows",
	  "The last 32 bytes are not the public key of the first 32",
	  "Make a new pair: mpcup keys generate", EXIT, run_value },
	{ "B25", "empty-secret-string", "entry",
	  "The start script behaves as if the variable were missing",
	  "The secret's value is an empty text",
	  "Store the value, and refuse empty ones where they are written", EXIT, run_value },
	{ "B14", "populate-after-deploy-deadlock", "steady",
	  "The stack stays CREATE_IN_PROGRESS while tasks fail on secrets that nobody can fill in "
	  "time",
	  "Secrets that are to be filled later are created by the stack whose services need them",
	  "\"DesiredCount\": 0 until the secrets are filled, or pass the values as NoEcho "
	  "parameters",
	  "20 minutes up to 3 hours, then the rollback deletes the secrets", run_deadlock },
	{ "B18", "key-secrets-swapped", "participant",
	  "We are not a participant in the current epoch, and AccessKeyNotFound; both keys look "
	  "right",
	  "The P2P key's variable reads the account key's secret and the other way round",
	  "Exchange the two ValueFrom", "30 to 80 minutes: after the contract is set up",
	  check_b_swapped },
	{ "B19", "one-secret-for-all-nodes", "participant",
	  "Two nodes show up with one identity: links flap, nonces collide",
	  "Several task definitions read the same secret", "One secret per node and key",
	  "hours to weeks", check_b_shared },
	{ "B21", "keys-in-git-or-logs", "latent",
	  "Nothing fails; the key is in every copy of the template",
	  "A private key is written into the template",
	  "Make it a NoEcho parameter, and replace the key: it is known", "never seen as a failure",
	  check_b_literal },
	{ "B22", "secret-in-plain-environment", "latent",
	  "Nothing fails; describing the task definition or the stack shows the key",
	  "A key is in Environment in place of Secrets, in a parameter without NoEcho, or in an output",
	  "\"Secrets\": [{\"Name\": \"<variable>\", \"ValueFrom\": {\"Ref\": \"<secret>\"}}]",
	  "never seen as a failure", check_b_plain },
	{ "B24", "backup-key-regenerated", "latent", "Backups cannot be restored after a restart",
	  "Without MPC_BACKUP_ENCRYPTION_KEY_HEX the node generates a key at each start",
	  "Give it 64 hexadecimal digits by Secrets", "found when a backup is needed", run_backup },
	{ .id = NULL },
};
