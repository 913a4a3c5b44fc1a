/* What AWS tells about every call that ECS makes for a task: the condition keys that do not depend
 * on the service that is called. */
#include "core/check/check-rights.h"

#include <string.h>

#include "base/str.h"

#define REGION                                                                                     \
	"\x03"                                                                                     \
	"AAWS..Region\x03"
#define ACCOUNT                                                                                    \
	"\x03"                                                                                     \
	"AAWS..AccountId\x03"

/* The account field of an ARN, empty where the service has none. Caller frees. */
static char *account_in(const char *arn)
{
	const char *p = arn;

	if (!str_starts(arn, "arn:"))
		return str_dup("");
	for (int colons = 0; colons < 4 && p; colons++)
		p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL;
	return p ? str_dup_n(p, strcspn(p, ":")) : str_dup("");
}

json_t *check_rights_context(const char *principal, const char *resource, const json_t *given)
{
	static const char *const absent[] = { "aws:sourceaccount",
					      "aws:sourcearn",
					      "aws:calledvia",
					      "aws:calledviafirst",
					      "aws:calledvialast",
					      "aws:principalservicename",
					      "aws:principalservicenameslist" };
	json_t *context = json_object();
	OWN(str) char *account = account_in(resource);

	json_set_str(context, "aws:securetransport", "true");
	json_set_str(context, "aws:requestedregion", REGION);
	if (*account)
		json_set_str(context, "aws:resourceaccount", account);
	if (principal) {
		json_set_str(context, "aws:principalarn", principal);
		json_set_str(context, "aws:principalaccount", ACCOUNT);
		json_set_str(context, "aws:principaltype", "AssumedRole");
		json_set_str(context, "aws:viaawsservice", "false");
		json_set_str(context, "aws:principalisawsservice", "false");
		for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
			json_object_set_new(context, absent[i], json_null());
	}
	if (given)
		(void)json_object_update(context, (json_t *)(uintptr_t)given);
	return context;
}

static bool is_literal_account(const char *s, size_t len)
{
	size_t digits = 0;

	while (digits < len && s[digits] >= '0' && s[digits] <= '9')
		digits++;
	return len == 12 && digits == len;
}

/* "eu-west-1", "us-gov-west-1" */
bool check_rights_is_region(const char *s, size_t len)
{
	size_t dashes = 0;

	for (size_t i = 0; i < len; i++) {
		dashes += s[i] == '-';
		if (s[i] != '-' && !(s[i] >= 'a' && s[i] <= 'z') &&
		    !(i == len - 1 && s[i] >= '1' && s[i] <= '9'))
			return false;
	}
	return len > 6 && dashes >= 2 && s[len - 1] >= '1' && s[len - 1] <= '9';
}

char *check_rights_anywhere(const char *arn)
{
	struct buf b = { 0 };
	bool moved = false;
	const char *p = arn;

	if (is_literal_account(arn, strlen(arn)))
		return str_dup(ACCOUNT);
	if (check_rights_is_region(arn, strlen(arn)))
		return str_dup(REGION);
	if (!str_starts(arn, "arn:"))
		return NULL;
	for (int field = 0; field < 5; field++) {
		size_t len = strcspn(p, ":");
		bool region = field == 3 && check_rights_is_region(p, len);
		bool account = field == 4 && is_literal_account(p, len);

		moved = moved || region || account;
		if (region || account)
			buf_str(&b, region ? REGION : ACCOUNT);
		else
			buf_add(&b, p, len);
		p += len;
		if (*p == ':')
			buf_char(&b, *p++);
	}
	buf_str(&b, p);
	if (moved)
		return buf_take(&b);
	buf_free(&b);
	return NULL;
}
