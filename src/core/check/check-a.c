/* Group A: the node's contract: variables, process, sizes. Peers and identity: check-a-peers.c. */
#include "core/check/check-a.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/near/near.h"

static bool is_profile(const struct check *c, const char *name)
{
	return !strcmp(check_profile(c), name);
}

/* ---- the contract
 * ------------------------------------------------------------------------------------ */

/* NEAR_BOOT_NODES is A03's. NEAR_RPC_URL: the built-in node asks the chain there; no published
 * image reads it. */
static const char *const required[] = { "MPC_HOME_DIR",		"MPC_ENV",
					"MPC_ACCOUNT_ID",	"MPC_CONTRACT_ID",
					"MPC_ACCOUNT_SK",	"MPC_P2P_PRIVATE_KEY",
					"MPC_SECRET_STORE_KEY", NULL };
static const char *const known[] = { "NEAR_BOOT_NODES",
				     "MPC_RESPONDER_ID",
				     "MPC_BACKUP_ENCRYPTION_KEY_HEX",
				     "MPC_LOG_FORMAT",
				     "MPC_LOCAL_ADDRESS",
				     "NEAR_RPC_URL",
				     "MPCUP_NODE_PROFILE",
				     "MPC_IMAGE_HASH",
				     "MPC_LATEST_ALLOWED_HASH_FILE",
				     "GCP_PROJECT_ID",
				     "GCP_KEYSHARE_SECRET_ID",
				     "GCP_P2P_PRIVATE_KEY_SECRET_ID",
				     "GCP_ACCOUNT_SK_SECRET_ID",
				     "GCP_LOCAL_ENCRYPTION_KEY_SECRET_ID",
				     NULL };

static bool is_listed(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

static bool is_required(const struct check *c, const char *name)
{
	return is_listed(required, name) || !strcmp(name, "NEAR_BOOT_NODES") ||
	       (is_profile(c, "built-in") && !strcmp(name, "NEAR_RPC_URL"));
}

static bool is_known(const char *name)
{
	static const char *const families[] = { "MPC_TEE", "MPC_TIER3_", "NEAR_TESTS_" };

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (str_starts(name, families[i]))
			return true;
	return is_listed(required, name) || is_listed(known, name);
}

/* Names that look like the node's own. What else stands in an environment may be for others. */
static bool is_of_node(const char *name)
{
	return str_starts(name, "MPC_") || str_starts(name, "NEAR_") || str_starts(name, "GCP_");
}

/* All names of the container, of Environment and Secrets: calls see for each with its place. */
static void each_name(struct check *c, void (*see)(struct check *c, const struct node *n,
						   const char *list, size_t i, const char *name))
{
	static const char *const lists[] = { "Environment", "Secrets" };
	struct node n;
	json_t *one;
	size_t k;

	for (size_t i = 0; node_next(c, &i, &n);)
		for (size_t l = 0; l < 2; l++)
			json_array_foreach(json_list(n.container, lists[l]), k, one)
				if (json_str(one, "Name"))
					see(c, &n, lists[l], k, json_str(one, "Name"));
}

static struct check_finding name_finding(enum check_severity severity, const struct node *n,
					 const char *list, size_t i, char property[128])
{
	(void)snprintf(property, 128, "ContainerDefinitions/%zu/%s/%zu/Name", n->index, list, i);
	return (struct check_finding){ .severity = severity,
				       .resource = n->task,
				       .property = property,
				       .service = n->service };
}

/* ---- A01, A02
 * ------------------------------------------------------------------------------------------ */

/* A word that stands for no chain, whichever way the conditions go; NULL: some way is right, or
 * cannot be told. */
static const char *wrong_word(const struct deployment *d, const json_t *value, unsigned depth)
{
	const json_t *branches = json_list(value, "$if");
	const char *text = deployment_text(d, value), *wrong;

	if (text)
		return node_chain(text) || strstr(text, "{{resolve:") ? NULL : text;
	if (json_array_size(branches) != 3 || depth > 16)
		return NULL;
	wrong = wrong_word(d, json_array_get(branches, 1), depth + 1);
	return wrong ? wrong_word(d, json_array_get(branches, 2), depth + 1) : NULL;
}

static void run_env(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
		struct check_finding f;
		const char *text;

		node_variable(c, &n, "MPC_ENV", &v);
		if (v.place != VARIABLE_ENVIRONMENT)
			continue;
		text = variable_text(&v);
		if (!text)
			text = wrong_word(check_deployment(c), v.value, 0);
		f = node_finding(text ? CHECK_FAIL : CHECK_UNKNOWN, &n, &v);
		f.lookup = text ? NULL
				: "the value of the parameter or import: --param or the exporting "
				  "template";
		if (!text)
			check_add(c, &f, "MPC_ENV is not known from the templates");
		else if (!node_chain(text))
			check_add(c, &f,
				  "MPC_ENV is '%.60s'; the node knows mpc-localnet, testnet and "
				  "mainnet",
				  node_shown(text));
	}
}

static const char *chain_of_account(const char *id)
{
	static const struct {
		const char *suffix, *chain;
	} table[] = {
		{ ".testnet", "testnet" }, { ".test.near", "local" },	 { ".near", "mainnet" },
		{ ".localnet", "local" },  { ".mpc-localnet", "local" }, { ".node0", "local" },
	};

	for (size_t i = 0; id && i < sizeof(table) / sizeof(table[0]); i++)
		if (str_ends(id, table[i].suffix))
			return table[i].chain;
	/* mainnet's contract; clients that are given the name use its built-in keys, and ask no chain */
	return str_eq(id, "v1.signer") ? "mainnet" : NULL;
}

/* The chain of a public RPC server: rpc.testnet.near.org, testnet-rpc.fastnear.com. */
static const char *chain_of_server(const char *url)
{
	static const char *const owners[] = { ".near.org", ".fastnear.com", ".pagoda.co" };
	const char *host = url ? strstr(url, "://") : NULL;
	OWN(str) char *name = host ? str_dup_n(host + 3, strcspn(host + 3, ":/")) : NULL;

	for (size_t i = 0; name && i < sizeof(owners) / sizeof(owners[0]); i++)
		if (str_ends(name, owners[i]))
			return strstr(name, "testnet")	 ? "testnet"
			       : strstr(name, "mainnet") ? "mainnet"
							 : NULL;
	return NULL;
}

static void run_chain(struct check *c)
{
	static const char *const names[] = { "MPC_ACCOUNT_ID", "MPC_CONTRACT_ID", "NEAR_RPC_URL" };
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable env __attribute__((cleanup(own_drop_variable))) = { 0 };
		const char *chain;

		node_variable(c, &n, "MPC_ENV", &env);
		chain = node_chain(variable_text(&env));
		for (size_t k = 0; chain && k < 3; k++) {
			struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
			struct check_finding f;
			const char *of;

			node_variable(c, &n, names[k], &v);
			of = k < 2 ? chain_of_account(variable_text(&v))
				   : chain_of_server(variable_text(&v));
			if (!of || !strcmp(of, chain))
				continue;
			f = node_finding(CHECK_FAIL, &n, &v);
			f.second = n.task;
			f.second_property = env.property;
			check_add(c, &f, "%s '%.64s' is %s of %s%s, but MPC_ENV is '%s'", names[k],
				  variable_text(&v), k < 2 ? "an account" : "a server", of,
				  !strcmp(of, "local") ? " chains" : "", variable_text(&env));
		}
	}
}

/* ---- A03, A04
 * -------------------------------------------------------------------------------------------- */

static void run_boot_empty(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
		struct check_finding f;

		node_variable(c, &n, "NEAR_BOOT_NODES", &v);
		f = node_finding(CHECK_FAIL, &n, &v);
		if (v.place == VARIABLE_ABSENT && !node_has_open_entries(&n))
			check_add(c, &f,
				  "NEAR_BOOT_NODES is not set: the node has no way to the chain");
		else if (v.place == VARIABLE_ENVIRONMENT && v.flat[strspn(v.flat, " ,")] == '\0')
			check_add(c, &f,
				  "NEAR_BOOT_NODES is empty: the node has no way to the chain");
	}
}

/* "@host:port" is where the node itself listens. */
static bool is_node_itself(const char *at)
{
	return (str_starts(at, "@127.") || str_starts(at, "@localhost:") ||
		str_starts(at, "@0.0.0.0:")) &&
	       str_ends(at, ":24567");
}

/* What is wrong with one entry, or NULL. Unknown parts are taken for right. *ret_odd_port: a port
 * that belongs to something else. */
static const char *judge_boot(const char *entry, unsigned *ret_odd_port)
{
	const char *at = strchr(entry, '@'), *colon = at ? strrchr(at, ':') : NULL;
	OWN(str) char *key = at ? str_dup_n(entry, (size_t)(at - entry)) : NULL;
	uint8_t bytes[NEAR_PUBLIC_BYTES];
	uint64_t port = 0;

	if (!*entry)
		return "is empty: there is a comma too many";
	if (strpbrk(entry, " \t\r\n"))
		return "has white space in it";
	if (strpbrk(entry, ";|\"'"))
		return "has a character that separates nothing; commas do";
	if (strstr(entry, "://"))
		return "is a URL";
	if (!at)
		return node_has_unknown(entry) ? NULL : "has no <public key>@ in front of the host";
	if (!node_has_unknown(key) && near_public_parse(key, bytes, NULL) < 0)
		return "has no ed25519 public key in front of the @ (ed25519: and base58 of 32 "
		       "bytes)";
	if (!colon)
		return node_has_unknown(at) ? NULL : "has no port";
	if (colon == at + 1)
		return "has no host";
	if (strchr(at, '/'))
		return "has a path";
	if (strchr(at + 1, '@'))
		return "has a second @; one stands between key and host";
	if (node_has_unknown(colon))
		return NULL;
	if (num_parse_u64(colon + 1, 1, 65535, &port) < 0)
		return "has no port between 1 and 65535";
	if (is_node_itself(at))
		return "is the address of the node itself";
	if (port == 3030)
		return "has the port of the RPC server, 3030; the NEAR P2P port is due (24567)";
	if (port == 8080)
		return "has the port of the node's web server, 8080; the NEAR P2P port is due "
		       "(24567)";
	if (port == 80)
		*ret_odd_port = (unsigned)port;
	return NULL;
}

#define BOOT_LOOKUP                                                                                \
	"the value of the parameter or import: --param, or the exporting template in the same call"

/* An entry whose host and port are in a part that is not known. */
static bool is_open(const char *entry)
{
	const char *at = strchr(entry, '@');

	return node_has_unknown(entry) && !strchr(at ? at : entry, ':');
}

/* Whether an earlier entry had this key or this address: a node does not start with two of a kind. */
static const char *repeated(json_t *seen, const char *entry)
{
	const char *at = strchr(entry, '@');
	OWN(str) char *key = str_dup_n(entry, strcspn(entry, "@"));
	const char *what = NULL;

	if (!node_has_unknown(key) && json_object_get(seen, key))
		what = "key";
	else if (at && !node_has_unknown(at) && json_object_get(seen, at))
		what = "address";
	json_set_bool(seen, key, true);
	if (at)
		json_set_bool(seen, at, true);
	return what;
}

static void see_boot(struct check *c, const struct node *n, const struct variable *v)
{
	struct check_finding f = node_finding(CHECK_FAIL, n, v);
	OWN(json) json_t *seen = json_object();
	const char *rest = v->flat;

	for (size_t number = 1; rest; number++) {
		size_t len = strcspn(rest, ",");
		OWN(str) char *entry = str_dup_n(rest, len);
		unsigned odd = 0;
		const char *wrong = judge_boot(entry, &odd), *twice = repeated(seen, entry);

		f.severity = odd ? CHECK_WARN : is_open(entry) ? CHECK_UNKNOWN : CHECK_FAIL;
		f.lookup = f.severity == CHECK_UNKNOWN ? BOOT_LOOKUP : NULL;
		if (wrong)
			check_add(c, &f, "entry %zu of NEAR_BOOT_NODES %s", number, wrong);
		else if (twice)
			check_add(c, &f,
				  "entry %zu of NEAR_BOOT_NODES has the %s of an earlier one; the node does "
				  "not start with both",
				  number, twice);
		else if (odd)
			check_add(c, &f,
				  "entry %zu of NEAR_BOOT_NODES has port %u, which is no NEAR P2P "
				  "port (24567)",
				  number, odd);
		else if (f.severity == CHECK_UNKNOWN)
			check_add(c, &f, "whether entry %zu of NEAR_BOOT_NODES has a port is not known",
				  number);
		rest = rest[len] == ',' ? rest + len + 1 : NULL;
	}
}

static void run_boot_form(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
		struct check_finding f;

		node_variable(c, &n, "NEAR_BOOT_NODES", &v);
		if (v.place != VARIABLE_ENVIRONMENT || v.flat[strspn(v.flat, " ,")] == '\0')
			continue;
		f = node_finding(CHECK_UNKNOWN, &n, &v);
		f.lookup = BOOT_LOOKUP;
		if (!strcmp(v.flat, NODE_UNKNOWN))
			check_add(c, &f, "NEAR_BOOT_NODES is not known from the templates");
		else
			see_boot(c, &n, &v);
	}
}

/* ---- A05, A07, A08, A21, A22
 * ------------------------------------------------------------------------------- */

static bool is_identifier(const char *name)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			return false;
	return true;
}

/* A name of the container that nobody reads and that looks like the wanted one. */
static const char *near_miss(const struct node *n, const char *wanted)
{
	static const char *const lists[] = { "Environment", "Secrets" };
	const char *best = NULL;
	unsigned least = 4;
	json_t *one;
	size_t k;

	for (size_t l = 0; l < 2; l++)
		json_array_foreach(json_list(n->container, lists[l]), k, one) {
			const char *name = json_str_or(one, "Name", "");
			unsigned distance = is_known(name) ? 4 : str_distance(name, wanted, 4);

			if (distance < least) {
				least = distance;
				best = name;
			}
		}
	return best;
}

static void see_missing(struct check *c, const struct node *n, const char *name)
{
	struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
	struct check_finding f;
	const char *similar;

	node_variable(c, n, name, &v);
	if (v.place != VARIABLE_ABSENT)
		return;
	similar = near_miss(n, name);
	if (similar && !is_identifier(similar))
		return; /* A22 */
	f = node_finding(CHECK_FAIL, n, &v);
	if (node_has_open_entries(n)) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = "the environment files of the container (s3:GetObject), and the "
			   "conditions of its entries (--param)";
	}
	if (similar)
		check_add(c, &f, "the node needs %s, which is not set; did you mean it by '%.60s'?",
			  name, similar);
	else
		check_add(c, &f,
			  "the node needs %s, which is neither in Environment nor in Secrets",
			  name);
}

static void run_missing(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		for (size_t k = 0; required[k]; k++)
			see_missing(c, &n, required[k]);
		if (is_required(c, "NEAR_RPC_URL"))
			see_missing(c, &n, "NEAR_RPC_URL");
	}
}

/* "node.undefined", "null": what programs write for a variable that nobody set. */
static bool is_unset(const char *account)
{
	const char *dot = strrchr(account, '.'), *root = dot ? dot + 1 : account;

	return !strcmp(root, "undefined") || !strcmp(root, "null");
}

static void run_account(struct check *c)
{
	static const char *const names[] = { "MPC_ACCOUNT_ID", "MPC_CONTRACT_ID",
					     "MPC_RESPONDER_ID" };
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);)
		for (size_t k = 0; k < 3; k++) {
			struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
			struct check_finding f;
			const char *text;

			node_variable(c, &n, names[k], &v);
			text = variable_text(&v);
			if (!text || (near_account_valid(text) && !is_unset(text)))
				continue;
			f = node_finding(CHECK_FAIL, &n, &v);
			check_add(c, &f,
				  !*text	   ? "%s is empty%s"
				  : is_unset(text) ? "%s '%.80s' comes of a variable without a value"
						   : "%s '%.80s' is no NEAR account id",
				  names[k], node_shown(text));
		}
}

static void see_dead(struct check *c, const struct node *n, const char *list, size_t i,
		     const char *name)
{
	char property[128];
	struct check_finding f = name_finding(CHECK_WARN, n, list, i, property);

	if (is_of_node(name) && !is_known(name) && is_identifier(name))
		check_add(c, &f, "nothing reads %.80s: neither the start script nor the node",
			  name);
}

static void run_dead(struct check *c)
{
	each_name(c, see_dead);
}

static void see_twice(struct check *c, const struct deployment_service *s, size_t index,
		      const json_t *container)
{
	OWN(json) json_t *environment = json_object(), *secrets = json_object();
	json_t *one;
	size_t i;

	json_array_foreach(json_list(container, "Environment"), i, one)
		json_object_set_new(environment, json_str_or(one, "Name", ""),
				    json_integer((json_int_t)i));
	json_array_foreach(json_list(container, "Secrets"), i, one) {
		const char *name = json_str_or(one, "Name", "");
		OWN(str)
		char *property = str_printf("ContainerDefinitions/%zu/Secrets/%zu", index, i);
		OWN(str)
		char *second = str_printf(
			"ContainerDefinitions/%zu/Environment/%lld", index,
			(long long)json_integer_value(json_object_get(environment, name)));
		struct check_finding f = { .severity = CHECK_FAIL,
					   .resource = s->task->resource,
					   .property = property,
					   .service = s };

		if (json_object_get(environment, name)) {
			f.second = s->task->resource;
			f.second_property = second;
			check_add(c, &f, "%.80s is both in Environment and in Secrets", name);
		} else if (json_object_get(secrets, name)) {
			check_add(c, &f, "%.80s is in Secrets twice", name);
		}
		json_set_bool(secrets, name, true);
	}
}

static void run_twice(struct check *c)
{
	size_t count, k;
	const struct deployment_service *const *all =
		deployment_services(check_deployment(c), &count);
	json_t *container;

	for (size_t i = 0; i < count; i++)
		if (all[i]->task && all[i]->task->resource)
			json_array_foreach(all[i]->task->containers, k, container)
				see_twice(c, all[i], k, container);
}

static void see_name(struct check *c, const struct node *n, const char *list, size_t i,
		     const char *name)
{
	char property[128];
	struct check_finding f = name_finding(CHECK_WARN, n, list, i, property);

	if (is_identifier(name))
		return;
	for (size_t k = 0; required[k]; k++)
		if (str_distance(name, required[k], 4) < 4)
			f.severity = CHECK_FAIL;
	check_add(c, &f, "'%.80s' is no name a shell can read; the node does not get it", name);
}

static void run_name(struct check *c)
{
	each_name(c, see_name);
}

/* ---- A06
 * ------------------------------------------------------------------------------------------------------
 */

/* Whether path is directory or below it, by components. */
static bool is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	while (len > 1 && directory[len - 1] == '/')
		len--;
	if (len == 1 && directory[0] == '/')
		return path[0] == '/';
	return !strncmp(path, directory, len) && (path[len] == '\0' || path[len] == '/');
}

static bool is_on_efs(const struct deployment_task *t, const char *volume)
{
	for (size_t i = 0; i < t->volume_count; i++)
		if (str_eq(t->volumes[i].name, volume))
			return t->volumes[i].system ||
			       json_object_get(t->volumes[i].definition, "EFSVolumeConfiguration");
	return false;
}

static void see_home(struct check *c, const struct node *n, const struct variable *v,
		     const char *home)
{
	struct check_finding f = node_finding(CHECK_FAIL, n, v);
	OWN(str) char *second = NULL;
	json_t *one;
	size_t i, longest = 0;
	const json_t *mount = NULL;

	if (home[0] != '/') {
		check_add(c, &f,
			  *home ? "MPC_HOME_DIR '%.80s' is no absolute path"
				: "MPC_HOME_DIR is empty%s",
			  node_shown(home));
		return;
	}
	if (template_is_symbol(json_object_get(n->container, "MountPoints")) ||
	    template_is_symbol(json_object_get(n->task->properties, "Volumes")))
		return;
	json_array_foreach(json_list(n->container, "MountPoints"), i, one) {
		const char *path = json_str(one, "ContainerPath");

		if (template_is_symbol(one) || (!path && json_object_get(one, "ContainerPath")))
			return; /* symbolic: cannot be told */
		if (!path || !is_below(home, path) || strlen(path) < longest)
			continue;
		longest = strlen(path);
		mount = one;
		free(second);
		second = str_printf("ContainerDefinitions/%zu/MountPoints/%zu", n->index, i);
	}
	f.second = n->task;
	f.second_property = second;
	if (!mount) {
		f.second = NULL;
		check_add(c, &f,
			  "MPC_HOME_DIR '%.80s' is on no mounted volume: chain data and key shares "
			  "go with the "
			  "task",
			  home);
	} else if (!template_is_symbol(json_object_get(mount, "SourceVolume")) &&
		   !is_on_efs(n->service->task, json_str(mount, "SourceVolume"))) {
		check_add(c, &f,
			  "MPC_HOME_DIR '%.80s' is on a volume that is not EFS and goes with the "
			  "task",
			  home);
	}
}

static void run_home(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };

		node_variable(c, &n, "MPC_HOME_DIR", &v);
		if (variable_text(&v))
			see_home(c, &n, &v, variable_text(&v));
	}
}

/* ---- the table
 * -------------------------------------------------------------------------------------------------
 */

#define EXIT "the container exits within seconds of its start, again and again"
const struct check_rule check_rules_a[] = {
	{ "A21", "same-name-in-environment-and-secrets", "template",
	  "The task definition is refused: the secret name must be unique and not shared with an "
	  "environment "
	  "variable",
	  "A variable is declared twice", "Take it out of Environment",
	  "a minute into the deployment, and the rollback", run_twice },
	{ "A19", "command-override-bypasses-script", "container",
	  "exec: no such file or directory, or a node without configuration",
	  "Command, EntryPoint or WorkingDirectory replace what the image brings",
	  "Leave them out: the image starts /app/start.sh in /app", EXIT, check_a_command },
	{ "A01", "mpc-env-unknown-value", "entry",
	  "A download of a genesis for a network of that name fails; 'Near node initialized' is "
	  "missing; exit",
	  "MPC_ENV is a word that the start script does not know",
	  "\"MPC_ENV\": mpc-localnet for a local chain, else testnet or mainnet", EXIT, run_env },
	{ "A22", "env-name-invalid", "entry",
	  "The variable is absent in the container; AWS says nothing",
	  "The name is no shell identifier", "Letters, digits and underscores, no digit first",
	  EXIT, run_name },
	{ "A05", "required-env-missing", "entry",
	  "The start script looks for keys elsewhere and fails, or the node makes up keys of its "
	  "own",
	  "A variable of the node's contract is missing or misspelt",
	  "Add it to Environment, or to Secrets when it is a key",
	  "seconds; with made-up keys days, for the node never becomes a participant",
	  run_missing },
	{ "A06", "home-dir-not-on-volume", "entry",
	  "All is well until the task is replaced; then chain data and key shares are gone",
	  "MPC_HOME_DIR is not below a writable mount point of an EFS volume",
	  "Make MPC_HOME_DIR the ContainerPath of the EFS mount point",
	  "days to weeks: the first replacement of the task", run_home },
	{ "A07", "account-or-contract-id-empty", "entry",
	  "The node refuses its configuration, or follows an account that cannot exist",
	  "An account id is empty or against NEAR's grammar",
	  "2 to 64 characters: lower case letters, digits, and . - _ between them", EXIT,
	  run_account },
	{ "A02", "mpc-env-valid-but-wrong-chain", "chain",
	  "Our genesis and their genesis differ; 0 peers, block 0",
	  "MPC_ENV and the accounts belong to different chains",
	  "Take MPC_ENV and all accounts of one chain", "minutes to hours: the node looks alive",
	  run_chain },
	{ "A03", "boot-nodes-empty", "chain", "Nothing fails; 0 peers and block 0 for ever",
	  "Without NEAR_BOOT_NODES the embedded NEAR node finds no chain",
	  "\"NEAR_BOOT_NODES\": \"ed25519:<node key of the chain>@<host>:24567\"",
	  "unbounded: the service is steady", run_boot_empty },
	{ "A04", "boot-nodes-malformed", "chain",
	  "The NEAR node exits with a parse error, or ignores the entry and has no peers",
	  "The value is no comma-separated list of ed25519:<public key>@host:port",
	  "\"NEAR_BOOT_NODES\": \"ed25519:<node key of the chain>@<host>:24567\"",
	  "seconds, or unbounded when the entry is ignored", run_boot_form },
	{ "A09", "mpc-peer-port-closed", "quorum",
	  "Nodes run and follow the chain, but key generation and signatures never finish",
	  "The security groups do not let the nodes reach each other's MPC port",
	  "An AWS::EC2::SecurityGroupIngress on the nodes' group: tcp, that port, "
	  "SourceSecurityGroupId the "
	  "nodes' group",
	  "30 to 80 minutes: after the contract is set up", check_a_peers },
	{ "A10", "peer-port-collides-with-web-ui", "quorum",
	  "Address already in use, and the node starts again and again",
	  "The peer address has a port that the node uses for something else",
	  "Another port in MPC_LOCAL_ADDRESS, 80 for instance",
	  "30 minutes: after the contract is set up", check_a_port },
	{ "A12", "duplicate-node-identity", "entry",
	  "Peers drop one of two connections, links flap, nonces collide",
	  "Two tasks run under one NEAR account", "One account, one service and one task per node",
	  "hours to weeks", check_a_identity },
	{ "A11", "account-suffix-generated-wrong", "participant",
	  "We are not a participant in the current epoch, or an account that does not exist",
	  "The account id was made of the network's name, or of another chain's root account",
	  "The account ids that the contract's participants have", "30 minutes: the first vote",
	  check_a_suffix },
	{ "A13", "participant-key-mismatch", "participant",
	  "We are not a participant in the current epoch, though the account is listed",
	  "The P2P key is the account key or another node's: the contract lists one for each node",
	  "A pair of its own for MPC_P2P_PRIVATE_KEY and for MPC_ACCOUNT_SK",
	  "an hour: after the contract is set up", check_a_keys },
	{ "A18", "undersized-task", "container",
	  "OutOfMemoryError, exit code 137, or a node that never catches up",
	  "The task is smaller than a node with an embedded NEAR node needs",
	  "\"Cpu\": \"1024\", \"Memory\": \"4096\" on a local chain; 32768 MiB on testnet and "
	  "mainnet",
	  "minutes to hours", check_a_size },
	{ "A17", "nofile-too-low", "latent",
	  "Hard limit for the number of open files is too low, exit",
	  "nearcore opens more files than the container's limit allows",
	  "\"Ulimits\": [{\"Name\": \"nofile\", \"SoftLimit\": 65535, \"HardLimit\": 65535}]",
	  "seconds, or when the database has grown", check_a_files },
	{ "A08", "dead-environment-variable", "latent", "Nothing, for nobody reads the variable",
	  "The variable is in no contract of the node", "Take it out, or correct its name",
	  "unbounded: it misleads", run_dead },
	{ "A14", "health-endpoint-proves-nothing", "latent",
	  "The health check is green and the node useless",
	  "/health answers OK as soon as the web server is up",
	  "Ask /metrics or /public_data for heights and peers", "unbounded", check_a_health },
	{ "A16", "sigterm-not-forwarded", "latent",
	  "Every stop takes the whole stop timeout and ends with exit code 137",
	  "The shell that starts the node is process 1 and passes no signal on",
	  "\"LinuxParameters\": {\"InitProcessEnabled\": true}, \"StopTimeout\": 120, or a newer "
	  "image",
	  "30 seconds per restart, and a database to recover", check_a_stop },
	{ .id = NULL },
};
