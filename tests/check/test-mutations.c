/* Good templates with one value replaced by something of another shape, at every place below Resources:
 * check gives a result or a sentence, and comes to an end. Arguments: all | COUNT [SEED]; by default a
 * sample. MPCUP_MUTATION_VERBOSE prints each mutation before it runs. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../fuzz/drive-check.h"
#include "base/str.h"
#include "base/test.h"

enum { SAMPLE = 500, SECONDS_EACH = 10, PLACES_MOST = 20000, DEPTH_MOST = 64 };

static struct {
	uint64_t seed, count; /* count 0: all */
	char label[512];
} run = { 1, SAMPLE, "" };

__attribute__((constructor)) static void arguments(int argc, char **argv)
{
	if (argc < 2)
		return;
	if (!strcmp(argv[1], "all"))
		run.count = 0;
	else if (num_parse_u64(argv[1], 1, 100000000, &run.count) < 0)
		return; /* names of tests */
	if (argc > 2 && num_parse_u64(argv[2], 0, UINT64_MAX, &run.seed) < 0)
		run.seed = 1;
	argv[1][0] = '\0';
}

/* splitmix64 */
static uint64_t chance(void)
{
	uint64_t z = run.seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static void late(int sig)
{
	static const char text[] = "# no end, or an abort: ";

	(void)!write(STDOUT_FILENO, text, sizeof(text) - 1);
	(void)!write(STDOUT_FILENO, run.label, strlen(run.label));
	(void)!write(STDOUT_FILENO, "\n", 1);
	_exit(128 + sig);
}

static const char *const replacements[] = {
	"null",
	"[]",
	"{}",
	"\"\"",
	"\"x\"",
	"-1",
	"1e99",
	"true",
	"[[]]",
	"{\"Ref\":\"Nope\"}",
	"{\"Ref\":\"AWS::NoValue\"}",
	"{\"Fn::If\":[\"Nope\",1,2]}",
	"{\"Fn::If\":[{},[],{\"Ref\":[]}]}",
	"{\"Fn::GetAtt\":[\"Nope\",\"Arn\"]}",
	"{\"Fn::ImportValue\":\"Elsewhere\"}",
	"{\"Fn::Sub\":\"${AWS::Region}-${Nope\"}",
	NULL, /* taken away */
};
enum { KINDS = sizeof(replacements) / sizeof(replacements[0]) };

struct place {
	json_t *parent;
	char *key; /* NULL: index */
	size_t index;
	char *pointer;
};
struct places {
	struct place *list;
	size_t count;
};

static void add(struct places *all, json_t *parent, const char *key, size_t index, const char *pointer)
{
	if (all->count == PLACES_MOST)
		return;
	all->list = mem_grow(all->list, all->count + 1, sizeof(*all->list));
	all->list[all->count++] = (struct place){ parent, key ? str_dup(key) : NULL, index, str_dup(pointer) };
}

static void collect(struct places *all, json_t *value, const char *pointer, unsigned depth)
{
	const char *key;
	json_t *member;
	size_t i;

	if (depth > DEPTH_MOST)
		return;
	json_object_foreach(value, key, member) {
		OWN(str) char *below = str_printf("%s/%s", pointer, key);

		add(all, value, key, 0, below);
		collect(all, member, below, depth + 1);
	}
	json_array_foreach(value, i, member) {
		OWN(str) char *below = str_printf("%s/%zu", pointer, i);

		add(all, value, NULL, i, below);
		collect(all, member, below, depth + 1);
	}
}

static void places_free(struct places *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->list[i].key);
		free(all->list[i].pointer);
	}
	free(all->list);
}

/* Puts `value` (taken over; NULL: nothing) at the place and returns what was there. */
static json_t *exchange(const struct place *p, json_t *value)
{
	json_t *old = json_incref(p->key ? json_object_get(p->parent, p->key)
					 : json_array_get(p->parent, p->index));

	if (p->key && value)
		json_object_set_new(p->parent, p->key, value);
	else if (p->key)
		json_object_del(p->parent, p->key);
	else
		json_array_set_new(p->parent, p->index, value ? value : json_null());
	return old;
}

static bool one_of(const char *word, const char *const *words)
{
	for (; word && *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

static bool is_valid(const json_t *result, const struct err *err)
{
	const json_t *findings = json_object_get(result, "findings"), *one;
	size_t i;

	if (!result)
		return err->text[0] != '\0';
	if (!json_is_array(findings) || !json_is_array(json_object_get(result, "tasks")))
		return false;
	json_array_foreach(findings, i, one)
		if (!one_of(json_str(one, "verdict"), (const char *const[]){ "FAIL", "WARN", "UNKNOWN", NULL }) ||
		    !*json_str_or(one, "fault", "") || !*json_str_or(one, "message", "") ||
		    !json_is_object(json_object_get(one, "location")))
			return false;
	return true;
}

/* other: a template beside it, borrowed, or NULL. */
static void mutate(json_t *template, const struct place *p, size_t kind, const char *file, const char *other)
{
	json_t *value = replacements[kind] ? json_loads(replacements[kind], JSON_DECODE_ANY, NULL) : NULL;
	json_t *old = exchange(p, value), *result;
	OWN(str) char *text = json_dumps(template, JSON_COMPACT);
	const char *const texts[] = { text, other };
	const size_t lens[] = { strlen(text), other ? strlen(other) : 0 };
	struct err err = { 0 };

	(void)snprintf(run.label, sizeof(run.label), "%s %s = %s", file, p->pointer,
		       replacements[kind] ? replacements[kind] : "(nothing)");
	if (getenv("MPCUP_MUTATION_VERBOSE")) {
		(void)printf("# %s\n", run.label);
		(void)fflush(stdout);
	}
	(void)alarm(SECONDS_EACH);
	result = drive_check(texts, lens, other ? 2 : 1, &err);
	(void)alarm(0);
	if (!is_valid(result, &err))
		test_fail(__FILE__, __LINE__, "%s: neither a result nor a sentence", run.label);
	json_decref(result);
	json_decref(exchange(p, old));
}

static void each_mutation(const char *file, const char *beside, uint64_t share)
{
	size_t len = 0, other_len = 0;
	OWN(str) char *text = test_read_file(file, &len);
	OWN(str) char *other = beside ? test_read_file(beside, &other_len) : NULL;
	OWN(json) json_t *template = text ? json_loadb(text, len, 0, NULL) : NULL;
	struct places all = { 0 };

	CHECK(template);
	(void)signal(SIGALRM, late);
	(void)signal(SIGABRT, late);
	collect(&all, json_object_get(template, "Resources"), "/Resources", 0);
	CHECK(all.count > 100);
	if (run.count)
		for (uint64_t i = 0; i < run.count * share / 100; i++)
			mutate(template, &all.list[chance() % all.count], chance() % KINDS, file, other);
	else
		for (size_t i = 0; i < all.count * KINDS; i++)
			mutate(template, &all.list[i / KINDS], i % KINDS, file, other);
	places_free(&all);
}

TEST(mutations, of_a_network_of_one_node_end_in_a_result_or_a_sentence)
{
	each_mutation("tests/templates/scale/standalone-1.json", NULL, 40);
}

TEST(mutations, of_a_network_with_its_chain_end_in_a_result_or_a_sentence)
{
	each_mutation("tests/templates/good/composed.plain.json", NULL, 20);
}

TEST(mutations, of_an_importing_template_end_in_a_result_or_a_sentence)
{
	each_mutation("tests/templates/good/import.plain.json", "tests/templates/good/import.plain.near-runner.json",
		      20);
}

TEST(mutations, of_an_exporting_template_end_in_a_result_or_a_sentence)
{
	each_mutation("tests/templates/good/import.plain.near-runner.json", "tests/templates/good/import.plain.json",
		      20);
}
