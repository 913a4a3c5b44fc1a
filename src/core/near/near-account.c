#include <string.h>

#include "core/near/near.h"

/* Parts of [a-z0-9] joined by single '-' or '_', joined by single '.': so a separator never stands
 * at an end and never beside another one. */
bool near_account_valid(const char *id)
{
	size_t len = id ? strlen(id) : 0;
	bool separator = true;

	if (len < 2 || len > 64)
		return false;
	for (const char *at = id; *at; at++) {
		bool plain = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9');

		if (!plain && (separator || !strchr("-_.", *at)))
			return false;
		separator = !plain;
	}
	return !separator;
}

bool near_account_is_child(const char *id, const char *parent)
{
	size_t len = strlen(id), parent_len = strlen(parent);
	const char *dot = strchr(id, '.');

	return dot && len > parent_len + 1 && dot == id + len - parent_len - 1 &&
	       !strcmp(dot + 1, parent);
}
