/* What the participants vote for: domains, and other participants (resharing); and the wait for keys. */
#include <string.h>

#include "face/cli/deploy.h"
#include "face/cli/network-view.h"
#include "face/cli/operator-internal.h"

enum { LOOK_MS = 10, STALL_MS = 3000 };

/* ---- a vote by all ------------------------------------------------------------------------------------ */

int operator_vote(struct bring_up *b, const json_t *members, const char *method, const json_t *args,
		  struct err *err)
{
	json_t *one;
	size_t i;

	for (int old = 1; old >= 0; old--)
		json_array_foreach((json_t *)(uintptr_t)members, i, one) {
			struct chain_signer signer = { .account = json_string_value(json_array_get(one, 0)),
						       .key = &b->chain.root };

			if ((contract_view_participant(b->view, signer.account) != NULL) == (old == 1) &&
			    chain_call(&b->chain.client, &signer, b->chain.contract, method, args, err) < 0)
				return -1;
		}
	return 0;
}

/* A vote failed. 0: because another mpcup up was faster, and all is on its way or done; -1: not so, err of
 * the vote stands. */
static int by_another(struct bring_up *b, bool (*done)(struct bring_up *b))
{
	struct err unseen = { 0 };

	return operator_look(b, &unseen) == 0 && (!contract_view_is(b->view, "Running") || done(b)) ? 0 : -1;
}

/* ---- domains ------------------------------------------------------------------------------------------ */

static json_t *domain_json(const struct network_domain *d, json_int_t id)
{
	json_t *j = json_pack("{s:I,s:s,s:s}", "id", id, "protocol", threshold_scheme_name(d->scheme),
			      "purpose", "Sign");

	if (d->threshold)
		json_set_int(j, "reconstruction_threshold", d->threshold);
	return j;
}

/* Those of the wish that the contract does not have. 1: it has others, b->why. */
static int missing_domains(struct bring_up *b, json_t *ret)
{
	const json_t *have = json_list(b->view, "domains");
	json_int_t next = json_int_or(b->view, "nextDomainId", 0);

	for (size_t i = 0; i < b->wish.domain_count; i++) {
		const char *wanted = threshold_scheme_name(b->wish.domains[i].scheme);
		const char *there = json_str(json_array_get(have, i), "protocol");

		if (!there)
			json_array_append_new(ret, domain_json(&b->wish.domains[i], next++));
		else if (strcmp(there, wanted)) {
			b->why = str_printf("domain %zu of %s is %s and stays it, network.yaml's is %s: add new "
					    "domains behind those that are there",
					    i, b->chain.contract, there, wanted);
			return 1;
		}
	}
	return 0;
}

static void print_vote(const struct bring_up *b, const json_t *domains)
{
	json_t *one;
	size_t i;

	(void)printf("Domains: all %zu participants voted for", json_array_size(b->members));
	json_array_foreach((json_t *)(uintptr_t)domains, i, one)
		(void)printf("%s %lld %s", i ? "," : "", (long long)json_int_or(one, "id", 0),
			     json_str_or(one, "protocol", "?"));
	(void)puts(".");
}

static bool no_domain_missing(struct bring_up *b)
{
	OWN(json) json_t *missing = json_array();

	return missing_domains(b, missing) == 0 && json_array_size(missing) == 0;
}

int operator_step_domains(struct bring_up *b, struct err *err)
{
	OWN(json) json_t *domains = json_array(), *args = NULL;

	if (!contract_view_is(b->view, "Running"))
		return 0;
	if (missing_domains(b, domains))
		return 1;
	if (!json_array_size(domains))
		return 0;
	args = json_pack("{s:O}", "domains", domains);
	if (operator_vote(b, b->members, "vote_add_domains", args, err) < 0)
		return by_another(b, no_domain_missing);
	if (b->cli->progress)
		print_vote(b, domains);
	return operator_look(b, err);
}

/* ---- other participants, another threshold ------------------------------------------------------------ */

static bool same_member(const json_t *participant, const json_t *member)
{
	const json_t *info = json_array_get(member, 2);

	return participant && str_eq(json_str(participant, "url"), json_str(info, "url")) &&
	       str_eq(json_str(participant, "publicKey"), json_str(info, "sign_pk"));
}

static bool as_wanted(const struct bring_up *b, unsigned threshold)
{
	json_t *member;
	size_t i;

	json_array_foreach(b->members, i, member)
		if (!same_member(contract_view_participant(b->view,
							   json_string_value(json_array_get(member, 0))),
				 member))
			return false;
	return json_array_size(json_list(b->view, "participants")) == json_array_size(b->members) &&
	       json_int_or(b->view, "threshold", 0) == threshold;
}

/* The members, with the ids they have or new ones. */
static json_t *proposal(const struct bring_up *b, unsigned threshold, size_t *ret_staying)
{
	json_int_t next = json_int_or(b->view, "nextParticipantId", 0);
	json_t *list = json_array(), *member;
	size_t i;

	*ret_staying = 0;
	json_array_foreach(b->members, i, member) {
		const json_t *old =
			contract_view_participant(b->view, json_string_value(json_array_get(member, 0)));

		*ret_staying += old != NULL;
		json_array_append_new(list, json_pack("[O,I,O]", json_array_get(member, 0),
						      old ? json_int_or(old, "id", 0) : next++,
						      json_array_get(member, 2)));
	}
	return json_pack("{s:I,s:{s:I,s:o}}", "threshold", (json_int_t)threshold, "participants", "next_id",
			 next, "participants", list);
}

static bool settled(struct bring_up *b)
{
	return as_wanted(b, operator_threshold(&b->wish, json_array_size(b->members)));
}

static void say_reshare(const struct bring_up *b, unsigned threshold)
{
	if (!b->cli->progress)
		return;
	(void)printf("Resharing: from %zu to %zu participants, threshold %lld to %u; the public keys stay.\n",
		     json_array_size(json_list(b->view, "participants")), json_array_size(b->members),
		     (long long)json_int_or(b->view, "threshold", 0), threshold);
	(void)fflush(stdout);
}

int operator_step_reshare(struct bring_up *b, struct err *err)
{
	unsigned threshold = operator_threshold(&b->wish, json_array_size(b->members));
	json_int_t epoch = json_int_or(b->view, "epochId", 0) + 1, needed = json_int_or(b->view, "threshold", 0);
	json_int_t cancelled = json_int_or(b->view, "cancelledEpochId", -1);
	OWN(json) json_t *proposed = NULL, *args = NULL;
	size_t staying;

	if (!contract_view_is(b->view, "Running") || as_wanted(b, threshold))
		return 0;
	proposed = proposal(b, threshold, &staying);
	if ((json_int_t)staying < needed) {
		b->why = str_printf("resharing needs %lld participants that have a share now, and only %zu of them "
				    "are among the %zu nodes: bring back those that went away (their volumes hold the "
				    "shares), and take away fewer at a time",
				    (long long)needed, staying, json_array_size(b->members));
		return 1;
	}
	if (cancelled >= epoch)
		epoch = cancelled + 1;
	say_reshare(b, threshold);
	args = json_pack("{s:I,s:O}", "prospective_epoch_id", epoch, "proposal", proposed);
	if (operator_vote(b, json_list(json_map(proposed, "participants"), "participants"),
			  "vote_new_parameters", args, err) < 0 &&
	    by_another(b, settled) < 0)
		return -1;
	return operator_step_wait(b, epoch, err);
}

/* ---- until the keys are there ------------------------------------------------------------------------- */

/* Which nodes stand in the way, by name: those that do not answer, else those that miss peers. */
static char *who_is_missing(const struct bring_up *b)
{
	OWN(json) json_t *nodes = json_deep_copy(b->nodes);
	OWN(buf) struct buf absent = { 0 }, apart = { 0 };
	json_int_t peers = (json_int_t)json_array_size(nodes) - 1;
	json_t *node;
	size_t i;

	network_view_probe(b->target, nodes);
	json_array_foreach(nodes, i, node) {
		const char *name = json_str_or(node, "name", "?");
		json_int_t live = json_int_or(node, "live", 0);

		if (json_int_or(json_map(node, "chain"), "blockHeight", 0) == 0)
			buf_printf(&absent, "%s%s does not answer or follows no chain", absent.len ? "; " : "", name);
		else if (live < peers)
			buf_printf(&apart, "%s%s is connected to %lld of %lld peers", apart.len ? "; " : "", name,
				   (long long)live, (long long)peers);
	}
	if (absent.len)
		return buf_take(&absent);
	return apart.len ? buf_take(&apart) : str_dup("all nodes are connected");
}

struct waiting {
	char *last; /* sentence */
	int64_t since_ms;
	bool stalled; /* said */
};

static void say_progress(struct bring_up *b, struct waiting *w)
{
	OWN(str) char *now = contract_view_sentence(b->view);

	if (!w->last || strcmp(w->last, now)) {
		if (b->cli->progress && !contract_view_is(b->view, "Running"))
			(void)printf("  %s\n", now);
		free(w->last);
		w->last = GIVE(now);
		w->since_ms = deploy_now_ms();
		w->stalled = false;
	} else if (!w->stalled && deploy_now_ms() - w->since_ms > STALL_MS) {
		OWN(str) char *who = who_is_missing(b);

		if (!b->cli->quiet)
			(void)fprintf(stderr, "  no change for %d s: %s\n", STALL_MS / 1000, who);
		w->stalled = true;
	}
	(void)fflush(stdout);
}

static int too_late(struct bring_up *b, const struct waiting *w)
{
	OWN(str) char *who = who_is_missing(b);

	b->why = str_printf("the contract is in %s; %s. mpcup up again goes on from there", w->last, who);
	return 1;
}

static bool arrived(const struct bring_up *b, json_int_t epoch)
{
	return contract_view_is(b->view, "Running") && json_int_or(b->view, "epochId", 0) >= epoch &&
	       (contract_view_complete(b->view) || !json_array_size(json_list(b->view, "domains")));
}

int operator_step_wait(struct bring_up *b, json_int_t epoch, struct err *err)
{
	struct waiting w = { 0 };
	int rc;

	while ((rc = operator_look(b, err)) == 0) {
		say_progress(b, &w);
		if (arrived(b, epoch))
			break;
		if (deploy_now_ms() > b->deadline_ms) {
			rc = too_late(b, &w);
			break;
		}
		deploy_pause_ms(LOOK_MS);
	}
	free(w.last);
	return rc;
}
