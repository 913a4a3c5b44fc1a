/* Look-ups against a server in a child process that plays AWS, a registry and a chain. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "engine/lookup/lookup-internal.h"

/* ---- the server ------------------------------------------------------------------------------ */

/* The first row whose texts all stand in the request answers it. %s: the server's own port. */
static const struct {
	const char *request, *with, *status, *headers, *body;
} rows[] = {
	/* EC2, in two pages */
	{ "POST / ", "Action=DescribeSubnets&Version=2016-11-15&SubnetId.1=subnet-1&NextToken=two", "200",
	  "", "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-2</subnetId></item></subnetSet>"
	      "</DescribeSubnetsResponse>" },
	{ "POST / ", "Action=DescribeSubnets&Version=2016-11-15&SubnetId.1=subnet-1", "200", "",
	  "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>"
	  "</item></subnetSet><nextToken>two</nextToken></DescribeSubnetsResponse>" },
	{ "POST / ", "Action=DescribeSecurityGroups", "200", "",
	  "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId>"
	  "<ipPermissions><item><ipProtocol>tcp</ipProtocol><groups><item><groupId>sg-2</groupId></item>"
	  "</groups></item></ipPermissions></item></securityGroupInfo></DescribeSecurityGroupsResponse>" },
	{ "POST / ", "Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1", "200", "",
	  "<DescribeRouteTablesResponse><routeTableSet/></DescribeRouteTablesResponse>" },
	{ "POST / ", "Action=GetRole", "403", "",
	  "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error>"
	  "</ErrorResponse>" },
	/* a registry that wants a token */
	{ "GET /token?service=fake&scope=repository%3Anear%2Fnode%3Apull ", NULL, "200", "",
	  "{\"token\":\"let-me-in\"}" },
	{ "GET /v2/near/node/manifests/1.0 ", "Bearer let-me-in", "200", "",
	  "{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[{\"digest\":"
	  "\"sha256:arm\",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}},{\"digest\":"
	  "\"sha256:amd\",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}},{\"digest\":"
	  "\"sha256:att\",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}}]}" },
	{ "GET /v2/near/node/manifests/sha256:amd ", "Bearer let-me-in", "200", "",
	  "{\"config\":{\"digest\":\"sha256:config\"},\"layers\":[{\"mediaType\":\"a/gzip\",\"size\":100},"
	  "{\"mediaType\":\"a/zstd\",\"size\":23}]}" },
	{ "GET /v2/near/node/blobs/sha256:config ", "Bearer let-me-in", "307",
	  "Location: http://localhost:%u/elsewhere\r\n", "" },
	{ "GET /elsewhere ", "let-me-in", "500", "", "the token went to another host" },
	{ "GET /elsewhere ", NULL, "200", "",
	  "{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Entrypoint\":[\"/start\"],\"User\":"
	  "\"node\"}}" },
	{ "GET /v2/near/gone/", NULL, "404", "", "{}" },
	{ "GET /v2/near/busy/", NULL, "429", "", "{}" },
	{ "GET /v2/near/closed/", NULL, "401", "WWW-Authenticate: Basic realm=\"x\"\r\n", "{}" },
	{ "GET /v2/near/node/", NULL, "401",
	  "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%u/token\",service=\"fake\","
	  "scope=\"repository:near/node:pull\"\r\n",
	  "{}" },
	/* a chain */
	{ "POST /rpc ", "\"method\":\"status\",\"params\":[]", "200", "",
	  "{\"jsonrpc\":\"2.0\",\"id\":\"mpcup\",\"result\":{\"chain_id\":\"mpc-localnet\"}}" },
	{ "POST /rpc ", "\"request_type\":\"view_account\"", "200", "",
	  "{\"jsonrpc\":\"2.0\",\"id\":\"mpcup\",\"error\":{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":"
	  "\"UNKNOWN_ACCOUNT\"},\"message\":\"Server error\",\"data\":\"account a does not exist\"}}" },
	{ "POST /rpc ", "\"request_type\":\"call_function\"", "200", "",
	  "{\"jsonrpc\":\"2.0\",\"id\":\"mpcup\",\"result\":{\"error\":\"wasm execution failed\"}}" },
};

static const char *find_body(const char *request, unsigned port, char *head, size_t size)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char more[512];

		if (!str_starts(request, rows[i].request) ||
		    (rows[i].with && !strstr(request, rows[i].with)))
			continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(more, sizeof(more), rows[i].headers, port);
#pragma GCC diagnostic pop
		(void)snprintf(head, size, "HTTP/1.1 %s X\r\nContent-Length: %zu\r\n%s\r\n",
			       rows[i].status, strlen(rows[i].body), more);
		return rows[i].body;
	}
	(void)snprintf(head, size, "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n");
	return "";
}

/* One request per connection: head, then as much as Content-Length says. */
static void serve_one(int fd, unsigned port)
{
	OWN(buf) struct buf in = { 0 };
	char piece[4096], head[1024];
	const char *end = NULL, *body;

	for (;;) {
		ssize_t n = recv(fd, piece, sizeof(piece), 0);
		const char *length;

		if (n <= 0)
			return;
		buf_add(&in, piece, (size_t)n);
		end = strstr(in.data, "\r\n\r\n");
		length = strcasestr(in.data, "\r\ncontent-length:");
		if (end && in.len >= (size_t)(end + 4 - in.data) +
					     (length ? strtoul(length + 17, NULL, 10) : 0))
			break;
	}
	body = find_body(in.data, port, head, sizeof(head));
	(void)!write(fd, head, strlen(head));
	(void)!write(fd, body, strlen(body));
}

static void serve(int listener, unsigned port)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(60);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		serve_one(fd, port);
		(void)close(fd);
	}
}

struct server {
	pid_t child;
	unsigned port;
	struct lookup *l;
	json_t *facts;
};

static void own_drop_server(struct server *s)
{
	lookup_free(s->l);
	json_decref(s->facts);
	if (s->child > 0) {
		(void)kill(s->child, SIGKILL);
		(void)waitpid(s->child, NULL, 0);
	}
}
#define SERVER __attribute__((cleanup(own_drop_server))) struct server

static void start(struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct awsclient_options o = { .access_key = "k", .secret_key = "s", .region = "us-east-1" };
	OWN(str) char *endpoint = NULL;
	struct err err = { 0 };

	CHECK(bind(listener, (struct sockaddr *)&at, len) == 0 && listen(listener, 16) == 0 &&
	      getsockname(listener, (struct sockaddr *)&at, &len) == 0);
	s->port = ntohs(at.sin_port);
	s->child = fork();
	if (s->child == 0)
		serve(listener, s->port);
	(void)close(listener);
	endpoint = str_printf("http://127.0.0.1:%u", s->port);
	o.endpoint_url = endpoint;
	s->facts = json_object();
	CHECK_OK(lookup_new(&o, &s->l, &err), err);
}

/* Asks one question and gives its fact. input: taken. */
static const json_t *ask(struct server *s, const char *service, const char *action, json_t *input)
{
	OWN(json) json_t *questions = json_pack("[{s:s,s:s,s:O}]", "service", service, "action",
						action, "input", input);
	OWN(json) json_t *key = json_pack("[s,s,o]", service, action, input);
	OWN(str) char *text = json_canonical(key);
	struct err err = { 0 };

	CHECK_OK(lookup_answer(s->l, questions, s->facts, NULL, NULL, &err), err);
	return json_map(s->facts, text);
}

static const json_t *ask_image(struct server *s, const char *rest)
{
	OWN(str) char *image = str_printf("127.0.0.1:%u/%s", s->port, rest);

	return ask(s, "registry", "Manifest", json_pack("{s:s}", "image", image));
}

static const char *error_of(const json_t *fact)
{
	return json_str(fact, "error");
}

static const char *text_at(const json_t *fact, const char *path)
{
	return json_string_value(json_path(fact, path));
}

/* ---- AWS ------------------------------------------------------------------------------------- */

TEST(lookup, an_answer_of_ec2_has_all_pages_and_the_names_of_its_api)
{
	SERVER s = { 0 };
	const json_t *fact;

	start(&s);
	fact = ask(&s, "ec2", "DescribeSubnets", json_pack("{s:[s]}", "SubnetIds", "subnet-1"));
	CHECK_STR(text_at(fact, "answer.Subnets.0.VpcId"), "vpc-1");
	CHECK_STR(text_at(fact, "answer.Subnets.1.SubnetId"), "subnet-2");
	fact = ask(&s, "ec2", "DescribeSecurityGroups", json_pack("{s:[s]}", "GroupIds", "sg-1"));
	CHECK_STR(text_at(fact, "answer.SecurityGroups.0.IpPermissions.0.UserIdGroupPairs.0.GroupId"),
		  "sg-2");
	fact = ask(&s, "ec2", "DescribeRouteTables",
		   json_pack("{s:[{s:s,s:[s]}]}", "Filters", "Name", "vpc-id", "Values", "vpc-1"));
	CHECK(json_is_array(json_path(fact, "answer.RouteTables")));
}

TEST(lookup, a_refusal_is_an_answer_too)
{
	SERVER s = { 0 };
	const json_t *fact;

	start(&s);
	fact = ask(&s, "iam", "GetRole", json_pack("{s:s}", "RoleName", "r"));
	CHECK_STR(error_of(fact), "AccessDenied");
	CHECK_STR(json_str(fact, "message"), "not you");
	CHECK_STR(error_of(ask(&s, "no-such-service", "GetIt", json_object())), "Unsupported");
}

TEST(lookup, an_endpoint_that_is_not_there_is_asked_once)
{
	SERVER s = { 0 };

	start(&s);
	(void)kill(s.child, SIGKILL);
	(void)waitpid(s.child, NULL, 0);
	s.child = 0;
	CHECK_STR(error_of(ask(&s, "iam", "GetRole", json_pack("{s:s}", "RoleName", "r"))),
		  "Unreachable");
	CHECK(s.l->down != NULL);
	CHECK_STR(error_of(ask(&s, "iam", "GetPolicy", json_pack("{s:s}", "PolicyArn", "p"))),
		  "Unreachable");
}

TEST(lookup, what_changes_something_is_never_sent)
{
	static const char *const forbidden[][2] = { { "ec2", "DeleteVpc" },
						    { "secretsmanager", "PutSecretValue" },
						    { "near", "broadcast_tx_commit" },
						    { "near", "send_tx" },
						    { "registry", "Push" } };
	SERVER s = { 0 };

	start(&s);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		OWN(json) json_t *questions = json_pack("[{s:s,s:s,s:{}}]", "service", forbidden[i][0],
							"action", forbidden[i][1], "input");
		struct err err = { 0 };

		CHECK_INT(lookup_answer(s.l, questions, s.facts, NULL, NULL, &err), -1);
		CHECK_INT(err.code, ERR_BUG);
	}
}

/* ---- registries ------------------------------------------------------------------------------ */

TEST(lookup, an_image_is_followed_from_its_index_to_its_configuration)
{
	SERVER s = { 0 };
	const json_t *fact;

	start(&s);
	fact = ask_image(&s, "near/node:1.0");
	CHECK_STR(error_of(fact), NULL);
	CHECK_INT(json_array_size(json_path(fact, "answer.platforms")), 2);
	CHECK_STR(text_at(fact, "answer.platforms.0.architecture"), "arm64");
	CHECK_INT(json_integer_value(json_path(fact, "answer.size")), 123);
	CHECK_STR(text_at(fact, "answer.layers.1"), "a/zstd");
	CHECK_STR(text_at(fact, "answer.config.Entrypoint.0"), "/start");
	CHECK_STR(text_at(fact, "answer.config.architecture"), "amd64");
	CHECK(text_at(fact, "answer.digest") && str_starts(text_at(fact, "answer.digest"), "sha256:"));
}

TEST(lookup, a_registry_says_why_not)
{
	SERVER s = { 0 };

	start(&s);
	CHECK_STR(error_of(ask_image(&s, "near/gone")), "NotFound");
	CHECK_STR(error_of(ask_image(&s, "near/busy:2")), "TooManyRequests");
	CHECK_STR(error_of(ask_image(&s, "near/closed@sha256:0")), "Unauthorized");
	CHECK_STR(error_of(ask(&s, "registry", "Manifest",
			       json_pack("{s:s}", "image", "127.0.0.1:1/near/node"))),
		  "Unreachable");
	CHECK_STR(error_of(ask(&s, "registry", "Manifest",
			       json_pack("{s:s}", "image", "host.example/../x y"))),
		  "NotFound");
}

TEST(lookup, names_of_images_are_read_as_docker_reads_them)
{
	static const char *const names[][4] = {
		{ "alpine", "registry-1.docker.io", "library/alpine", "latest" },
		{ "near/mpc:1.2", "registry-1.docker.io", "near/mpc", "1.2" },
		{ "docker.io/near/mpc", "registry-1.docker.io", "near/mpc", "latest" },
		{ "ghcr.io/a/b/c:x@sha256:ab", "ghcr.io", "a/b/c", "sha256:ab" },
		{ "localhost:5000/x", "localhost:5000", "x", "latest" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		OWN_IMAGE struct image image = { 0 };
		struct err err = { 0 };

		CHECK_OK(image_parse(names[i][0], &image, &err), err);
		CHECK_STR(image.host, names[i][1]);
		CHECK_STR(image.path, names[i][2]);
		CHECK_STR(image.reference, names[i][3]);
	}
}

TEST(lookup, the_region_of_an_ecr_registry_is_in_its_name)
{
	OWN(str) char *region = image_ecr_region("123456789012.dkr.ecr.eu-central-1.amazonaws.com");

	CHECK_STR(region, "eu-central-1");
	CHECK_STR(image_ecr_region("123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil"), NULL);
	CHECK_STR(image_ecr_region("ghcr.io"), NULL);
}

/* ---- chains ---------------------------------------------------------------------------------- */

static const json_t *ask_chain(struct server *s, const char *method, const char *type)
{
	OWN(str) char *url = str_printf("http://127.0.0.1:%u/rpc", s->port);
	json_t *input = json_pack("{s:s}", "url", url);

	json_set_str(input, "request_type", type);
	return ask(s, "near", method, input);
}

TEST(lookup, a_chain_answers_or_names_the_cause)
{
	SERVER s = { 0 };

	start(&s);
	CHECK_STR(text_at(ask_chain(&s, "status", NULL), "answer.chain_id"), "mpc-localnet");
	CHECK_STR(error_of(ask_chain(&s, "query", "view_account")), "UNKNOWN_ACCOUNT");
	CHECK_STR(error_of(ask_chain(&s, "query", "call_function")), "CONTRACT_EXECUTION_ERROR");
	CHECK_STR(error_of(ask_chain(&s, "block", NULL)), "Unreachable");
	CHECK_STR(error_of(ask(&s, "near", "status", json_pack("{s:s}", "url", "file:///etc/passwd"))),
		  "Unreachable");
}
