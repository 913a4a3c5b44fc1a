/* AWS as the target: who calls, where, and at what pace it is asked. */
#include <string.h>
#include <sys/random.h>

#include "face/cli/deploy.h"
#include "face/cli/target.h"

enum { LOCAL_PAUSE_MS = 50, AWS_PAUSE_LEAST_MS = 2000, AWS_PAUSE_MOST_MS = 5000 };

static int ask_caller(struct target *t, struct err *err)
{
	OWN(json) json_t *out = NULL;

	if (awsclient_credentials(t->aws, err) < 0)
		return -1;
	if (awsclient_call(t->aws, "sts", "GetCallerIdentity", NULL, &out, NULL, err) < 0)
		return err_in(err, "AWS does not say who calls (sts GetCallerIdentity)");
	t->account = str_dup(json_str(out, "Account"));
	t->caller = str_dup(json_str(out, "Arn"));
	if (!t->account || strlen(t->account) != 12 || !t->caller)
		return err_set(err, ERR_REMOTE, "the endpoint's answer to sts GetCallerIdentity names no account; "
						"nothing was changed");
	return 0;
}

int target_open_aws(const struct cli *cli, struct target *ret, struct err *err)
{
	struct target t __attribute__((cleanup(own_drop_target))) = { 0 };
	struct awsclient_options o = { .endpoint_url = cli_option(cli, "endpoint-url"),
				       .region = cli_option(cli, "region"),
				       .profile = cli_option(cli, "profile") };

	t.endpoint = str_dup(o.endpoint_url);
	if (awsclient_new(&o, &t.aws, err) < 0)
		return -1;
	if (!awsclient_region_chosen(t.aws))
		return err_set(err, ERR_INPUT, "no region is chosen: --region NAME, AWS_REGION, or region in the "
					       "profile");
	if (ask_caller(&t, err) < 0)
		return -1;
	*ret = t;
	t = (struct target){ 0 };
	return 0;
}

void target_say(const struct cli *cli, const struct target *t)
{
	if (t->local || cli->quiet)
		return;
	(void)fflush(stdout);
	(void)fprintf(stderr, "AWS account %s, region %s, as %s%s%s\n", t->account,
		      awsclient_region(t->aws), t->caller, t->endpoint ? ", at " : "",
		      t->endpoint ? t->endpoint : "");
}

char *target_words(const struct cli *cli)
{
	static const char *const names[] = { "target", "profile", "region", "endpoint-url" };
	struct buf words = { 0 };

	buf_str(&words, "");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (cli_option(cli, names[i]))
			buf_printf(&words, " --%s %s", names[i], cli_option(cli, names[i]));
	return buf_take(&words);
}

void target_pause(const struct target *t)
{
	unsigned random = 0;

	if (t->local) {
		deploy_pause_ms(LOCAL_PAUSE_MS);
		return;
	}
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (unsigned)deploy_now_ms();
	deploy_pause_ms(AWS_PAUSE_LEAST_MS + random % (AWS_PAUSE_MOST_MS - AWS_PAUSE_LEAST_MS));
}
