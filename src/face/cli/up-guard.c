#include "face/cli/up-guard.h"

#include <string.h>

#include "face/cli/deploy.h"
#include "face/cli/secrets-view.h"

static const char *parameter_of(const json_t *parameters, const char *key)
{
	return json_str(json_find(parameters, "ParameterKey", key), "ParameterValue");
}

/* Stacks that failed or are being deleted have no keys to lose. */
static bool stands(const json_t *stack)
{
	const char *status = json_str_or(stack, "StackStatus", "");

	return str_ends(status, "_COMPLETE") && strcmp(status, "ROLLBACK_COMPLETE") != 0 &&
	       strcmp(status, "DELETE_COMPLETE") != 0;
}

static int guard_base(struct target *t, const struct plan *p, const struct plan_stack *s, struct err *err)
{
	const char *ours = parameter_of(s->parameters, "NodePublicKey"), *theirs;
	OWN(json) json_t *stack = NULL;
	int rc = ours ? deploy_describe(t, s->name, &stack, err) : 1;

	if (rc || !stands(stack))
		return rc < 0 ? -1 : 0;
	theirs = parameter_of(json_list(stack, "Parameters"), "NodePublicKey");
	if (!theirs || !strcmp(ours, theirs))
		return 0;
	return err_set(err, ERR_REMOTE,
		       "stack %s, the NEAR base, has another chain key than %s/chain.json: it belongs to network %s. "
		       "Nothing was changed. Give %s a base of its own in %s, such as base_stack: %s-base",
		       s->name, p->key_directory, deploy_tag(stack, "mpcup:network") ? deploy_tag(stack, "mpcup:network") : "of somebody else",
		       p->network, p->made_from_path, p->network);
}

static int guard_network(struct target *t, const struct plan *p, struct err *err)
{
	OWN(json) json_t *stack = NULL, *entries = NULL;
	json_t *entry;
	size_t i;
	int rc = deploy_describe(t, p->network, &stack, err);

	if (rc || !stands(stack))
		return rc < 0 ? -1 : 0;
	if (secrets_view(t, p->network, p->key_directory, &entries, err) < 0)
		return -1;
	json_array_foreach(entries, i, entry)
		if (str_eq(json_str(entry, "state"), "DIFFERS"))
			return err_set(err, ERR_REMOTE,
				       "stack %s has other keys than the files in %s (%s: %s): it is another network, or "
				       "its key files are elsewhere. Nothing was changed. A network of its own: mpcup init "
				       "--name NAME, or another name and base_stack in %s. To compare: mpcup secrets "
				       "status; to put these keys in their place: mpcup secrets push",
				       p->network, p->key_directory, json_str_or(entry, "name", ""),
				       json_str_or(entry, "variable", ""), p->made_from_path);
	return 0;
}

int up_guard(struct target *t, const struct plan *p, struct err *err)
{
	if (!p->made_from)
		return 0;
	if (guard_network(t, p, err) < 0)
		return -1;
	for (size_t i = 0; i < p->count; i++)
		if (str_eq(p->stacks[i].role, "base") && guard_base(t, p, &p->stacks[i], err) < 0)
			return -1;
	return 0;
}
