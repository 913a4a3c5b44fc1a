/* Credentials that something else hands out: a program, a container's agent, an instance, SSO. */
#include "engine/awsclient/credentials.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

#include <openssl/evp.h>

#include "engine/sys/sys.h"

enum {
	PROCESS_TIMEOUT_MS = 60000,
	PROCESS_OUTPUT_MOST = 1 << 16,
	AGENT_TIMEOUT_MS = 2000,
	INSTANCE_TIMEOUT_MS = 1000,
	SSO_FILE_MOST = 1 << 16
};

extern char **environ;

/* ---- credential_process ---------------------------------------------------------------------------- */

static int spawn_shell(const char *command, pid_t *ret_pid, int *ret_out, struct err *err)
{
	char shell[] = "sh", option[] = "-c";
	char *argv[] = { shell, option, (char *)(uintptr_t)command, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "credential_process");
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	rc = posix_spawn(ret_pid, "/bin/sh", &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (rc == 0) {
		*ret_out = ends[0];
		return 0;
	}
	close(ends[0]);
	errno = rc;
	return err_sys(err, "credential_process");
}

/* All that it prints, until it closes its output; -1: too late or too much. */
static int read_all(int fd, struct buf *to)
{
	int64_t until = monotonic_ms() + PROCESS_TIMEOUT_MS;

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t left = until - monotonic_ms();
		char piece[4096];
		ssize_t got;

		if (left <= 0 || poll(&wait, 1, (int)left) <= 0)
			return -1;
		got = read(fd, piece, sizeof(piece));
		if (got <= 0)
			return got < 0 ? -1 : 0;
		buf_add(to, piece, (size_t)got);
		explicit_bzero(piece, (size_t)got);
		if (to->len > PROCESS_OUTPUT_MOST)
			return -1;
	}
}

int credentials_of_process(const char *command, struct credentials *ret, struct err *err)
{
	OWN(buf) struct buf text = { 0 };
	OWN(json) json_t *j = NULL;
	int fd = -1, status = 0, rc;
	pid_t pid;

	if (spawn_shell(command, &pid, &fd, err) < 0)
		return -1;
	rc = read_all(fd, &text);
	close(fd);
	if (rc < 0)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc < 0 || sys_exit_code(status))
		rc = err_set(err, ERR_INPUT, "credential_process ended with code %d%s", sys_exit_code(status),
			     rc < 0 ? " (its output is not closed after 60 s, or too large)" : "");
	else if (json_parse_text("credential_process", text.data ? text.data : "", text.len, &j, err) < 0)
		rc = -1;
	else if (json_int_or(j, "Version", 0) != 1 ||
		 credentials_from(j, "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", ret) > 0)
		rc = err_set(err, ERR_INPUT,
			     "credential_process printed no Version 1 object with AccessKeyId and SecretAccessKey");
	if (text.data)
		explicit_bzero(text.data, text.len);
	json_wipe(j);
	return rc;
}

/* ---- HTTP ---------------------------------------------------------------------------------------------- */

/* GET (or PUT) with one header. 0 with the body of a 200; 1: nobody answers; -1: another answer. */
static int fetch(struct awsclient *c, const char *method, const char *url, const char *header,
		 unsigned timeout_ms, struct incoming *ret, struct err *err)
{
	struct curl_slist *headers = header ? libcurl.slist_append(NULL, header) : NULL;
	struct err quiet = { 0 };
	CURLcode code = send_plain(c, method, url, headers, NULL, 0, timeout_ms, ret, &quiet);

	for (struct curl_slist *one = headers; one; one = one->next)
		explicit_bzero(one->data, strlen(one->data));
	libcurl.slist_free_all(headers);
	if (code != CURLE_OK)
		return 1;
	if (ret->status != 200)
		return err_set(err, ERR_REMOTE, "%s: HTTP status %ld", url, ret->status);
	return 0;
}

/* ---- container --------------------------------------------------------------------------------------------- */

/* A full URI gets the task's token: only to where AWS's tools would send it. */
static bool trusted(const char *url)
{
	static const char *const hosts[] = { "http://127.", "http://localhost", "http://[::1]",
					     "http://169.254.170.2/", "http://169.254.170.23/",
					     "http://[fd00:ec2::23]/", "https://" };

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (str_starts(url, hosts[i]))
			return true;
	return false;
}

static int agent_header(char **ret, struct err *err)
{
	const char *file = environment_text("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = environment_text("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	OWN(str) char *text = NULL;

	*ret = NULL;
	if (file && sys_read_file(file, SSO_FILE_MOST, &text, NULL, err) < 0)
		return err_in(err, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	if (text)
		text[strcspn(text, "\r\n")] = '\0';
	if (text || token)
		*ret = str_printf("Authorization: %s", text ? text : token);
	return 0;
}

int credentials_of_container(struct awsclient *c, struct credentials *ret, struct err *err)
{
	const char *relative = environment_text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = environment_text("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	OWN(str) char *url = relative ? str_printf("http://169.254.170.2%s", relative)
			     : full   ? str_dup(full)
				      : NULL;
	OWN(str) char *header = NULL;
	OWN(incoming) struct incoming got = { 0 };
	OWN(json) json_t *j = NULL;
	int rc;

	if (!url)
		return 1;
	if (!trusted(url))
		return err_set(err, ERR_INPUT, "AWS_CONTAINER_CREDENTIALS_FULL_URI %s is neither https nor an "
					       "address of the container's host",
			       url);
	if (agent_header(&header, err) < 0)
		return -1;
	rc = fetch(c, "GET", url, header, AGENT_TIMEOUT_MS, &got, err);
	if (rc > 0)
		return err_set(err, ERR_REMOTE, "the container's credentials at %s: nobody answers", url);
	if (rc < 0 || json_parse_text(url, got.body.data, got.body.len, &j, err) < 0)
		return -1;
	rc = credentials_from(j, "AccessKeyId", "SecretAccessKey", "Token", "Expiration", ret);
	json_wipe(j);
	return rc > 0 ? err_set(err, ERR_REMOTE, "%s answers without credentials", url) : 0;
}

/* ---- instance ----------------------------------------------------------------------------------------------- */

static int instance_role(struct awsclient *c, const char *base, const char *token, char **ret,
			 struct err *err)
{
	OWN(str) char *url = str_printf("%s/latest/meta-data/iam/security-credentials/", base);
	OWN(incoming) struct incoming got = { 0 };
	struct err quiet = { 0 };
	int rc = fetch(c, "GET", url, token, INSTANCE_TIMEOUT_MS, &got, &quiet);

	if (rc < 0 && got.status == 404)
		return 1; /* an instance without a role */
	if (rc < 0)
		return err_set(err, quiet.code, "%s", quiet.text);
	if (rc == 0)
		*ret = str_dup_n(got.body.data ? got.body.data : "",
				 got.body.data ? strcspn(got.body.data, "\r\n") : 0);
	return rc;
}

int credentials_of_instance(struct awsclient *c, struct credentials *ret, struct err *err)
{
	const char *base = environment_text("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	const char *off = environment_text("AWS_EC2_METADATA_DISABLED");
	OWN(str) char *root = str_dup(base ? base : "http://169.254.169.254");
	OWN(str) char *token_url = NULL, *header = NULL, *role = NULL, *url = NULL;
	OWN(incoming) struct incoming token = { 0 }, got = { 0 };
	OWN(json) json_t *j = NULL;
	int rc;

	if (off && !strcasecmp(off, "true"))
		return 1;
	root[strlen(root) - (str_ends(root, "/") ? 1 : 0)] = '\0';
	token_url = str_printf("%s/latest/api/token", root);
	rc = fetch(c, "PUT", token_url, "X-aws-ec2-metadata-token-ttl-seconds: 21600", INSTANCE_TIMEOUT_MS,
		   &token, NULL);
	if (rc)
		return 1; /* nobody, or somebody who hands out no tokens: this is no instance of ours */
	header = str_printf("X-aws-ec2-metadata-token: %s", token.body.data ? token.body.data : "");
	rc = instance_role(c, root, header, &role, err);
	if (rc)
		return rc;
	url = str_printf("%s/latest/meta-data/iam/security-credentials/%s", root, role);
	rc = fetch(c, "GET", url, header, INSTANCE_TIMEOUT_MS, &got, err);
	if (rc || json_parse_text(url, got.body.data, got.body.len, &j, err) < 0)
		return rc ? rc : -1;
	rc = credentials_from(j, "AccessKeyId", "SecretAccessKey", "Token", "Expiration", ret);
	json_wipe(j);
	return rc;
}

/* ---- SSO: the token that `aws sso login` left --------------------------------------------------------------- */

static char *sha1_hex(const char *text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	(void)EVP_Digest(text, strlen(text), digest, &len, EVP_sha1(), NULL);
	return hex_encode(digest, len);
}

/* The cached token of a session; the cache names its files by the SHA-1 of the session's name. */
static int sso_token(const char *key, const char *login, char **ret, struct err *err)
{
	const char *home = environment_text("HOME");
	OWN(str) char *name = sha1_hex(key);
	OWN(str) char *path = str_printf("%s/.aws/sso/cache/%s.json", home ? home : "", name);
	OWN(str) char *text = NULL;
	OWN(json) json_t *j = NULL;
	size_t len = 0;
	int64_t until;

	if (access(path, R_OK) < 0)
		return err_set(err, ERR_INPUT, "there is no SSO token: %s", login);
	if (sys_read_file(path, SSO_FILE_MOST, &text, &len, err) < 0 ||
	    json_parse_text(path, text, len, &j, err) < 0)
		return -1;
	until = aws_time_parse(json_str_or(j, "expiresAt", ""));
	if (!json_str(j, "accessToken") || until < 0 || until / 1000 <= (int64_t)time(NULL))
		return err_set(err, ERR_INPUT, "the SSO token has expired: %s", login);
	*ret = str_dup(json_str(j, "accessToken"));
	json_wipe(j);
	explicit_bzero(text, len);
	return 0;
}

static char *sso_url(const char *region, const json_t *settings)
{
	const char *endpoint = environment_text("AWS_ENDPOINT_URL_SSO");
	OWN(str) char *role = aws_uri_encode(json_str_or(settings, "sso_role_name", ""), 0);
	OWN(str) char *account = aws_uri_encode(json_str_or(settings, "sso_account_id", ""), 0);
	OWN(str) char *base = endpoint ? str_dup(endpoint)
				       : str_printf("https://portal.sso.%s.amazonaws.com%s", region,
						    str_starts(region, "cn-") ? ".cn" : "");

	return str_printf("%s/federation/credentials?role_name=%s&account_id=%s", base, role, account);
}

static int sso_fetch(struct awsclient *c, const char *url, const char *token, const char *login,
		     struct credentials *ret, struct err *err)
{
	OWN(str) char *header = str_printf("x-amz-sso_bearer_token: %s", token);
	OWN(incoming) struct incoming got = { 0 };
	OWN(json) json_t *j = NULL;
	const json_t *role;
	int rc = fetch(c, "GET", url, header, c->timeout_ms, &got, err);

	explicit_bzero(header, strlen(header));
	if (rc < 0 && got.status == 401)
		return err_set(err, ERR_INPUT, "the SSO token is not taken any more: %s", login);
	if (rc)
		return rc > 0 ? err_set(err, ERR_REMOTE, "the SSO portal does not answer") : -1;
	if (json_parse_text("SSO portal", got.body.data, got.body.len, &j, err) < 0)
		return -1;
	role = json_map(j, "roleCredentials");
	rc = credentials_from(role, "accessKeyId", "secretAccessKey", "sessionToken", "", ret);
	if (rc == 0)
		ret->expires = json_int_or(role, "expiration", 0) / 1000;
	json_wipe(j);
	return rc > 0 ? err_set(err, ERR_REMOTE, "the SSO portal answers without credentials") : 0;
}

int credentials_of_sso(struct awsclient *c, const json_t *settings, const json_t *sessions,
		       struct credentials *ret, struct err *err)
{
	const char *session = json_str(settings, "sso_session");
	const json_t *shared = session ? json_map(sessions, session) : settings;
	const char *start = json_str(shared, "sso_start_url"), *region = json_str(shared, "sso_region");
	OWN(str) char *login = session ? str_printf("aws sso login --sso-session %s", session)
				       : str_dup("aws sso login --profile <this profile>");
	OWN(str) char *token = NULL, *url = NULL;
	int rc;

	if (session && !shared)
		return err_set(err, ERR_INPUT, "there is no [sso-session %s]", session);
	if (!start || !region || !json_str(settings, "sso_role_name"))
		return err_set(err, ERR_INPUT, "SSO needs sso_start_url, sso_region, sso_account_id and "
					       "sso_role_name");
	if (sso_token(session ? session : start, login, &token, err) < 0)
		return -1;
	url = sso_url(region, settings);
	rc = sso_fetch(c, url, token, login, ret, err);
	explicit_bzero(token, strlen(token));
	return rc;
}
