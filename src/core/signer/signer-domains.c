/* Domains: the four shapes of the contract's releases, and the thresholds that they can have. */
#include <stdio.h>

#include "core/signer/signer-internal.h"

/* scheme: the word up to 3.8; curve: of 3.9; protocol: from 3.10. */
static const struct kind {
	const char *protocol, *scheme, *curve;
	enum threshold_scheme kind;
} kinds[] = {
	{ "CaitSith", "Secp256k1", "Secp256k1", THRESHOLD_CAIT_SITH },
	{ "Frost", "Ed25519", "Edwards25519", THRESHOLD_FROST },
	{ "DamgardEtAl", "V2Secp256k1", "V2Secp256k1", THRESHOLD_DAMGARD_ET_AL },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *find_kind(const char *field, const char *name)
{
	for (size_t i = 0; i < KINDS; i++) {
		const char *own = str_eq(field, "protocol") ? kinds[i].protocol
				  : str_eq(field, "scheme") ? kinds[i].scheme
							    : kinds[i].curve;

		if (str_eq(own, name))
			return &kinds[i];
	}
	return NULL;
}

/* All of protocol, scheme and curve that are there must mean the same. */
static int parse_kind(const json_t *given, const struct kind **ret, struct err *err)
{
	static const char *const fields[] = { "protocol", "scheme", "curve" };

	*ret = NULL;
	for (size_t i = 0; i < 3; i++) {
		const char *name = json_str(given, fields[i]);
		const struct kind *kind = find_kind(fields[i], name);

		if (!name)
			continue;
		if (str_eq(name, "Bls12381") || str_eq(name, "ConfidentialKeyDerivation"))
			return err_set(err, ERR_INPUT,
				       "%s: key derivation on BLS12-381 is not implemented here", name);
		if (!kind)
			return arg_invalid(err, "unknown variant `%s` of %s", name, fields[i]);
		if (*ret && *ret != kind)
			return err_set(err, ERR_INPUT, "%s %s contradicts protocol %s", fields[i],
				       name, (*ret)->protocol);
		*ret = kind;
	}
	return *ret ? 0 : arg_missing(err, "protocol");
}

static int check_purpose(const json_t *given, const struct kind *kind, struct err *err)
{
	const char *purpose = json_str_or(given, "purpose", "Sign");

	if (str_eq(purpose, "Sign"))
		return 0;
	if (!str_eq(purpose, "CKD") && !str_eq(purpose, "ForeignTx"))
		return arg_invalid(err, "unknown variant `%s` of purpose", purpose);
	if (str_eq(purpose, "ForeignTx") && kind->kind == THRESHOLD_CAIT_SITH)
		return err_set(err, ERR_INPUT,
			       "purpose ForeignTx: transactions of other chains are not checked here");
	return err_set(err, ERR_INPUT,
		       "Invalid protocol-purpose combination: protocol %s is not compatible with "
		       "purpose %s",
		       kind->protocol, purpose);
}

int domain_parse(const json_t *given, json_t **ret, struct err *err)
{
	const struct kind *kind;
	json_int_t id = 0, threshold = -1;

	if (!json_is_object(given))
		return arg_invalid(err, "a domain is not an object");
	if (arg_uint(given, "id", &id, err) < 0 || parse_kind(given, &kind, err) < 0 ||
	    check_purpose(given, kind, err) < 0 ||
	    arg_uint_optional(given, "reconstruction_threshold", &threshold, err) < 0)
		return -1;
	*ret = json_pack("{s:I,s:s,s:s,s:s}", "id", id, "scheme", kind->scheme, "protocol",
			 kind->protocol, "purpose", "Sign");
	if (threshold >= 0)
		json_set_int(*ret, "reconstruction_threshold", threshold);
	return 0;
}

json_int_t domain_id(const json_t *domain)
{
	return json_int_or(domain, "id", -1);
}

enum threshold_scheme domain_scheme(const json_t *domain)
{
	const struct kind *kind = find_kind("protocol", json_str(domain, "protocol"));

	return kind ? kind->kind : THRESHOLD_FROST;
}

json_int_t domain_threshold(const json_t *domain, const json_t *parameters, const json_t *updates)
{
	char id[32];

	snprintf(id, sizeof(id), "%lld", (long long)domain_id(domain));
	return json_int_or(updates, id,
			   json_int_or(domain, "reconstruction_threshold",
				       parameters_threshold(parameters)));
}

int domain_check_threshold(const json_t *domain, const json_t *parameters, const json_t *updates,
			   struct err *err)
{
	json_int_t t = domain_threshold(domain, parameters, updates);
	json_int_t count = (json_int_t)parameters_count(parameters);

	if (t < 2)
		return err_set(err, ERR_INPUT, "Reconstruction threshold must be at least 2.");
	if (t > count)
		return err_set(err, ERR_INPUT,
			       "Reconstruction threshold %lld exceeds participant count %lld.",
			       (long long)t, (long long)count);
	if (domain_scheme(domain) == THRESHOLD_DAMGARD_ET_AL && 2 * t - 1 > count)
		return err_set(err, ERR_INPUT,
			       "Protocol DamgardEtAl requires at least %lld participants, found %lld.",
			       (long long)(2 * t - 1), (long long)count);
	if (t > parameters_threshold(parameters))
		return err_set(err, ERR_INPUT,
			       "Reconstruction threshold %lld of domain %lld exceeds the network's "
			       "threshold %lld.",
			       (long long)t, (long long)domain_id(domain),
			       (long long)parameters_threshold(parameters));
	return 0;
}

json_t *signer_domain_find(const json_t *domains, json_int_t id)
{
	json_t *domain;
	size_t i;

	json_array_foreach(json_list(domains, "domains"), i, domain)
		if (domain_id(domain) == id)
			return domain;
	return NULL;
}

bool domain_name_known(const char *name)
{
	return find_kind("protocol", name) || find_kind("scheme", name) || find_kind("curve", name);
}

bool domain_is(const json_t *domain, const char *name)
{
	const struct kind *kind = find_kind("protocol", json_str(domain, "protocol"));

	if (!kind)
		return false;
	/* As a curve, Secp256k1 is that of both ECDSA protocols. */
	if (str_eq(name, "Secp256k1"))
		return threshold_scheme_curve(kind->kind) == THRESHOLD_SECP256K1;
	return str_eq(kind->protocol, name) || str_eq(kind->scheme, name) ||
	       str_eq(kind->curve, name);
}
