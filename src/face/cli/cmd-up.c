/* mpcup up: plan, deploy stack by stack, attach a chain where one is expected and missing, register the
 * participants, wait until the network has formed, and say what to type next. */
#include <signal.h>
#include <string.h>

#include "core/check/check.h"
#include "core/synth/synth.h"
#include "face/cli/check-lookup.h"
#include "face/cli/check-plan.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/deploy.h"
#include "face/cli/diagnosis.h"
#include "face/cli/ecs-view.h"
#include "face/cli/evidence.h"
#include "face/cli/nested.h"
#include "face/cli/network-view.h"
#include "face/cli/operator.h"
#include "face/cli/plan.h"
#include "face/cli/target.h"
#include "face/cli/up-form.h"
#include "face/cli/up-guard.h"

/* What Ctrl-C is answered with; the handler only reads and writes. */
static char interrupted[1024] = "\nmpcup: interrupted before anything was deployed\n";

static void on_interrupt(int signal_number)
{
	(void)!write(STDERR_FILENO, interrupted, strlen(interrupted));
	_exit(128 + signal_number);
}

/* From now on an interrupted deployment goes on without us. */
static void note_begun(const struct cli *cli, const struct target *t, const struct plan *p)
{
	OWN(str) char *words = target_words(cli);

	(void)signal(SIGINT, SIG_IGN);
	(void)snprintf(interrupted, sizeof(interrupted),
		       "\nmpcup: interrupted; the deployment goes on in %s. The same mpcup up follows it again, "
		       "mpcup events --stack %s%s shows it, mpcup down --stack %s%s ends it\n",
		       t->local ? "the local cloud" : "AWS", p->network, words, p->network, words);
	(void)signal(SIGINT, on_interrupt);
}

static json_t *tags_for(const struct plan_stack *s, const struct plan *p)
{
	return json_pack("[{s:s,s:s},{s:s,s:s}]", "Key", "mpcup:role", "Value", s->role, "Key",
			 "mpcup:network", "Value", p->network);
}

/* What the local cloud alone is told beside the template: image mappings, the chain's node key. */
static int put_conventions(struct target *t, const struct plan *p, const char *stack,
			   struct err *err)
{
	OWN(str) char *name = str_printf("/mpcup/%s/images", stack);

	if (!t->local)
		return 0;
	if (json_object_size(p->images)) {
		OWN(str) char *value = json_text(p->images);
		OWN(json) json_t *in = json_pack("{s:s,s:s,s:s,s:b}", "Name", name, "Value", value, "Type",
						 "String", "Overwrite", 1);

		if (awsclient_call(t->aws, "ssm", "PutParameter", in, NULL, NULL, err) < 0)
			return err_in(err, "image mapping of %s", stack);
	}
	return p->has_chain_key ? operator_put_chain_key(t, stack, &p->chain_key, err) : 0;
}

static int deploy_one(struct cli *cli, struct target *t, const struct plan *p,
		      const struct plan_stack *s, const char *folder, const json_t *findings,
		      int64_t deadline, struct err *err)
{
	OWN(json) json_t *tags = tags_for(s, p);
	struct deployment d = { .stack = s->name,
				.template_text = s->text,
				.template_len = s->len,
				.parameters = s->parameters,
				.tags = tags,
				.deadline_ms = t->local ? 0 : deadline,
				.no_rollback = cli_flag(cli, "no-rollback"),
				.findings = findings };
	OWN(json) json_t *stack = NULL;
	int rc;

	nested_parameter(s, folder);
	if (nested_check_kept(t, p, s, err) < 0 || put_conventions(t, p, s->name, err) < 0)
		return -1;
	rc = deploy_stack(cli, t, &d, &stack, err);
	if (rc > 0 && cli->json && stack)
		cli_print_json(stack);
	return rc;
}

/* ---- the check beforehand ------------------------------------------------------------------------------ */

/* What does not stop it is said in one line. */
static void say_checked(const struct cli *cli, const json_t *result)
{
	size_t fail = check_count(result, "FAIL"), warn = check_count(result, "WARN"),
	       unknown = check_count(result, "UNKNOWN");

	if (cli->quiet || fail + warn + unknown == 0)
		return;
	(void)fprintf(stderr, "check: %zu tasks, %zu FAIL, %zu WARN, %zu UNKNOWN; %s\n",
		      json_array_size(json_list(result, "tasks")), fail, warn, unknown,
		      fail ? "deployed all the same, because of --force" : "mpcup check shows them");
}

/* The state that an earlier run left a stack in is what up deals with itself, or refuses with the way out. */
static void take_over(const json_t *result)
{
	json_t *finding;
	size_t i;

	json_array_foreach(json_list(result, "findings"), i, finding)
		if (str_eq(json_str(finding, "fault"), "G03") && str_eq(json_str(finding, "verdict"), "FAIL"))
			json_set_str(finding, "verdict", "WARN");
}

/* The one place where up has its plan judged; for AWS, with what the account, registries and the chain
 * tell: what is missing there costs minutes, quotas among it. */
static int judge(struct cli *cli, const struct plan *p, json_t **ret, struct err *err)
{
	bool ask = str_eq(cli_option(cli, "target"), "aws") && !cli_flag(cli, "no-lookup");
	const char *profile;

	if (check_take_profile(cli, &profile, err) < 0 || check_asking(cli, p, profile, ask, ret, err) < 0)
		return -1;
	take_over(*ret);
	return 0;
}

/* 0 go on, *ret_findings is the caller's; 1 refused (said); -1 err. */
static int check_first(struct cli *cli, const struct plan *p, json_t **ret_findings, struct err *err)
{
	OWN(json) json_t *result = NULL;
	size_t fail;

	if (judge(cli, p, &result, err) < 0)
		return -1;
	fail = check_count(result, "FAIL");
	if (!fail || cli_flag(cli, "force")) {
		say_checked(cli, result);
		*ret_findings = json_incref(json_list(result, "findings"));
		return 0;
	}
	if (cli->json)
		cli_print_json(result);
	else
		check_print(cli, result);
	(void)fflush(stdout);
	(void)fprintf(stderr,
		      "mpcup: nothing was deployed: check found %zu FAIL. Mend them, suppress them with a "
		      "reason (mpcup check --help), or see them happen: mpcup up --force\n",
		      fail);
	return 1;
}

/* ---- what AWS does not have ------------------------------------------------------------------------- */

/* An image that only the local cloud runs, or NULL. Borrowed. */
static const char *built_in_image(const json_t *value, unsigned depth)
{
	json_t *whole = (json_t *)(uintptr_t)value, *one; /* only read */
	const char *key, *found = NULL;
	size_t i;

	if (depth > 64)
		return NULL;
	json_object_foreach(whole, key, one) {
		const char *text = json_string_value(one);

		if (text && ((!strcmp(key, "Image") && str_starts(text, "mpcup/")) ||
			     (!strcmp(key, "ImageId") && str_eq(text, "ami-0000000000localnet"))))
			return text;
		if (!found)
			found = built_in_image(one, depth + 1);
	}
	json_array_foreach(whole, i, one)
		if (!found)
			found = built_in_image(one, depth + 1);
	return found;
}

static int refuse_local_things(const struct cli *cli, const struct plan *p, struct err *err)
{
	static const char *const options[] = { "image", "chain-key" };

	for (size_t i = 0; i < 2; i++)
		if (json_object_get(cli->options, options[i]))
			return err_set(err, ERR_INPUT, "--%s is for the local cloud: AWS runs the images that the "
						       "template names, and the chain that is there",
				       options[i]);
	for (size_t i = 0; i < p->count; i++) {
		const struct plan_stack *s = &p->stacks[i];
		const char *image = s->parsed ? built_in_image(template_body(s->parsed), 0) : NULL;

		if (image)
			return err_set(err, ERR_INPUT,
				       "%s runs %s, the built-in chain, which only the local cloud has: for AWS, "
				       "network.yaml names a chain that is there (chain: testnet)",
				       s->source, image);
	}
	return 0;
}

/* ---- the command ---------------------------------------------------------------------------------------- */

static int take_timeout(const struct cli *cli, uint64_t *ret, struct err *err)
{
	const char *text = cli_option(cli, "timeout");

	*ret = str_eq(cli_option(cli, "target"), "aws") ? 3600 : 30;
	if (text && num_parse_u64(text, 0, 86400, ret) < 0)
		return err_set(err, ERR_INPUT, "--timeout %s: seconds, 0 to 86400", text);
	return 0;
}

/* Where a person can watch it, from now on. */
static void say_console(const struct cli *cli, const struct target *t)
{
	OWN(json) json_t *health = NULL;

	if (t->local && !cli->quiet && !cli->json && target_health(&health, NULL) == 1 &&
	    json_str(health, "console"))
		(void)printf("Watch it at %s%s\n", t->endpoint, json_str(health, "console"));
	(void)fflush(stdout);
}

static int deploy_all(struct cli *cli, struct target *t, const struct plan *p,
		      const json_t *findings, uint64_t seconds, struct err *err)
{
	OWN(str) char *folder = NULL;
	int64_t began = deploy_now_ms(), deadline = began + (int64_t)seconds * 1000;

	int rc;

	note_begun(cli, t, p);
	say_console(cli, t);
	rc = up_hand_over(cli, t, p, deadline, err);
	if (rc)
		return rc < 0 ? -1 : CLI_FAILED;
	if (nested_upload(t, p, &folder, err) < 0)
		return -1;
	for (size_t i = 0; i < p->count; i++) {
		rc = p->stacks[i].nested
			     ? 0
			     : deploy_one(cli, t, p, &p->stacks[i], folder, findings, deadline, err);
		if (rc)
			return rc < 0 ? -1 : CLI_FAILED;
	}
	if (t->local) /* which waits for its stacks to their end */
		deadline = deploy_now_ms() + (int64_t)seconds * 1000;
	return up_form(cli, t, p, findings, began, deadline, err);
}

static int run_up(struct cli *cli, struct err *err)
{
	struct plan p __attribute__((cleanup(own_drop_plan))) = { 0 };
	struct target t __attribute__((cleanup(own_drop_target))) = { 0 };
	bool aws = str_eq(cli_option(cli, "target"), "aws");
	OWN(json) json_t *findings = NULL;
	uint64_t seconds;
	int refused, rc;

	(void)signal(SIGINT, on_interrupt);
	(void)signal(SIGTERM, on_interrupt);
	if (target_check(cli, err) < 0 || take_timeout(cli, &seconds, err) < 0)
		return -1;
	/* whoever cannot deploy anyway is told before any key is made */
	if (aws && target_open(cli, true, &t, err) < 0)
		return -1;
	if (aws)
		target_say(cli, &t);
	if (plan_make(cli, &p, err) < 0)
		return -1;
	refused = check_first(cli, &p, &findings, err);
	if (refused)
		return refused < 0 ? -1 : CLI_FAILED;
	if (aws ? refuse_local_things(cli, &p, err) < 0 : target_open(cli, true, &t, err) < 0)
		return -1;
	if (up_guard(&t, &p, err) < 0)
		return -1;
	rc = deploy_all(cli, &t, &p, findings, seconds, err);
	if (rc)
		target_say_trouble(&t);
	return rc;
}

static const struct cli_option up_options[] = {
	{ .name = "stack", .value = "NAME", .help = "name of the stack (default: from the file)" },
	{ .name = "params", .value = "FILE", .many = true,
	  .help = "parameter values in the aws CLI's form" },
	{ .name = "param", .value = "K=V", .many = true, .help = "one parameter value" },
	{ .name = "image", .value = "PATTERN=KIND", .many = true,
	  .help = "run images that match as the built-in node or localnet" },
	{ .name = "chain-key", .value = "FILE", .help = "node key of the NEAR base the nodes join" },
	{ .name = "node-profile", .value = "NAME",
	  .help = "the node image's contract for the check: built-in (default), 3.1 or current" },
	{ .name = "no-lookup", .help = "aws: check the templates alone, ask nobody about the account" },
	{ .name = "force", .help = "deploy although check finds that it will not work" },
	{ .name = "no-rollback", .help = "keep what was created when the deployment fails" },
	{ .name = "timeout", .value = "SECONDS", 
	  .help = "how long the network may take to form (30); aws: how long to follow it (3600)" },
	TARGET_OPTIONS,
	{ 0 },
};

const struct command command_up = {
	.name = "up",
	.usage = "[network.yaml | TEMPLATE...]",
	.most = 64,
	.help = "deploy a network, and wait until its nodes are meshed and have generated their keys",
	.details =
		"Without an argument: the network.yaml of this directory. Several templates that import from\n"
		"each other are deployed in the order they need. Can be run again at any point: a stack in\n"
		"progress is followed, one that failed is replaced, one that stands is updated.\n"
		"On the local cloud it goes on from the chain to keys, each step visible and done only where it is\n"
		"missing: accounts of the nodes with their keys, init of the contract, votes for the domains, key\n"
		"generation. Other nodes or another threshold than the contract has: it reshares, the public keys\n"
		"stay; nodes that network.yaml no longer has hand over before the stack loses them.\n"
		"Checks first (mpcup check) and deploys nothing when a FAIL is found, unless --force is given.\n"
		"On AWS it says first in which account and region as whom, and follows what CloudFormation and ECS\n"
		"say; an interrupted mpcup up leaves the deployment going. Templates above 51,200 bytes go through\n"
		"the S3 bucket mpcup-templates-ACCOUNT-REGION, which is made after saying so.\n"
		"Private keys are never taken from the command line: use --params or the key files.",
	.examples =
		"  mpcup up\n"
		"  mpcup up template.json --stack mpc --params keys.json --chain-key chain.json\n"
		"  mpcup up import.json near-runner.json --params keys.json --chain-key chain.json \\\n"
		"      --image '*busybox*=localnet'\n"
		"  mpcup up --target aws --profile prod --region eu-central-1",
	.options = up_options,
	.run = run_up,
};
