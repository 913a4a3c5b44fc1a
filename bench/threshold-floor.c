#include "threshold-floor.h"

#include <secp256k1.h>
#include <secp256k1_ecdh.h>
#include <secp256k1_recovery.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <time.h>

#include "engine/peer/peer-internal.h"

#define ROUND_TRIPS 2000
#define REPEATS 40
#define BATCH 10

double bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

_Noreturn void bench_fail(const char *what)
{
	fprintf(stderr, "threshold-bench: %s\n", what);
	exit(1);
}

/* ---- the round trip ------------------------------------------------------------------------------------ */

static int accept_any(X509_STORE_CTX *store, void *unused)
{
	(void)unused;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

/* ends[0] listens no more: both are connected over loopback. */
static void connected_pair(int ends[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	OWN(fd) int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(at);
	const int on = 1;

	ends[1] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) < 0 ||
	    connect(ends[1], (struct sockaddr *)&at, sizeof(at)) < 0 || (ends[0] = accept(listener, NULL, NULL)) < 0)
		bench_fail("no connection over loopback");
	for (int i = 0; i < 2; i++)
		setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static SSL *tls_over(int fd, bool server)
{
	struct near_key key;
	struct err err = { 0 };
	SSL_CTX *context;
	SSL *ssl;

	near_key_from_seed((const uint8_t[32]){ 9, server }, &key);
	context = peer_tls_context(&key, accept_any, &err);
	ssl = context ? SSL_new(context) : NULL;
	SSL_CTX_free(context);
	if (!ssl || !SSL_set_fd(ssl, fd) || (server ? SSL_accept(ssl) : SSL_connect(ssl)) != 1)
		bench_fail("no TLS over loopback");
	return ssl;
}

static _Noreturn void answer(int fd)
{
	SSL *ssl = tls_over(fd, true);
	char data[64];

	while (SSL_read(ssl, data, sizeof(data)) == sizeof(data))
		SSL_write(ssl, data, sizeof(data));
	_exit(0);
}

static double round_trip(void)
{
	char data[64] = { 0 };
	double least = 1;
	int ends[2];
	pid_t child;
	SSL *ssl;

	connected_pair(ends);
	child = fork();
	if (!child) {
		close(ends[1]);
		answer(ends[0]);
	}
	close(ends[0]);
	ssl = tls_over(ends[1], false);
	for (int i = 0; i < ROUND_TRIPS; i++) {
		double began = bench_now();

		if (SSL_write(ssl, data, sizeof(data)) != sizeof(data) ||
		    SSL_read(ssl, data, sizeof(data)) != sizeof(data))
			bench_fail("the other side of the round trip is gone");
		began = bench_now() - began;
		least = began < least ? began : least;
	}
	SSL_free(ssl);
	close(ends[1]);
	waitpid(child, NULL, 0);
	return least;
}

/* ---- operations ------------------------------------------------------------------------------------------ */

struct operands {
	uint8_t scalar[32], ed_point[32], ed_key[64], hash[32];
	uint8_t signature[64];
	uint8_t encoded[33];
	secp256k1_context *context;
	secp256k1_pubkey point;
	secp256k1_ecdsa_recoverable_signature recoverable;
};

static void ed25519_base(struct operands *o)
{
	uint8_t unused[32];

	if (crypto_scalarmult_ed25519_base_noclamp(unused, o->scalar))
		bench_fail("libsodium");
}

static void ed25519_check(struct operands *o)
{
	if (!crypto_core_ed25519_is_valid_point(o->ed_point))
		bench_fail("a point is refused");
}

static void ed25519_verify(struct operands *o)
{
	if (crypto_sign_verify_detached(o->signature, o->hash, 32, o->ed_key + 32))
		bench_fail("a signature is refused");
}

static void secp256k1_base(struct operands *o)
{
	secp256k1_pubkey unused;

	if (!secp256k1_ec_pubkey_create(o->context, &unused, o->scalar))
		bench_fail("libsecp256k1");
}

static void secp256k1_secret(struct operands *o)
{
	uint8_t unused[32];

	if (!secp256k1_ecdh(o->context, unused, &o->point, o->scalar, NULL, NULL))
		bench_fail("libsecp256k1");
}

static void secp256k1_public(struct operands *o)
{
	secp256k1_pubkey product = o->point;

	if (!secp256k1_ec_pubkey_tweak_mul(o->context, &product, o->scalar))
		bench_fail("libsecp256k1");
}

static void secp256k1_decode(struct operands *o)
{
	secp256k1_pubkey unused;

	if (!secp256k1_ec_pubkey_parse(o->context, &unused, o->encoded, 33))
		bench_fail("libsecp256k1");
}

static void secp256k1_recover(struct operands *o)
{
	secp256k1_pubkey unused;

	if (!secp256k1_ecdsa_recover(o->context, &unused, &o->recoverable, o->hash))
		bench_fail("libsecp256k1");
}

static void prepare(struct operands *o)
{
	size_t len = 33;

	o->context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
	crypto_core_ed25519_scalar_random(o->scalar);
	o->scalar[0] &= 0x7f; /* below both orders, whichever end is meant */
	o->scalar[31] &= 0x0f;
	randombytes_buf(o->hash, 32);
	crypto_scalarmult_ed25519_base_noclamp(o->ed_point, o->scalar);
	crypto_sign_keypair(o->ed_key + 32, o->ed_key);
	crypto_sign_detached(o->signature, NULL, o->hash, 32, o->ed_key);
	if (!secp256k1_ec_pubkey_create(o->context, &o->point, o->scalar) ||
	    !secp256k1_ecdsa_sign_recoverable(o->context, &o->recoverable, o->hash, o->scalar, NULL, NULL))
		bench_fail("libsecp256k1");
	secp256k1_ec_pubkey_serialize(o->context, o->encoded, &len, &o->point, SECP256K1_EC_COMPRESSED);
}

static double least_of(void (*operation)(struct operands *o), struct operands *o)
{
	double least = 1;

	for (int i = 0; i < REPEATS; i++) {
		double began = bench_now();

		for (int k = 0; k < BATCH; k++)
			operation(o);
		began = (bench_now() - began) / BATCH;
		least = began < least ? began : least;
	}
	return least;
}

void floors_measure(struct floors *ret)
{
	struct operands o;

	prepare(&o);
	*ret = (struct floors){
		.round_trip = round_trip(),
		.ed25519_base = least_of(ed25519_base, &o),
		.ed25519_check = least_of(ed25519_check, &o),
		.ed25519_verify = least_of(ed25519_verify, &o),
		.secp256k1_base = least_of(secp256k1_base, &o),
		.secp256k1_secret = least_of(secp256k1_secret, &o),
		.secp256k1_public = least_of(secp256k1_public, &o),
		.secp256k1_decode = least_of(secp256k1_decode, &o),
		.secp256k1_recover = least_of(secp256k1_recover, &o),
	};
	secp256k1_context_destroy(o.context);
}
