/* The network faults of tests/templates are found where they are, and none in those that work. */
#include "core/reach/reach.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"

struct net {
	char *text;
	json_t *parameters;
	struct template *t;
	struct template_eval *eval;
	struct deployment *d;
};

static bool open_net(struct net *n, const char *path)
{
	static const char *const zones[] = { "eu-central-1a", "eu-central-1b", NULL };
	static const struct template_world world = { .account = "123456789012",
						     .region = "eu-central-1",
						     .partition = "aws",
						     .url_suffix = "amazonaws.com",
						     .zones = zones };
	struct deployment_template list;
	struct err err = { 0 };
	size_t len = 0;

	memset(n, 0, sizeof(*n));
	n->text = test_read_file(path, &len);
	if (!n->text)
		return false;
	CHECK_OK(template_parse(path, n->text, len, &n->t, &err), err);
	if (!n->t)
		return false;
	CHECK_OK(template_parameters(n->t, NULL, NULL, 0, &world, &n->parameters, &err), err);
	CHECK_OK(template_eval_new(n->t, n->parameters, &world, &n->eval, &err), err);
	list = (struct deployment_template){ n->t, n->eval };
	CHECK_OK(deployment_read(&list, 1, &n->d, &err), err);
	return n->d != NULL;
}

static void close_net(struct net *n)
{
	deployment_free(n->d);
	template_eval_free(n->eval);
	template_free(n->t);
	json_decref(n->parameters);
	free(n->text);
}

static struct reach_end service_end(const struct deployment_service *s)
{
	return (struct reach_end){ (const struct deployment_subnet *const *)s->subnets,
				   s->subnet_count,
				   (const struct deployment_group *const *)s->groups,
				   s->group_count, s->public_address };
}

/* The worst of all nodes to all mount targets that their volumes need. */
static void to_storage(const struct net *n, const struct deployment_service *s,
		       struct reach_edge *ret)
{
	struct reach_end from = service_end(s);

	for (size_t v = 0; s->task && v < s->task->volume_count; v++) {
		const struct deployment_file_system *fs = s->task->volumes[v].system;

		for (size_t i = 0; fs && i < fs->target_count; i++) {
			const struct deployment_mount_target *m = &fs->targets[i];
			struct reach_end to = { &m->subnet, 1,
						(const struct deployment_group *const *)m->groups,
						m->group_count, VERDICT_FAIL };
			struct reach_edge next;

			reach_tcp(n->d, &from, &to, 2049, &next);
			if (next.verdict != VERDICT_PASS && ret->verdict == VERDICT_PASS)
				*ret = next;
		}
	}
}

enum question { STORAGE, SECRETS };

/* Of the first node that has trouble; PASS: none has. */
static void ask(const struct net *n, enum question q, struct reach_edge *ret)
{
	size_t count = 0;
	const struct deployment_service *const *list = deployment_services(n->d, &count);

	*ret = (struct reach_edge){ .verdict = VERDICT_PASS };
	for (size_t i = 0; i < count && ret->verdict == VERDICT_PASS; i++) {
		struct reach_end from = service_end(list[i]);

		if (list[i]->mpc_container < 0)
			continue;
		if (q == STORAGE)
			to_storage(n, list[i], ret);
		else
			reach_api(n->d, &from, "secretsmanager", ret, NULL);
	}
}

enum half { OUT, IN, THERE, BACK };
/* clang-format off */
static const struct fault {
	const char *file;
	enum question question;
	enum half half;
	const char *where; /* begin of the logical id that the evidence names */
} faults[] = {
	{ "efs-no-nfs-rule",            STORAGE, IN,    "MpcEfsSg" },
	{ "nfs-rule-wrong-source",      STORAGE, IN,    "MpcEfsSg" },
	{ "efs-no-egress",              STORAGE, OUT,   "MpcNodeSg" },
	{ "nacl-blocks-nfs",            STORAGE, THERE, "StorageAcl" },
	{ "endpoint-private-dns-off",   SECRETS, IN,    "VpcSecrets" },
	{ "endpoint-sg-closed",         SECRETS, IN,    "EndpointSg" },
	{ "dns-support-off",            SECRETS, IN,    "Vpc" },
	{ "public-subnet-no-ip",        SECRETS, IN,    "VpcpublicSubnet1DefaultRoute" },
	{ "route-table-not-associated", SECRETS, IN,    "VpcprivateSubnet1Subnet" },
};
/* clang-format on */

static void expect(const struct fault *f)
{
	OWN(str) char *path = str_printf("tests/templates/faulty/%s.json", f->file);
	const struct reach_evidence *halves[4];
	struct reach_edge e;
	struct net n;

	if (open_net(&n, path)) {
		ask(&n, f->question, &e);
		halves[OUT] = &e.out;
		halves[IN] = &e.in;
		halves[THERE] = &e.acl_there;
		halves[BACK] = &e.acl_back;
		if (e.verdict != VERDICT_FAIL || halves[f->half]->verdict != VERDICT_FAIL ||
		    !halves[f->half]->resource ||
		    !str_starts(halves[f->half]->resource->logical, f->where))
			test_fail(path, 0, "verdict %d, half %d, at %s", e.verdict,
				  halves[f->half]->verdict,
				  halves[f->half]->resource ? halves[f->half]->resource->logical
							    : "nothing");
	}
	close_net(&n);
}
TEST(reach, finds_the_faults_of_the_corpus_where_they_are)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		expect(&faults[i]);
}

static unsigned all_pass(const char *folder)
{
	OWN(str) char *full = str_printf("%s/%s", test_source_root(), folder);
	DIR *dir = opendir(full);
	struct dirent *entry;
	unsigned count = 0;

	CHECK(dir != NULL);
	while (dir && (entry = readdir(dir)) != NULL) {
		OWN(str) char *path = str_printf("%s/%s", folder, entry->d_name);
		struct reach_edge storage, secrets;
		struct net n;

		/* what is imported is unknown */
		if (!str_ends(path, ".json") || str_starts(entry->d_name, "import"))
			continue;
		if (open_net(&n, path)) {
			ask(&n, STORAGE, &storage);
			ask(&n, SECRETS, &secrets);
			if (storage.verdict != VERDICT_PASS || secrets.verdict != VERDICT_PASS)
				test_fail(path, 0, "storage %d, secrets %d", storage.verdict,
					  secrets.verdict);
			count++;
		}
		close_net(&n);
	}
	if (dir)
		closedir(dir);
	return count;
}
TEST(reach, lets_everything_through_in_templates_that_work)
{
	CHECK(all_pass("tests/templates/good") >= 4);
	CHECK(all_pass("tests/templates/benign") >= 10);
}

TEST(reach, calls_what_is_imported_unknown_and_never_a_fault)
{
	struct reach_edge e;
	struct net n;

	if (open_net(&n, "tests/templates/good/import.json")) {
		ask(&n, SECRETS, &e);
		CHECK_INT(e.verdict, VERDICT_UNKNOWN);
		CHECK(strstr(e.in.unknown, "describe-route-tables") != NULL);
		ask(&n, STORAGE, &e);
		CHECK_INT(e.verdict, VERDICT_UNKNOWN);
		CHECK_INT(e.in.verdict, VERDICT_PASS);
	}
	close_net(&n);
}
