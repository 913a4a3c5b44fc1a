/* Where credentials come from, against a server in a child process that plays STS, SSO, a container's
 * agent and an instance's metadata service, and says whose key signed a request. */
#include "base/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/str.h"
#include "core/aws/aws.h"
#include "engine/awsclient/awsclient.h"
#include "engine/awsclient/profile.h"

enum { SERVER_AHEAD_S = 3600 };

/* ---- the server ----------------------------------------------------------------------------------- */

static void answer(int fd, int status, const char *body)
{
	time_t now = time(NULL) + SERVER_AHEAD_S;
	char date[64];
	struct tm tm;
	OWN(str) char *text = NULL;

	(void)strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
	text = str_printf("HTTP/1.1 %d X\r\nDate: %s\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
			  status, date, strlen(body), body);
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* The access key in the signature of this request; caller frees. */
static char *signer(const char *request)
{
	const char *at = strcasestr(request, "Credential=");

	return at ? str_dup_n(at + 11, strcspn(at + 11, "/")) : str_dup("nobody");
}

static char *keys(const char *who)
{
	return str_printf("{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
			  "\"Expiration\":\"2099-01-01T00:00:00Z\"}",
			  who);
}

static void answer_sts(int fd, const char *who)
{
	OWN(str)
	char *xml = str_printf("<AResponse><AResult><Credentials><AccessKeyId>role-of-%s</AccessKeyId>"
			       "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
			       "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AResult>"
			       "</AResponse>",
			       who);

	answer(fd, 200, xml);
}

static bool is_late(const char *request)
{
	const char *at = strcasestr(request, "x-amz-date: ");
	struct tm tm = { 0 };

	return !at || !strptime(at + 12, "%Y%m%dT%H%M%SZ", &tm) ||
	       timegm(&tm) < time(NULL) + SERVER_AHEAD_S - 300;
}

static void answer_ecs(int fd, const char *request, const char *who)
{
	OWN(str) char *text = str_printf("{\"Key\":\"%s\"}", who);

	if (!strcmp(who, "OLD"))
		answer(fd, 400, "{\"__type\":\"ExpiredTokenException\",\"message\":\"old\"}");
	else if (strstr(request, ".Skewed") && is_late(request))
		answer(fd, 403, "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired\"}");
	else
		answer(fd, 200, text);
}

static void play(int fd, const char *request)
{
	OWN(str) char *who = signer(request), *instance = keys("instance"), *agent = keys("agent");

	if (strstr(request, "Action=AssumeRoleWithWebIdentity"))
		strstr(request, "WebIdentityToken=token-of-file") ? answer_sts(fd, "identity")
								   : answer(fd, 403, "");
	else if (strstr(request, "Action=AssumeRole"))
		answer_sts(fd, who);
	else if (strcasestr(request, "X-Amz-Target:"))
		answer_ecs(fd, request, who);
	else if (str_starts(request, "PUT /latest/api/token "))
		answer(fd, 200, "TOKEN");
	else if (str_starts(request, "GET /latest/") && !strcasestr(request, "metadata-token: TOKEN"))
		answer(fd, 401, "");
	else if (str_starts(request, "GET /latest/meta-data/iam/security-credentials/ "))
		answer(fd, 200, "role1\n");
	else if (str_starts(request, "GET /latest/meta-data/iam/security-credentials/role1 "))
		answer(fd, 200, instance);
	else if (str_starts(request, "GET /agent ") && strcasestr(request, "Authorization: agents-token"))
		answer(fd, 200, agent);
	else if (str_starts(request, "GET /federation/credentials?role_name=R&account_id=1 ") &&
		 strcasestr(request, "x-amz-sso_bearer_token: sso-token"))
		answer(fd, 200, "{\"roleCredentials\":{\"accessKeyId\":\"sso\",\"secretAccessKey\":\"s\","
				"\"sessionToken\":\"t\",\"expiration\":4070908800000}}");
	else
		answer(fd, 404, "");
}

static void serve(int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		OWN(buf) struct buf in = { 0 };

		for (;;) {
			char piece[8192];
			ssize_t got = recv(fd, piece, sizeof(piece), 0);
			const char *end, *length;

			if (got <= 0)
				break;
			buf_add(&in, piece, (size_t)got);
			end = strstr(in.data, "\r\n\r\n");
			length = end ? strcasestr(in.data, "\r\ncontent-length:") : NULL;
			if (end && in.len >= (size_t)(end + 4 - in.data) +
						     (length ? strtoul(length + 17, NULL, 10) : 0))
				break;
		}
		if (in.data)
			play(fd, in.data);
		close(fd);
	}
}

/* ---- a world: a server, a home and an environment --------------------------------------------------- */

struct world {
	pid_t server;
	char url[64], home[64];
};

static const char *const variables[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
					 "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
					 "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE",
					 "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL",
					 "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
					 "AWS_CONTAINER_CREDENTIALS_FULL_URI",
					 "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
					 "AWS_CONTAINER_AUTHORIZATION_TOKEN" };

static void open_world(struct world *w)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_INT(listen(fd, 16), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
	w->server = fork();
	if (!w->server) {
		alarm(60);
		serve(fd);
	}
	close(fd);
	(void)snprintf(w->home, sizeof(w->home), "/tmp/mpcup-credentials-XXXXXX");
	CHECK(mkdtemp(w->home) != NULL);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		(void)unsetenv(variables[i]);
	(void)setenv("HOME", w->home, 1);
	(void)setenv("AWS_ENDPOINT_URL_SSO", w->url, 1);
	(void)setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	(void)setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", w->url, 1);
}

static void close_world(struct world *w)
{
	OWN(str) char *command = str_printf("rm -r %s", w->home);

	(void)kill(w->server, SIGKILL);
	(void)waitpid(w->server, NULL, 0);
	CHECK_INT(system(command), 0);
}

static void write_home(const struct world *w, const char *name, const char *text)
{
	OWN(str) char *path = str_printf("%s/%s", w->home, name);
	FILE *file;

	for (char *slash = strchr(path + strlen(w->home) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "w");
	CHECK(file != NULL);
	if (file) {
		(void)fputs(text, file);
		(void)fclose(file);
	}
}

/* The key that signs a call, or the error's text; caller frees. */
static char *who(const struct world *w, const char *profile, const char *action)
{
	struct awsclient_options o = { .endpoint_url = w->url, .profile = profile, .timeout_ms = 5000 };
	OWN(awsclient) struct awsclient *c = NULL;
	OWN(json) json_t *out = NULL;
	struct err err = { 0 };

	if (awsclient_new(&o, &c, &err) < 0 || awsclient_call(c, "ecs", action, NULL, &out, NULL, &err) < 0)
		return str_dup(err.text);
	return str_dup(json_str_or(out, "Key", "?"));
}

static void check_who(const struct world *w, const char *profile, const char *want)
{
	OWN(str) char *is = who(w, profile, "DescribeWho");

	if (!str_starts(is, want))
		CHECK_STR(is, want);
}

/* ---- tests --------------------------------------------------------------------------------------------- */

TEST(credentials, the_environment_comes_first_and_a_named_profile_before_it)
{
	struct world w;

	open_world(&w);
	write_home(&w, ".aws/credentials",
		   "# a comment\n[default]\naws_access_key_id = file\naws_secret_access_key=s\n"
		   "[other]\nAWS_ACCESS_KEY_ID=other\naws_secret_access_key = s\n");
	check_who(&w, NULL, "file");
	(void)setenv("AWS_ACCESS_KEY_ID", "environment", 1);
	check_who(&w, NULL, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not");
	(void)setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
	check_who(&w, NULL, "environment");
	check_who(&w, "other", "other");
	check_who(&w, "none", "profile none is in neither");
	close_world(&w);
}

TEST(credentials, a_role_is_assumed_with_the_keys_of_its_source)
{
	struct world w;

	open_world(&w);
	write_home(&w, ".aws/config",
		   "[profile base]\naws_access_key_id=base\naws_secret_access_key=s\n"
		   "[profile role]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=base\n"
		   "[profile chain]\nrole_arn=arn:aws:iam::1:role/c\nsource_profile=role\n"
		   "[profile circle]\nrole_arn=arn:aws:iam::1:role/c\nsource_profile=circle2\n"
		   "[profile circle2]\nrole_arn=arn:aws:iam::1:role/c\nsource_profile=circle\n"
		   "[profile env]\nrole_arn=arn:aws:iam::1:role/e\ncredential_source=Environment\n"
		   "[profile mfa]\nrole_arn=arn:aws:iam::1:role/m\nsource_profile=base\n"
		   "mfa_serial=arn:aws:iam::1:mfa/me\n"
		   "[profile alone]\nrole_arn=arn:aws:iam::1:role/r\n");
	check_who(&w, "role", "role-of-base");
	check_who(&w, "chain", "role-of-role-of-base");
	check_who(&w, "env", "profile env: Environment has no credentials");
	check_who(&w, "mfa", "profile mfa: the role wants a code of arn:aws:iam::1:mfa/me");
	check_who(&w, "alone", "profile alone: role_arn needs source_profile");
	check_who(&w, "circle", "profile circle: profile circle2: ");
	close_world(&w);
}

TEST(credentials, a_token_of_an_identity_provider_assumes_without_keys)
{
	struct world w;
	OWN(str) char *file = NULL;

	open_world(&w);
	write_home(&w, "token", "token-of-file");
	file = str_printf("%s/token", w.home);
	(void)setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file, 1);
	(void)setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/w", 1);
	check_who(&w, NULL, "role-of-identity");
	close_world(&w);
}

TEST(credentials, a_process_prints_them)
{
	struct world w;

	open_world(&w);
	write_home(&w, ".aws/config",
		   "[default]\nregion = eu-west-3\ncredential_process = echo "
		   "'{\"Version\":1,\"AccessKeyId\":\"process\",\"SecretAccessKey\":\"s\"}'\n"
		   "[profile bad]\ncredential_process = exit 3\n"
		   "[profile empty]\ncredential_process = echo '{\"Version\":1}'\n");
	check_who(&w, NULL, "process");
	check_who(&w, "bad", "profile bad: credential_process ended with code 3");
	check_who(&w, "empty", "profile empty: credential_process printed no Version 1 object");
	close_world(&w);
}

TEST(credentials, the_token_of_aws_sso_login_is_used_until_it_expires)
{
	struct world w;

	open_world(&w);
	write_home(&w, ".aws/config",
		   "[sso-session corp]\nsso_start_url=https://x\nsso_region=us-east-1\n"
		   "[profile sso]\nsso_session=corp\nsso_account_id=1\nsso_role_name=R\n"
		   "[profile old]\nsso_start_url=https://old\nsso_region=us-east-1\nsso_account_id=1\n"
		   "sso_role_name=R\n");
	check_who(&w, "sso", "profile sso: there is no SSO token: aws sso login --sso-session corp");
	write_home(&w, ".aws/sso/cache/other.json", "{}");
	{
		OWN(str) char *command =
			str_printf("cd %s/.aws/sso/cache && rm -f *.json && "
				   "echo '{\"accessToken\":\"sso-token\",\"expiresAt\":\"2099-01-01T00:00:00Z\"}' "
				   "> $(printf corp | sha1sum | cut -c1-40).json && "
				   "echo '{\"accessToken\":\"x\",\"expiresAt\":\"2020-01-01T00:00:00Z\"}' "
				   "> $(printf https://old | sha1sum | cut -c1-40).json",
				   w.home);
		CHECK_INT(system(command), 0);
	}
	check_who(&w, "sso", "sso");
	check_who(&w, "old", "profile old: the SSO token has expired");
	close_world(&w);
}

TEST(credentials, a_container_and_an_instance_hand_them_out)
{
	struct world w;
	OWN(str) char *agent = NULL;

	open_world(&w);
	check_who(&w, NULL, "no AWS credentials");
	(void)unsetenv("AWS_EC2_METADATA_DISABLED");
	check_who(&w, NULL, "instance");
	agent = str_printf("%s/agent", w.url);
	(void)setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent, 1);
	(void)setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "agents-token", 1);
	check_who(&w, NULL, "agent");
	(void)setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/agent", 1);
	check_who(&w, NULL, "AWS_CONTAINER_CREDENTIALS_FULL_URI http://example.com/agent is neither");
	close_world(&w);
}

TEST(credentials, a_wrong_clock_is_set_by_awss_own)
{
	struct world w;
	OWN(str) char *is = NULL;

	open_world(&w);
	(void)setenv("AWS_ACCESS_KEY_ID", "environment", 1);
	(void)setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
	is = who(&w, NULL, "DescribeSkewed");
	CHECK_STR(is, "environment");
	close_world(&w);
}

TEST(credentials, expired_ones_are_looked_for_again_once)
{
	struct world w;
	OWN(str) char *file = NULL, *config = NULL;

	open_world(&w);
	file = str_printf("%s/seen", w.home);
	config = str_printf("[default]\ncredential_process = if test -e %s; then k=NEW; else touch %s; "
			    "k=OLD; fi; echo '{\"Version\":1,\"AccessKeyId\":\"'$k'\","
			    "\"SecretAccessKey\":\"s\"}'\n",
			    file, file);
	write_home(&w, ".aws/config", config);
	check_who(&w, NULL, "NEW");
	close_world(&w);
}

TEST(credentials, the_local_cloud_gets_any_key_and_reads_no_files)
{
	struct world w;
	struct awsclient_options o = { .local = true };
	OWN(awsclient) struct awsclient *c = NULL;
	OWN(json) json_t *out = NULL;
	struct err err = { 0 };

	open_world(&w);
	write_home(&w, ".aws/config", "this is no config file\n");
	o.endpoint_url = w.url;
	CHECK_OK(awsclient_new(&o, &c, &err), err);
	CHECK_OK(awsclient_call(c, "ecs", "DescribeWho", NULL, &out, NULL, &err), err);
	CHECK_STR(json_str(out, "Key"), "mpcup");
	check_who(&w, NULL, w.home); /* the others say file and line */
	close_world(&w);
}

TEST(profile, the_region_and_service_endpoints_are_taken_as_awss_tools_take_them)
{
	struct world w;
	struct awsclient_options o = { 0 };
	OWN(awsclient) struct awsclient *c = NULL;
	struct err err = { 0 };

	open_world(&w);
	write_home(&w, ".aws/config", "[default]\nregion = eu-west-3\ns3 =\n  max = 4\n");
	CHECK_OK(awsclient_new(&o, &c, &err), err);
	CHECK_STR(awsclient_region(c), "eu-west-3");
	close_world(&w);
}

TEST(profile, what_is_no_setting_is_refused_with_its_line)
{
	OWN(json) json_t *j = NULL;
	struct err err = { 0 };

	CHECK_INT(profile_parse("f", "[a]\nb\n", 6, &j, &err), -1);
	CHECK_STR(err.text, "f:2: neither [section] nor key = value");
	CHECK_INT(profile_parse("f", "a=b\n", 4, &j, &err), -1);
	CHECK_INT(profile_parse("f", "[a\n", 3, &j, &err), -1);
	CHECK_OK(profile_parse("f", "[a]\nK = v = w \n", 15, &j, &err), err);
	CHECK_STR(json_str(json_map(j, "a"), "k"), "v = w");
}
