#include "engine/awsclient/credentials.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/awsclient/profile.h"
#include "engine/sys/sys.h"

enum { ROLE_CHAIN_MOST = 8, TOKEN_FILE_MOST = 1 << 16 };

static void free_secret(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}

void credentials_free(struct credentials *k)
{
	free(k->access_key);
	free_secret(k->secret_key);
	free_secret(k->session_token);
	*k = (struct credentials){ 0 };
}

int credentials_from(const json_t *j, const char *access, const char *secret, const char *token,
		     const char *expiration, struct credentials *ret)
{
	const char *access_key = json_str(j, access), *secret_key = json_str(j, secret);
	const char *session = json_str(j, token), *until = json_str(j, expiration);

	if (!access_key || !*access_key || !secret_key || !*secret_key)
		return 1;
	*ret = (struct credentials){ .access_key = str_dup(access_key),
				     .secret_key = str_dup(secret_key),
				     .session_token = session && *session ? str_dup(session) : NULL };
	if (until && aws_time_parse(until) >= 0)
		ret->expires = aws_time_parse(until) / 1000;
	return 0;
}

static int of_environment(struct credentials *ret, struct err *err)
{
	const char *access = environment_text("AWS_ACCESS_KEY_ID"), *secret = environment_text("AWS_SECRET_ACCESS_KEY");
	const char *token = environment_text("AWS_SESSION_TOKEN");

	if (!access)
		return 1;
	if (!secret)
		return err_set(err, ERR_INPUT, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not");
	*ret = (struct credentials){ .access_key = str_dup(access),
				     .secret_key = str_dup(secret),
				     .session_token = token ? str_dup(token) : NULL };
	return 0;
}

/* ---- roles ------------------------------------------------------------------------------------------- */

static int of_answer(const json_t *answer, struct credentials *ret, struct err *err)
{
	if (credentials_from(json_map(answer, "Credentials"), "AccessKeyId", "SecretAccessKey",
			     "SessionToken", "Expiration", ret) > 0)
		return err_set(err, ERR_REMOTE, "STS answers without credentials");
	return 0;
}

static char *session_name(const json_t *settings)
{
	const char *given = json_str(settings, "role_session_name");

	return given ? str_dup(given) : str_printf("mpcup-%ld", (long)getpid());
}

/* By STS with the keys of the source. */
static int assume(struct awsclient *c, const json_t *settings, const struct credentials *source,
		  struct credentials *ret, struct err *err)
{
	struct awsclient_options o = { .region = c->region,
				       .access_key = source->access_key,
				       .secret_key = source->secret_key,
				       .session_token = source->session_token,
				       .timeout_ms = c->timeout_ms,
				       .endpoint_url = c->endpoint_url };
	OWN(awsclient) struct awsclient *sts = NULL;
	OWN(str) char *session = session_name(settings);
	OWN(json) json_t *in = json_pack("{s:s,s:s}", "RoleArn", json_str(settings, "role_arn"),
					 "RoleSessionName", session);
	OWN(json) json_t *answer = NULL;
	int rc;

	json_set_str(in, "ExternalId", json_str(settings, "external_id"));
	json_set_str(in, "DurationSeconds", json_str(settings, "duration_seconds"));
	if (awsclient_new(&o, &sts, err) < 0 ||
	    awsclient_call(sts, "sts", "AssumeRole", in, &answer, NULL, err) < 0)
		return err_in(err, "sts:AssumeRole of %s", json_str(settings, "role_arn"));
	rc = of_answer(answer, ret, err);
	json_wipe(answer);
	return rc;
}

/* By a token of an identity provider: the only STS call without a signature. */
static int assume_by_token(struct awsclient *c, const char *role, const char *file,
			   const char *session, struct credentials *ret, struct err *err)
{
	const struct aws_service *sts = aws_service_by_name("sts");
	OWN(str) char *token = NULL, *base = NULL, *host = NULL, *form = NULL, *url = NULL;
	OWN(json) json_t *in = NULL, *answer = NULL;
	OWN(incoming) struct incoming got = { 0 };
	struct curl_slist *headers;
	CURLcode code;
	int rc;

	if (sys_read_file(file, TOKEN_FILE_MOST, &token, NULL, err) < 0)
		return err_in(err, "web identity token");
	in = json_pack("{s:s,s:s,s:s,s:s,s:s}", "Action", "AssumeRoleWithWebIdentity", "Version",
		       sts->version, "RoleArn", role, "RoleSessionName", session, "WebIdentityToken",
		       token);
	form = aws_form_encode(AWS_QUERY, in);
	send_place(c, sts, "AssumeRoleWithWebIdentity", &base, &host);
	url = str_printf("%s/", base);
	headers = libcurl.slist_append(NULL, "Content-Type: application/x-www-form-urlencoded");
	code = send_plain(c, "POST", url, headers, form, strlen(form), c->timeout_ms, &got, err);
	libcurl.slist_free_all(headers);
	if (code != CURLE_OK)
		return -1;
	if (got.status != 200)
		return err_set(err, ERR_REMOTE, "sts:AssumeRoleWithWebIdentity of %s: HTTP status %ld",
			       role, got.status);
	if (aws_xml_decode(got.body.data, got.body.len, &answer, err) < 0)
		return -1;
	rc = of_answer(answer, ret, err);
	json_wipe(answer);
	return rc;
}

static int of_web_identity(struct awsclient *c, struct credentials *ret, struct err *err)
{
	const char *file = environment_text("AWS_WEB_IDENTITY_TOKEN_FILE"), *role = environment_text("AWS_ROLE_ARN");
	const char *session = environment_text("AWS_ROLE_SESSION_NAME");

	if (!file || !role)
		return 1;
	return assume_by_token(c, role, file, session ? session : "mpcup", ret, err);
}

/* ---- profiles ------------------------------------------------------------------------------------------ */

static int of_profile(struct awsclient *c, const json_t *files, const char *name, unsigned depth,
		      struct credentials *ret, struct err *err);

static int of_source(struct awsclient *c, const char *source, struct credentials *ret,
		     struct err *err)
{
	if (!strcmp(source, "Environment"))
		return of_environment(ret, err);
	if (!strcmp(source, "EcsContainer"))
		return credentials_of_container(c, ret, err);
	if (!strcmp(source, "Ec2InstanceMetadata"))
		return credentials_of_instance(c, ret, err);
	return err_set(err, ERR_INPUT,
		       "credential_source %s: Environment, EcsContainer or Ec2InstanceMetadata", source);
}

static int static_keys(const json_t *settings, struct credentials *ret)
{
	return credentials_from(settings, "aws_access_key_id", "aws_secret_access_key",
				"aws_session_token", "", ret);
}

static int of_role(struct awsclient *c, const json_t *files, const char *name,
		   const json_t *settings, unsigned depth, struct credentials *ret, struct err *err)
{
	struct credentials source __attribute__((cleanup(own_drop_credentials))) = { 0 };
	const char *token = json_str(settings, "web_identity_token_file");
	const char *from = json_str(settings, "source_profile");
	const char *place = json_str(settings, "credential_source");
	OWN(str) char *session = session_name(settings);
	int rc;

	if (token)
		return assume_by_token(c, json_str(settings, "role_arn"), token, session, ret, err);
	if (json_str(settings, "mfa_serial"))
		return err_set(err, ERR_INPUT,
			       "the role wants a code of %s, which mpcup does not ask for: put temporary "
			       "credentials into the environment (aws configure export-credentials "
			       "--profile %s --format env)",
			       json_str(settings, "mfa_serial"), name);
	if (!from && !place)
		return err_set(err, ERR_INPUT, "role_arn needs source_profile or credential_source");
	/* a profile may be its own source: then its keys are meant */
	rc = place ? of_source(c, place, &source, err)
	     : !strcmp(from, name) ? static_keys(settings, &source)
				   : of_profile(c, files, from, depth + 1, &source, err);
	if (rc > 0)
		return err_set(err, ERR_INPUT, "%s has no credentials", place ? place : from);
	return rc < 0 ? -1 : assume(c, settings, &source, ret, err);
}

static int of_settings(struct awsclient *c, const json_t *files, const char *name,
		       const json_t *settings, unsigned depth, struct credentials *ret,
		       struct err *err)
{
	if (json_str(settings, "role_arn"))
		return of_role(c, files, name, settings, depth, ret, err);
	if (json_str(settings, "sso_account_id"))
		return credentials_of_sso(c, settings, json_map(files, "sso"), ret, err);
	if (static_keys(settings, ret) == 0)
		return 0;
	if (json_str(settings, "credential_process"))
		return credentials_of_process(json_str(settings, "credential_process"), ret, err);
	return 1;
}

static int of_profile(struct awsclient *c, const json_t *files, const char *name, unsigned depth,
		      struct credentials *ret, struct err *err)
{
	const json_t *settings = json_map(json_map(files, "profiles"), name);
	int rc;

	if (depth > ROLE_CHAIN_MOST)
		return err_set(err, ERR_INPUT, "profile %s: source_profile goes in a circle", name);
	if (!settings)
		return err_set(err, ERR_INPUT, "profile %s is in neither the config nor the credentials file",
			       name);
	rc = of_settings(c, files, name, settings, depth, ret, err);
	return rc < 0 ? err_in(err, "profile %s", name) : rc;
}

int credentials_find(struct awsclient *c, const char *profile, struct credentials *ret,
		     struct err *err)
{
	OWN(json) json_t *files = NULL;
	const char *name = profile ? profile : environment_text("AWS_PROFILE");
	int rc = profile ? 1 : of_environment(ret, err);

	if (rc > 0 && !profile)
		rc = of_web_identity(c, ret, err);
	if (rc <= 0)
		return rc;
	if (profile_load(&files, err) < 0)
		return -1;
	if (name || json_map(json_map(files, "profiles"), "default"))
		rc = of_profile(c, files, name ? name : "default", 0, ret, err);
	json_wipe(files);
	if (rc > 0 && name)
		return err_set(err, ERR_INPUT, "profile %s has no credentials", name);
	if (rc > 0)
		rc = credentials_of_container(c, ret, err);
	return rc > 0 ? credentials_of_instance(c, ret, err) : rc;
}
