/* Networks that sign: keys of several schemes, signatures checked. */
#pragma once
#include "world.h"


struct scheme {
	int id;
	const char *protocol;
};
extern const struct scheme all_three[3]; /* CaitSith, Frost, DamgardEtAl as domains 0, 1, 2 */
/* Chain, accounts, contract, nodes, votes for the domains; does not wait for Running. */
void signing_begin(struct world *w, const struct scheme *schemes, size_t count);
void signing_bring_up(struct world *w, const struct scheme *schemes, size_t count); /* waits */
void signing_show_logs(struct world *w);
/* alice.test.near asks the contract for a signature; it is checked with the key that the contract derives. */
bool signing_signs(struct world *w, int domain, bool ecdsa, const char *path);
/* Whether /debug/domains of a node comes to say so. */
bool signing_wait(struct world *w, size_t node, size_t domain, bool can_sign, int timeout_ms);
int64_t signing_now_ms(void);
