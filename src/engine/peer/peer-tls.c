#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "engine/peer/peer-internal.h"

static int tls_error(struct err *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return err_set(err, ERR_SYS, "TLS: %s: %s", what, reason ? reason : "unknown");
}

/* As the real node: subject "dummy", valid for ever, because the certificate only carries the key.
 */
static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name;

	if (!x)
		return NULL;
	name = X509_get_subject_name(x);
	if (X509_set_version(x, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
	    ASN1_TIME_set_string_X509(X509_getm_notBefore(x), "19750101000000Z") &&
	    ASN1_TIME_set_string_X509(X509_getm_notAfter(x), "40960101000000Z") &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"dummy", -1,
				       -1, 0) &&
	    X509_set_issuer_name(x, name) && X509_set_pubkey(x, key) && X509_sign(x, key, NULL))
		return x;
	X509_free(x);
	return NULL;
}

static int use_key(SSL_CTX *tls, const struct near_key *key)
{
	EVP_PKEY *secret =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->secret, NEAR_SEED_BYTES);
	X509 *certificate = secret ? make_certificate(secret) : NULL;
	int ok = certificate && SSL_CTX_use_certificate(tls, certificate) == 1 &&
		 SSL_CTX_use_PrivateKey(tls, secret) == 1;

	X509_free(certificate);
	EVP_PKEY_free(secret);
	return ok ? 0 : -1;
}

SSL_CTX *peer_tls_context(const struct near_key *key,
			  int (*verify)(X509_STORE_CTX *store, void *unused), struct err *err)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_method());

	if (!tls) {
		tls_error(err, "context");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION);
	SSL_CTX_set_max_proto_version(tls, TLS1_3_VERSION);
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(tls, verify, NULL);
	/* A resumed session would skip the certificate. */
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(tls, 0);
	SSL_CTX_set_max_cert_list(tls, 16384);
	SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
	if (use_key(tls, key) < 0) {
		tls_error(err, "certificate");
		SSL_CTX_free(tls);
		return NULL;
	}
	return tls;
}

int peer_tls_key(X509_STORE_CTX *store, uint8_t ret[NEAR_PUBLIC_BYTES])
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(store);
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	EVP_PKEY *key = leaf ? X509_get0_pubkey(leaf) : NULL;
	size_t len = NEAR_PUBLIC_BYTES;

	if (sk_X509_num(chain) != 1 || !key || EVP_PKEY_id(key) != EVP_PKEY_ED25519)
		return -1;
	return EVP_PKEY_get_raw_public_key(key, ret, &len) == 1 && len == NEAR_PUBLIC_BYTES ? 0
											    : -1;
}
