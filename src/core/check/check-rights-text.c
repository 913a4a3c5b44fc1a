/* Values as comparable texts, and the three-valued comparison of such texts.
 *
 * Atoms: \x03 K name \x03 with K = U a generated identifier of one resource (it differs from every
 * other resource's), A a value without ':' and '/' (region, account), P any text. */
#include "core/check/check-rights.h"

#include <string.h>

#include "base/str.h"

#define ATOM '\x03'
#define ONE '\x04'
#define REGION                                                                                     \
	"\x03"                                                                                     \
	"AAWS..Region\x03"
#define ACCOUNT                                                                                    \
	"\x03"                                                                                     \
	"AAWS..AccountId\x03"

/* How the ARN of a type is made. name: property with the name; NULL: always generated. */
struct shape {
	const char *type, *head, *name, *tail;
	bool ref_is_arn;
};
/* clang-format off */
static const struct shape shapes[] = {
	{ "AWS::SecretsManager::Secret", "arn:aws:secretsmanager:" REGION ":" ACCOUNT ":secret:", "Name",
	  "-\x04\x04\x04\x04\x04\x04", true },
	{ "AWS::Logs::LogGroup", "arn:aws:logs:" REGION ":" ACCOUNT ":log-group:", "LogGroupName", ":*",
	  false },
	{ "AWS::ECR::Repository", "arn:aws:ecr:" REGION ":" ACCOUNT ":repository/", "RepositoryName", "",
	  false },
	{ "AWS::EFS::FileSystem", "arn:aws:elasticfilesystem:" REGION ":" ACCOUNT ":file-system/", NULL, "",
	  false },
	{ "AWS::EFS::AccessPoint", "arn:aws:elasticfilesystem:" REGION ":" ACCOUNT ":access-point/", NULL,
	  "", false },
	{ "AWS::KMS::Key", "arn:aws:kms:" REGION ":" ACCOUNT ":key/", NULL, "", false },
	{ "AWS::S3::Bucket", "arn:aws:s3:::", "BucketName", "", false },
	{ "AWS::IAM::Role", "arn:aws:iam::" ACCOUNT ":role/", "RoleName", "", false },
	{ "AWS::SSM::Parameter", "arn:aws:ssm:" REGION ":" ACCOUNT ":parameter/", "Name", "", false },
	{ "AWS::ServiceDiscovery::Service", "arn:aws:servicediscovery:" REGION ":" ACCOUNT ":service/", NULL,
	  "", false },
	{ "AWS::ServiceDiscovery::PrivateDnsNamespace",
	  "arn:aws:servicediscovery:" REGION ":" ACCOUNT ":namespace/", NULL, "", false },
	{ "AWS::ECS::Cluster", "arn:aws:ecs:" REGION ":" ACCOUNT ":cluster/", "ClusterName", "", false },
};
/* clang-format on */

static const struct shape *shape_of(const char *type)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (str_eq(shapes[i].type, type))
			return &shapes[i];
	return NULL;
}

/* An atom's name must not take part in the syntax of ARNs, patterns and variables. */
static void add_atom(struct buf *b, char kind, const char *name)
{
	buf_char(b, ATOM);
	buf_char(b, kind);
	for (; *name; name++)
		buf_char(b, strchr(":/*?$\x03\x04", *name) ? '.' : *name);
	buf_char(b, ATOM);
}

static void add_unique(struct buf *b, const struct deployment_resource *r, const char *attribute)
{
	OWN(str)
	char *name =
		str_printf("%zu.%s%s%s", r->template, r->logical, *attribute ? "." : "", attribute);

	add_atom(b, 'U', name);
}

static void add_value(const struct deployment *d, const json_t *value, struct buf *b,
		      unsigned depth);

static void add_name(const struct deployment *d, const struct deployment_resource *r,
		     const struct shape *shape, struct buf *b, unsigned depth)
{
	const json_t *given =
		shape && shape->name ? json_object_get(r->properties, shape->name) : NULL;

	if (given && depth < 8)
		add_value(d, given, b, depth + 1);
	else if (r->physical_id)
		buf_str(b, r->physical_id);
	else
		add_unique(b, r, "");
}

/* What is in the account has its ARN. */
static const char *account_arn(const struct deployment_resource *r)
{
	return str_starts(r->physical_id, "arn:")
		       ? r->physical_id
		       : json_str(json_path(r->body, "Metadata.mpcup"), "arn");
}

static void add_arn(const struct deployment *d, const struct deployment_resource *r, struct buf *b,
		    unsigned depth)
{
	const struct shape *shape = shape_of(r->type);
	OWN(buf) struct buf name = { 0 };
	const char *text;

	if (r->physical_id && account_arn(r)) {
		buf_str(b, account_arn(r));
		return;
	}
	if (!shape) {
		add_unique(b, r, "Arn");
		return;
	}
	add_name(d, r, shape, &name, depth);
	buf_str(&name, "");
	text = name.data ? name.data : "";
	/* A parameter's leading slash is the slash of the ARN; a role's path stands before its
	 * name. */
	if (str_ends(shape->head, "/") && *text == '/')
		text++;
	buf_str(b, shape->head);
	if (str_eq(r->type, "AWS::IAM::Role") && json_str(r->properties, "Path"))
		buf_str(b, json_str(r->properties, "Path") + 1);
	buf_str(b, text);
	buf_str(b, shape->tail);
}

static void add_resource(const struct deployment *d, const struct deployment_resource *r,
			 const char *attribute, struct buf *b, unsigned depth)
{
	const struct shape *shape = shape_of(r->type);

	if (str_eq(attribute, "Arn") || (!*attribute && shape && shape->ref_is_arn))
		add_arn(d, r, b, depth);
	else if (str_eq(attribute, "RepositoryUri")) {
		buf_str(b, ACCOUNT ".dkr.ecr." REGION ".amazonaws.com/");
		add_name(d, r, shape, b, depth);
	} else if (!*attribute || str_ends(attribute, "Id"))
		add_name(d, r, shape, b, depth);
	else
		add_unique(b, r, attribute);
}

static void add_symbol(const struct deployment *d, const json_t *value, struct buf *b,
		       unsigned depth)
{
	const json_t *parts = json_list(value, "$parts");
	const char *identity = json_str_or(value, "$symbol", "?"), *attribute = "";
	const struct deployment_resource *r =
		json_array_size(parts) > 1 ? NULL : deployment_target(d, value, &attribute);

	/* The address of a repository names it as well as its ARN does. */
	if (!r && !json_array_size(parts) && str_ends(identity, ".RepositoryUri")) {
		OWN(json)
		json_t *arn = json_pack(
			"{s:o}", "$symbol",
			json_sprintf("%.*sArn", (int)(strlen(identity) - strlen("RepositoryUri")),
				     identity));

		r = deployment_target(d, arn, NULL);
		attribute = "RepositoryUri";
	}
	if (r) {
		add_resource(d, r, attribute ? attribute : "", b, depth);
		return;
	}
	for (size_t i = 0; i < json_array_size(parts) && depth < 16; i++)
		add_value(d, json_array_get(parts, i), b, depth + 1);
	if (json_array_size(parts))
		return;
	if (str_eq(identity, "AWS::Partition"))
		buf_str(b, "aws");
	else if (str_eq(identity, "AWS::URLSuffix"))
		buf_str(b, "amazonaws.com");
	else
		add_atom(b,
			 str_eq(identity, "AWS::Region") || str_eq(identity, "AWS::AccountId")
				 ? 'A'
				 : 'P',
			 identity);
}

static void add_value(const struct deployment *d, const json_t *value, struct buf *b,
		      unsigned depth)
{
	const char *known = deployment_text(d, value);
	OWN(str) char *text = NULL;

	if (known)
		buf_str(b, known);
	else if (json_is_string(value))
		buf_str(b, json_string_value(value));
	else if (template_is_symbol(value))
		add_symbol(d, value, b, depth);
	else if (json_is_boolean(value))
		buf_str(b, json_is_true(value) ? "true" : "false");
	else {
		text = value ? json_canonical(value) : NULL;
		if (json_is_number(value))
			buf_str(b, text);
		else
			add_atom(b, 'P', text ? text : "absent");
	}
}

static bool in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* Where `word` stands alone in the text it becomes the atom. */
static void take_word(char **text, const char *word, const char *atom)
{
	struct buf b = { 0 };
	size_t len = word ? strlen(word) : 0;
	const char *at = *text, *next;

	if (!len)
		return;
	while ((next = strstr(at, word))) {
		bool alone = (next == *text || !in_word(next[-1])) && !in_word(next[len]);

		buf_add(&b, at, (size_t)(next - at));
		buf_str(&b, alone ? atom : word);
		at = next + len;
	}
	buf_str(&b, at);
	free(*text);
	*text = buf_take(&b);
}

/* Account and region are the same thing whether they are known or not. */
static char *settled(const struct deployment *d, struct buf *b)
{
	char *text = buf_take(b);

	take_word(&text, deployment_account(d), ACCOUNT);
	take_word(&text, deployment_region(d), REGION);
	return text;
}

char *check_rights_text(const struct deployment *d, const json_t *value)
{
	struct buf b = { 0 };

	add_value(d, value, &b, 0);
	return settled(d, &b);
}

char *check_rights_arn(const struct deployment *d, const struct deployment_resource *r)
{
	struct buf b = { 0 };

	add_arn(d, r, &b, 0);
	return settled(d, &b);
}

char *check_rights_name(const struct deployment *d, const struct deployment_resource *r)
{
	struct buf b = { 0 };

	add_name(d, r, shape_of(r->type), &b, 0);
	return settled(d, &b);
}

char *check_rights_show(const char *text)
{
	struct buf b = { 0 };

	for (const char *p = text; *p; p++) {
		const char *end = *p == ATOM ? strchr(p + 1, ATOM) : NULL;
		const char *name = p + 2;

		if (*p == ONE)
			buf_char(&b, '?');
		if (*p == ONE || (*p == ATOM && !end))
			continue;
		if (!end) {
			buf_char(&b, *p);
			continue;
		}
		if (p[1] == 'U' && strchr(name, '.') && strchr(name, '.') < end)
			name = strchr(name, '.') + 1;
		buf_char(&b, '<');
		if (str_starts(name, "AWS..")) {
			buf_str(&b, "AWS::");
			name += strlen("AWS..");
		}
		buf_add(&b, name, (size_t)(end - name));
		buf_char(&b, '>');
		p = end;
	}
	return buf_take(&b);
}

/* ---- comparison
 * ---------------------------------------------------------------------------------- */

/* Matches whatever the atoms stand for: an atom equals itself, `*` swallows anything. */
static bool certain(const char *p, const char *t, bool wild)
{
	const char *star = NULL, *retry = NULL;

	if (!wild)
		return !strcmp(p, t);
	while (*t) {
		if (*p == '*') {
			star = ++p;
			retry = t;
		} else if (*p && (*p == *t || (*p == '?' && *t != ATOM))) {
			p++;
			t++;
		} else if (star) {
			p = star;
			t = ++retry;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

struct token {
	enum { CHAR, ANY_CHAR, STAR, UNIQUE, NARROW, WIDE } kind;
	const char *at;
	size_t len;
};
#define TOKENS 1024

/* Number of tokens, TOKENS + 1 when there are too many. */
static size_t tokens_of(const char *s, bool wild, struct token *list)
{
	size_t count = 0;

	while (*s) {
		const char *end = *s == ATOM ? strchr(s + 1, ATOM) : NULL;
		struct token t = { CHAR, s, end ? (size_t)(end - s) + 1 : 1 };

		if (end)
			t.kind = s[1] == 'U' ? UNIQUE : s[1] == 'A' ? NARROW : WIDE;
		else if (*s == ONE || (wild && *s == '?'))
			t.kind = ANY_CHAR;
		else if (wild && *s == '*')
			t.kind = STAR;
		if (count == TOKENS)
			return TOKENS + 1;
		list[count++] = t;
		s += t.len;
	}
	return count;
}

static bool same(const struct token *a, const struct token *b)
{
	return a->kind == b->kind && a->len == b->len && !memcmp(a->at, b->at, a->len);
}

static bool stretches(const struct token *t)
{
	return t->kind >= STAR;
}

/* May the unknown text `a` contain `b`? */
static bool holds(const struct token *a, const struct token *b)
{
	if (a->kind == STAR || a->kind == WIDE)
		return true;
	if (a->kind == UNIQUE && b->kind == UNIQUE)
		return false;
	return b->kind != CHAR || !strchr(":/", *b->at);
}

/* Row i of "may the pattern from i on match the text from j on"; next: row i + 1. */
static void fill_row(const struct token *p, const struct token *text, size_t count,
		     const bool *next, bool *row)
{
	row[count] = stretches(p) && next[count];
	for (size_t j = count; j-- > 0;) {
		const struct token *t = &text[j];
		bool ok = false;

		if (p->kind == UNIQUE && t->kind == UNIQUE) {
			row[j] = same(p, t) && next[j + 1];
			continue;
		}
		/* What the deployment makes is nothing that somebody wrote down elsewhere. */
		if (p->kind == UNIQUE && !stretches(t)) {
			row[j] = false;
			continue;
		}
		if (same(p, t) || (!stretches(p) && !stretches(t) &&
				   (p->kind == ANY_CHAR || t->kind == ANY_CHAR)))
			ok = next[j + 1];
		if (stretches(p))
			ok = ok || next[j] || (holds(p, t) && row[j + 1]);
		if (stretches(t))
			ok = ok || row[j + 1] || (holds(t, p) && next[j]);
		row[j] = ok;
	}
}

/* Is there anything the atoms could stand for so that it matches? */
static bool possible(const char *pattern, const char *text, bool wild)
{
	struct token p[TOKENS], t[TOKENS];
	bool rows[2][TOKENS + 1] = { 0 };
	size_t p_count = tokens_of(pattern, wild, p), t_count = tokens_of(text, false, t);
	size_t from = 0, now = 0;

	if (p_count > TOKENS || t_count > TOKENS)
		return true;
	while (from < p_count && from < t_count && p[from].kind != STAR && same(&p[from], &t[from]))
		from++;
	if (from < p_count && from < t_count &&
	    ((p[from].kind == CHAR && t[from].kind == CHAR) ||
	     (p[from].kind == UNIQUE && t[from].kind == UNIQUE)))
		return false; /* the common beginning ends in a difference */
	rows[now][t_count - from] = true;
	for (size_t j = t_count - from; j-- > 0;)
		rows[now][j] = rows[now][j + 1] && stretches(&t[from + j]);
	for (size_t i = p_count; i-- > from;) {
		fill_row(&p[i], t + from, t_count - from, rows[now], rows[1 - now]);
		now = 1 - now;
	}
	return rows[now][0];
}

/* Most patterns and texts differ in a plain character or in the identifier of a resource behind the
 * same beginning: then nothing that atoms stand for makes them equal. */
static bool differs_plainly(const char *p, const char *t, bool wild)
{
	static const char special[] = { ATOM, ONE, '\0' };
	const char *atom = NULL; /* the one that both are in */

	for (; *p && *p == *t; p++, t++) {
		if (*p == ATOM)
			atom = atom ? NULL : p;
		else if (!atom && (*p == ONE || (wild && (*p == '*' || *p == '?'))))
			return false;
	}
	if (atom)
		return atom[1] == 'U' && p > atom + 1 && strchr(p, ATOM) && strchr(t, ATOM);
	return *p && *t && !strchr(special, *p) && !strchr(special, *t) &&
	       !(wild && (*p == '*' || *p == '?'));
}

/* A text that somebody wrote down never equals one that AWS makes up; region and account are no
 * place for such a name. */
static bool made_up(const char *pattern, const char *text, bool wild)
{
	return strstr(text, "\x03U") && !strstr(pattern, "\x03U") && !strstr(pattern, "\x03P") &&
	       !strchr(pattern, ONE) && (!wild || !strpbrk(pattern, "*?"));
}

enum verdict check_rights_match(const char *pattern, const char *text, bool wild)
{
	if (differs_plainly(pattern, text, wild))
		return VERDICT_FAIL;
	if (certain(pattern, text, wild))
		return VERDICT_PASS;
	if (!strchr(pattern, ATOM) && !strchr(pattern, ONE) && !strchr(text, ATOM) &&
	    !strchr(text, ONE))
		return VERDICT_FAIL;
	if (made_up(pattern, text, wild))
		return VERDICT_FAIL;
	return possible(pattern, text, wild) ? VERDICT_UNKNOWN : VERDICT_FAIL;
}
