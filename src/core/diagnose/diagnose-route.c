/* The texts by which a failure shows itself. AWS's sentences of the launch table are matched whole; the rest
 * are the fewest words that tell one failure from the others, as services, the node and its start script
 * write them in their several versions. First match wins. */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "core/diagnose/diagnose-internal.h"
#include "core/diagnose/diagnose.h"

#define FAULTS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define VAGUE ((const char *const[]){ NULL })
#define LIFTED(...) ((const char *const[]){ __VA_ARGS__, NULL })
/* What no value of a key is */
#define STORE_KEY "B01", "B12", "B13", "B25", "B07", "B14"
/* The ways out of the VPC to an AWS API */
#define NO_WAY "C04", "C24", "C05", "C08", "C09", "C07", "C03", "C11", "C06", "C22", "D08", "I15"

/* clang-format off */
static const char *const *const failure_faults[LAUNCH_FAILURE_COUNT] = {
	[LAUNCH_FAIL_PLACEMENT] = FAULTS("F19", "F18", "F20"),
	[LAUNCH_FAIL_INTERFACE_TIMEOUT] = FAULTS("C21", "C17", "C23"),
	[LAUNCH_FAIL_ASSUME_ROLE] = FAULTS("E06"),
	[LAUNCH_FAIL_REGISTRY_TIMEOUT] = FAULTS(NO_WAY),
	[LAUNCH_FAIL_REGISTRY_DENIED] = FAULTS("E08", "E03", "E10", "E19", "E11"),
	[LAUNCH_FAIL_SECRET_TIMEOUT] = FAULTS(NO_WAY),
	[LAUNCH_FAIL_SECRET_DENIED] = FAULTS("E02", "B11", "E10", "E20", "E09", "E03", "E19", "E11"),
	[LAUNCH_FAIL_SECRET_MISSING] = FAULTS("B02", "B14", "B10"),
	[LAUNCH_FAIL_SECRET_JSON] = FAULTS("B08"),
	[LAUNCH_FAIL_SECRET_JSON_KEY] = FAULTS("B09"),
	[LAUNCH_FAIL_SECRET_SELECTOR] = FAULTS("B10"),
	[LAUNCH_FAIL_KMS_DENIED] = FAULTS("E07", "E10"),
	[LAUNCH_FAIL_LOG_GROUP_MISSING] = FAULTS("F27"),
	[LAUNCH_FAIL_LOG_DENIED] = FAULTS("E05", "E04", "E10", "E03"),
	[LAUNCH_FAIL_LOG_TIMEOUT] = FAULTS("C07", "C08", "C09", "C03", "C04", "C05", "C24", "C11", "F27"),
	[LAUNCH_FAIL_EFS_RESOLVE] = FAULTS("D06", "D08", "I15", "D07", "G31"),
	[LAUNCH_FAIL_EFS_TIMEOUT] = FAULTS("C01", "C02", "C11", "C15", "C16", "C18", "C19", "D07", "C22"),
	[LAUNCH_FAIL_EFS_RESET] = FAULTS("D07"),
	[LAUNCH_FAIL_EFS_TLS] = FAULTS("D01"),
	[LAUNCH_FAIL_EFS_DENIED] = FAULTS("E01", "D12", "E12", "D09", "D11", "E10", "D27", "E06"),
	[LAUNCH_FAIL_EFS_NO_DIRECTORY] = FAULTS("D03", "D04"),
	[LAUNCH_FAIL_IMAGE_NOT_FOUND] = FAULTS("F01", "F23"),
	[LAUNCH_FAIL_IMAGE_TIMEOUT] = FAULTS("C10", "C25", NO_WAY),
	[LAUNCH_FAIL_IMAGE_DENIED] = FAULTS("F02", "E08", "E03", "E10"),
	[LAUNCH_FAIL_IMAGE_PLATFORM] = FAULTS("F04"),
	[LAUNCH_FAIL_CONTAINER_START] = FAULTS("F17", "A19", "A17"),
	[LAUNCH_FAIL_ESSENTIAL_EXITED] = VAGUE,
	[LAUNCH_FAIL_HEALTH] = FAULTS("F15", "F16"),
	[LAUNCH_FAIL_REGISTRY_RESOLVE] = FAULTS("D08", "I15", "C09", NO_WAY),
	[LAUNCH_FAIL_SECRET_ABSENT] = FAULTS("B11", "G11", "E09"),
	[LAUNCH_FAIL_SECRET_OTHER] = FAULTS("G11", "B02", "B11"),
	[LAUNCH_FAIL_PARAMETER_TIMEOUT] = FAULTS(NO_WAY),
	[LAUNCH_FAIL_PARAMETER_DENIED] = FAULTS("E02", "E10", "E03", "E09", "B11"),
	[LAUNCH_FAIL_PARAMETER_MISSING] = FAULTS("B11"),
	[LAUNCH_FAIL_LOG_OPTIONS] = FAULTS("F26"),
	[LAUNCH_FAIL_LOG_OTHER] = FAULTS("F27", "F26", "E05"),
	[LAUNCH_FAIL_EFS_OTHER] = FAULTS("D09", "E01", "D12"),
	[LAUNCH_FAIL_IMAGE_RESOLVE] = FAULTS("C10", "D08", "I15", NO_WAY),
	[LAUNCH_FAIL_DEPENDENCY] = FAULTS("F31"),
};

#define TASK WHERE_TASK
#define EVENT WHERE_EVENT
#define SERVICE WHERE_SERVICE
#define LOG WHERE_LOG
static const struct route routes[] = {
	/* a task that did not start, in other words than the launch table's */
	{ TASK, { "failed to resolve \"fs-" }, "efs-resolve", FAULTS("D06", "D08", "I15", "D07"), NULL, false },
	{ TASK, { "access denied by server" }, "efs-authorize", FAULTS("E01", "D12", "E12", "D09", "E10"), NULL, false },
	{ TASK, { "no such file or directory", "mounting" }, "efs-root", FAULTS("D03", "D04"), NULL, false },
	{ TASK, { "tls\" option is required" }, "efs-tls", FAULTS("D01"), NULL, false },
	{ TASK, { "efs", "connection reset by peer" }, "efs-connect", FAULTS("D07"), NULL, false },
	{ TASK, { "efs", "connection timed out" }, "efs-connect", FAULTS("C01", "C02", "C11", "C16", "C19", "C22"), NULL, false },
	{ TASK, { "mount system call failed" }, "efs-connect", FAULTS("C01", "C02", "C11", "C16", "C19", "C22"), NULL, false },
	{ TASK, { "asm", "kms" }, "secrets", FAULTS("E07"), NULL, false },
	{ TASK, { "asm", "accessdenied" }, "secrets", FAULTS("E02", "B11", "E07", "E20", "E10", "E19"), NULL, false },
	{ TASK, { "asm", "resourcenotfound" }, "secrets", FAULTS("B02", "B11", "G11"), NULL, false },
	{ TASK, { "did not contain json key" }, "secrets", FAULTS("B09"), NULL, false },
	{ TASK, { "looking for beginning of value" }, "secrets", FAULTS("B08"), NULL, false },
	{ TASK, { "minimum field size", "versionid" }, "secrets", FAULTS("B10"), NULL, false },
	{ TASK, { "secret", "context deadline exceeded" }, "secrets", FAULTS(NO_WAY), NULL, false },
	{ TASK, { "ecr", "accessdenied" }, "registry", FAULTS("E08", "E03", "E10", "E19"), NULL, false },
	{ TASK, { "registry auth", "timeout" }, "registry", FAULTS(NO_WAY), NULL, false },
	{ TASK, { "registry auth", "connection issue" }, "registry", FAULTS(NO_WAY), NULL, false },
	{ TASK, { "exceeded maximum number of attempts" }, "registry", FAULTS(NO_WAY), NULL, false },
	{ TASK, { "awslogs", "is required" }, "log-stream", FAULTS("F26"), NULL, false },
	{ TASK, { "log stream", "accessdenied" }, "log-stream", FAULTS("E05", "E04", "E10"), NULL, false },
	{ TASK, { "log group", "does not exist" }, "log-stream", FAULTS("F27"), NULL, false },
	{ TASK, { "log group", "connection issue" }, "log-stream", FAULTS("C07", "C08", "C09", "C03"), NULL, false },
	{ TASK, { "429", "pull" }, "image", FAULTS("F03"), NULL, false },
	{ TASK, { "pull rate limit" }, "image", FAULTS("F03"), NULL, false },
	{ TASK, { "insufficient_scope" }, "image", FAULTS("F02", "F01"), NULL, false },
	{ TASK, { "401 unauthorized" }, "image", FAULTS("F02", "F01"), NULL, false },
	{ TASK, { "failed to resolve ref", "not found" }, "image", FAULTS("F01", "F23"), NULL, false },
	{ TASK, { "descriptor matching platform" }, "image", FAULTS("F04"), NULL, false },
	{ TASK, { "cannotpull", "signal: killed" }, "image", FAULTS("F22", "C10", "C05"), NULL, false },
	{ TASK, { "cannotpull", "i/o timeout" }, "image", FAULTS("C10", "C25", NO_WAY), NULL, false },
	{ TASK, { "unable to assume the role" }, "roles", FAULTS("E06"), NULL, false },
	{ TASK, { "network interface provisioning" }, "interface", FAULTS("C21", "C17"), NULL, false },
	{ TASK | SERVICE, { "capacity is unavailable" }, "placement", FAULTS("F19", "F18", "F14"), NULL, false },
	{ TASK | SERVICE, { "limit on the number of vcpus" }, "placement", FAULTS("F19"), NULL, false },
	{ SERVICE, { "unable to place a task", "internal error" }, "placement", FAULTS("F20", "F18"), NULL, false },
	{ SERVICE, { "unable to place a task" }, "placement", FAULTS("F18", "F19", "F20"), NULL, false },
	{ TASK, { "outofmemory" }, "entry", FAULTS("A18", "F13"), NULL, false },
	{ TASK, { "unable transition start timeout" }, "container", FAULTS("F17", "A19"), NULL, false },
	{ TASK, { "cannotstartcontainer" }, "container", FAULTS("F17", "A19"), NULL, false },
	{ TASK | SERVICE, { "failed container health checks" }, "health", FAULTS("F15", "F16"), NULL, false },
	{ SERVICE, { "unable to consistently start tasks" }, "steady", VAGUE, NULL, false },
	{ SERVICE, { "tasks failed to start" }, "steady", VAGUE, NULL, false },

	/* a resource that CloudFormation could not make */
	{ EVENT, { "no fargate configuration exists" }, "template", FAULTS("F08"), NULL, false },
	{ EVENT, { "invalid 'cpu' setting" }, "template", FAULTS("F08"), NULL, false },
	{ EVENT, { "host ports and container ports" }, "template", FAULTS("F12"), NULL, false },
	{ EVENT, { "fargate", "network mode" }, "template", FAULTS("F09"), NULL, false },
	{ EVENT, { "private dns", "enablednshostnames" }, "template", FAULTS("C09", "D08"), NULL, false },
	{ EVENT, { "privileged" }, "template", FAULTS("F10"), NULL, false },
	{ EVENT, { "requires compatibilities" }, "template", FAULTS("F11"), NULL, false },
	{ EVENT, { "does not support launch_type fargate" }, "template", FAULTS("F11"), NULL, false },
	{ EVENT, { "execution role arn to support" }, "template", FAULTS("E03"), NULL, false },
	{ EVENT, { "log driver", "requires options" }, "template", FAULTS("F26"), NULL, false },
	{ EVENT, { "log driver", "not supported" }, "template", FAULTS("F26"), NULL, false },
	{ EVENT, { "cannot depend on" }, "template", FAULTS("F31"), NULL, false },
	{ EVENT, { "secret name must be unique" }, "template", FAULTS("A21"), NULL, false },
	{ EVENT, { "efs iam authorization requires" }, "template", FAULTS("D11"), NULL, false },
	{ EVENT, { "transit encryption" }, "template", FAULTS("D01"), NULL, false },
	{ EVENT, { "root directory", "access point" }, "template", FAULTS("D02"), NULL, false },
	{ EVENT, { "no export named" }, "template", FAULTS("G08"), NULL, false },
	{ EVENT, { "export", "in use by" }, "template", FAULTS("G07"), NULL, false },
	{ EVENT, { "export", "already exported" }, "template", FAULTS("G09"), NULL, false },
	{ EVENT, { "mount target", "not in the same vpc" }, "template", FAULTS("C17", "D22"), NULL, false },
	{ EVENT, { "mount target already exists" }, "template", FAULTS("D22"), NULL, false },
	{ EVENT, { "mount target conflict" }, "template", FAULTS("D22"), NULL, false },
	{ EVENT, { "scheduled for deletion" }, "template", FAULTS("G11"), NULL, false },
	{ EVENT, { "not idempotent" }, "template", FAULTS("G27"), NULL, false },
	{ EVENT, { "service linked role" }, "template", FAULTS("E14"), NULL, false },
	{ EVENT, { "iam:passrole" }, "template", FAULTS("E13"), NULL, false },
	{ EVENT, { "custom-named", "replac" }, "template", FAULTS("G13"), NULL, false },
	{ EVENT, { "conflicting domain" }, "template", FAULTS("I05"), NULL, false },
	{ EVENT, { "conflicts with another subnet" }, "template", FAULTS("C27"), NULL, false },
	{ EVENT, { "different networks" }, "template", FAULTS("C17", "C06"), NULL, false },
	{ EVENT, { "maximum number of addresses" }, "template", FAULTS("G28"), NULL, false },
	{ EVENT, { "custom resource", "failed to stabilize" }, "template", FAULTS("F25", "F24"), NULL, false },
	{ EVENT, { "already exists" }, "template", FAULTS("G10", "G12"), NULL, false },
	{ EVENT, { "circuit breaker" }, "steady", VAGUE, NULL, false },
	{ EVENT, { "exceeded attempts to wait" }, "steady", VAGUE, NULL, false },
	{ EVENT, { "did not stabilize" }, "steady", VAGUE, NULL, false },

	/* what the start script and the node say before they end */
	{ LOG, { "boot_nodes", "failed to parse" }, "chain", FAULTS("A04"), NULL, false },
	{ LOG, { "has no address (no host:port)" }, "chain", FAULTS("A04"), NULL, false },
	{ LOG, { "exec format error" }, "container", FAULTS("F05", "F04"), NULL, false },
	{ LOG, { "read-only file system" }, "entry", FAULTS("D19", "D10", "D20", "E01", "D05"), NULL, false },
	{ LOG, { "permission denied" }, "entry", FAULTS("D05", "D10"), NULL, false },
	{ LOG, { "unterminated string literal" }, "entry", FAULTS("B12", "B07", "B13"), NULL, false },
	{ LOG, { "syntaxerror" }, "entry", FAULTS("B07", "B12", "B13", "B01"), NULL, false },
	{ LOG, { "gcloud: command not found" }, "entry", FAULTS("A05", "F07"), NULL, false },
	{ LOG, { "key must start with 'ed25519:'" }, "entry", FAULTS("B01", "B05", "B06", "B13", "B12", "B07"), NULL, false },
	{ LOG, { "invalid character at byte" }, "entry", FAULTS("B01", "B05", "B12", "B13"), NULL, false },
	{ LOG, { "key pair bytes must be" }, "entry", FAULTS("B06", "B05", "B01"), NULL, false },
	{ LOG, { "mismatched keypair" }, "entry", FAULTS("B23"), NULL, false },
	{ LOG, { "failed to decrypt key file" }, "entry", FAULTS("B16"), NULL, false },
	{ LOG, { "encryption key must be 16 bytes" }, "entry", FAULTS("B04", "B03", STORE_KEY), NULL, false },
	{ LOG, { "encryption key must be 32 hex" }, "entry", FAULTS("B03", "B04", STORE_KEY), NULL, false },
	{ LOG, { "backup encryption key" }, "entry", FAULTS("B03", "B04"), NULL, false },
	{ LOG, { "aes key hex" }, "entry", FAULTS("B03", "B04", STORE_KEY, "A05"), NULL, false },
	{ LOG, { "account id", "is not valid" }, "entry", FAULTS("A07"), NULL, false },
	{ LOG, { "number of open files", "too low" }, "entry", FAULTS("A17"), NULL, false },
	{ LOG, { "resource temporarily unavailable", "lock" }, "entry", FAULTS("D15", "D14", "A12"), NULL, false },
	{ LOG, { "address already in use" }, "quorum", FAULTS("A10"), NULL, false },
	{ LOG, { "failed to create web server" }, "quorum", FAULTS("A10"), NULL, false },
	{ LOG, { "downloading genesis", "localnet" }, "entry", FAULTS("A01"), NULL, false },
	{ LOG, { "unsupported chain id" }, "entry", FAULTS("A01", "A02"), NULL, false },
	{ LOG, { "error loading config", "failed to read" }, "entry", FAULTS("A01", "A02", "D05", "A05"), NULL, false },
	{ LOG, { "generated new random keys" }, "entry", FAULTS("A05", "B25", "A22", "B14"), NULL, false },
	{ LOG, { "skipping secrets.json generation" }, "entry", FAULTS("A05", "B25", "A22", "B14"), NULL, false },
	{ LOG, { "config.yaml", "load" }, "entry", FAULTS("A05", "A07", "A22", "B25"), NULL, false },
	{ LOG, { "mpc_contract_id", "invalid type" }, "entry", FAULTS("A07", "A05", "A22"), NULL, false },
	{ LOG, { "no such file or directory", "secrets.json" }, "entry", FAULTS("A06", "D13", "D25"), NULL, false },
	{ LOG, { "no space left on device" }, "entry", FAULTS("D24", "F13"), NULL, false },

	/* a node that runs and gets nowhere */
	{ LOG, { "their genesis" }, "chain", FAULTS("H01", "H02", "D17", "A02"), LIFTED("connected to boot node"), false },
	{ LOG, { "the volume wins" }, "chain", FAULTS("D16", "A02", "A01"), NULL, false },
	{ LOG, { "boot node", "peer identity" }, "chain", FAULTS("H03"), LIFTED("connected to boot node"), false },
	{ LOG, { "boot node", "lookup" }, "chain", FAULTS("I01", "I02", "A04", "C20"), LIFTED("connected to boot node"), true },
	{ LOG, { "boot node", "refused" }, "chain", FAULTS("C14", "C12"), LIFTED("connected to boot node"), true },
	{ LOG, { "boot node", "timed out" }, "chain", FAULTS("C12", "C26", "C20", "C11"), LIFTED("connected to boot node"), true },
	{ LOG, { "boot node", "did not come up" }, "chain", FAULTS("C12", "C26", "C20", "C11", "C14"), LIFTED("connected to boot node"), true },
	/* a word: base58 has all letters */
	{ LOG, { "boot node", " key" }, "chain", FAULTS("H03"), LIFTED("connected to boot node"), false },
	{ LOG, { "boot node", "certificate" }, "chain", FAULTS("H03"), LIFTED("connected to boot node"), false },
	{ LOG, { "boot node", "retrying" }, "chain", FAULTS("C12", "C14", "C26", "H03"), LIFTED("connected to boot node"), true },
	{ LOG, { "protocol version" }, "chain", FAULTS("H05"), LIFTED("connected to boot node"), false },
	{ LOG, { "accesskeynotfound" }, "participant", FAULTS("B17", "B18"), NULL, false },
	{ LOG, { "access key", "doesn't exist" }, "participant", FAULTS("B17", "B18"), NULL, false },
	{ LOG, { "lackbalanceforstate" }, "signature", FAULTS("H13"), NULL, false },
	{ LOG, { "no such domain" }, "signature", FAULTS("H09"), NULL, false },
	{ LOG, { "we are not a participant" }, "participant", FAULTS("A13", "A11", "B18", "A12", "H12"), LIFTED("we have no keyshares", "connected to ", "keyshares loaded"), true },
	{ LOG, { "connection with unknown public key" }, "participant", FAULTS("B18", "A13", "B16", "A12"), NULL, false },
	{ LOG, { "failed to load keyshares" }, "participant", FAULTS("B04", "A06", "D25"), NULL, false },
	{ LOG, { "incompatible protocol version" }, "quorum", FAULTS("A20"), NULL, false },
	{ LOG, { "could not connect to", "lookup" }, "quorum", FAULTS("I01", "I02", "I03", "I04", "I14", "H12", "H11"), LIFTED("connected to "), true },
	{ LOG, { "could not connect to", "timed out" }, "quorum", FAULTS("A09", "C18", "C19", "C11", "H12", "H11"), LIFTED("connected to "), true },
	{ LOG, { "could not connect to", "refused" }, "quorum", FAULTS("A10", "H12", "I01", "H11"), LIFTED("connected to "), true },
	{ LOG, { "could not connect" }, "quorum", FAULTS("A09", "C18", "I01", "H12", "H11"), LIFTED("connected to "), true },
	{ LOG, { "participants to be ready", "not connected" }, "quorum", FAULTS("A09", "C18", "C19", "C11", "I01", "I02", "I03", "I14", "G31", "H12"), LIFTED("running with", "share loaded"), true },
	{ LOG, { "waiting for peers", " 0 peers" }, "chain", FAULTS("A03", "C12", "C20", "C14", "C26", "A04", "I01", "I02", "H03", "H15"), LIFTED("synced, streaming", "connected to boot node"), true },
	{ LOG, { "calling default not allowed" }, "participant", FAULTS("H12", "C13"), LIFTED("contract state changed"), true },
	{ LOG, { "error reading config from chain", "does not exist" }, "participant", FAULTS("H08", "A02", "A05", "A07", "C13", "H12", "H14"), LIFTED("contract state changed"), true },
	{ LOG, { "error reading config from chain" }, "participant", FAULTS("C13", "H12", "A02", "A05", "A07"), LIFTED("contract state changed"), true },
	{ LOG, { "failed to submit attestation" }, "participant", FAULTS("B17", "B18"), NULL, false },
};
/* clang-format on */

const char *const *route_failure_faults(enum launch_failure f)
{
	return failure_faults[f];
}

char *route_fold(const char *text)
{
	char *folded = str_dup(text);

	for (char *c = folded; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return folded;
}

/* How much literal text of the format the text has, piece by piece in order; 0: it is another. */
static size_t literal_match(const char *format, const char *text)
{
	size_t sum = 0;

	for (const char *at = format; *at;) {
		const char *end = strstr(at, "%s");
		size_t len = end ? (size_t)(end - at) : strlen(at);
		const char *found = len ? memmem(text, strlen(text), at, len) : text;

		if (!found)
			return 0;
		sum += len;
		text = found + len;
		at = end ? end + 2 : at + len;
	}
	return sum;
}

enum launch_failure route_failure(const char *text)
{
	enum launch_failure best = LAUNCH_FAILURE_COUNT;
	size_t most = 0;

	for (int f = 0; f < LAUNCH_FAILURE_COUNT; f++) {
		size_t literal = literal_match(launch_failure_row((enum launch_failure)f)->format, text);

		if (literal > most) {
			most = literal;
			best = (enum launch_failure)f;
		}
	}
	return best;
}

const struct route *route_find(const char *text, unsigned where)
{
	OWN(str) char *folded = route_fold(text);

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const struct route *r = &routes[i];
		bool all = (r->where & where) != 0;

		for (size_t w = 0; all && w < 3 && r->words[w]; w++)
			all = strstr(folded, r->words[w]) != NULL;
		if (all)
			return r;
	}
	return NULL;
}

/* ---- for the reference -------------------------------------------------------------------------------- */

static bool among(const char *const *faults, const char *fault)
{
	for (; *faults; faults++)
		if (!strcmp(*faults, fault))
			return true;
	return false;
}

static const char *source_title(unsigned where)
{
	return where & WHERE_TASK    ? "reason of a stopped task"
	       : where & WHERE_EVENT ? "event of the stack"
	       : where & WHERE_LOG   ? "log line of a node"
				     : "event of a service";
}

static void add_sign(json_t *signs, const char *source, const char *text)
{
	json_array_append_new(signs, json_pack("{s:s,s:s}", "source", source, "text", text));
}

/* AWS's sentence with "..." for what varies. */
static char *sentence(const char *format)
{
	struct buf out = { 0 };

	for (const char *at = format; *at;) {
		const char *end = strstr(at, "%s");

		buf_add(&out, at, end ? (size_t)(end - at) : strlen(at));
		buf_str(&out, end ? "..." : "");
		at = end ? end + 2 : at + strlen(at);
	}
	return buf_take(&out);
}

static char *words(const struct route *r)
{
	struct buf out = { 0 };

	for (size_t w = 0; w < 3 && r->words[w]; w++)
		buf_printf(&out, "%s%s", w ? " ... " : "", r->words[w]);
	return buf_take(&out);
}

json_t *diagnose_signs(const char *fault)
{
	json_t *signs = json_array();

	for (int f = 0; f < LAUNCH_FAILURE_COUNT; f++)
		if (failure_faults[f] && among(failure_faults[f], fault)) {
			OWN(str) char *text = sentence(launch_failure_row((enum launch_failure)f)->format);

			add_sign(signs, source_title(WHERE_TASK), text);
		}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		/* a task's other words are for the same as the sentences above, in older versions */
		if (routes[i].where != WHERE_TASK && among(routes[i].faults, fault)) {
			OWN(str) char *text = words(&routes[i]);

			add_sign(signs, source_title(routes[i].where), text);
		}
	return signs;
}
