/* A layer as a stream: bytes of the file (their digest), what they unpack to (its digest), the tar. */
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/str.h"
#include "engine/image/image-internal.h"

enum { CHUNK = 1 << 18, PROGRESS = 1 << 20 };

struct stream {
	const struct image_blob *blob;
	uint64_t read, told;	/* bytes of the file */
	uint64_t unpacked;	/* bytes of the tar */
	EVP_MD_CTX *outer, *inner;
	struct archive *raw;
	char *buffer;
	bool failed; /* err is set */
	struct err *err;
};

/* ---- digests
 * ------------------------------------------------------------------------------------------- */

static char *digest_text(EVP_MD_CTX *context)
{
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	OWN(str) char *hex = NULL;

	(void)EVP_DigestFinal_ex(context, value, &len);
	hex = hex_encode(value, len);
	return str_printf("sha256:%s", hex);
}

static EVP_MD_CTX *digest_new(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
		abort();
	return context;
}

char *image_digest(const void *data, size_t len)
{
	EVP_MD_CTX *context = digest_new();
	char *text;

	(void)EVP_DigestUpdate(context, data, len);
	text = digest_text(context);
	EVP_MD_CTX_free(context);
	return text;
}

/* ---- streams
 * ------------------------------------------------------------------------------------------- */

static la_ssize_t read_file(struct archive *a, void *ctx, const void **ret)
{
	struct stream *s = ctx;
	ssize_t got;

	(void)a;
	do {
		got = read(s->blob->fd, s->buffer, CHUNK);
	} while (got < 0 && errno == EINTR);
	if (got < 0) {
		s->failed = true;
		(void)err_sys(s->err, "cannot read");
		return ARCHIVE_FATAL;
	}
	(void)EVP_DigestUpdate(s->outer, s->buffer, (size_t)got);
	s->read += (uint64_t)got;
	if (s->blob->progress && s->read - s->told >= PROGRESS) {
		s->told = s->read;
		s->blob->progress(s->blob->ctx, s->read);
	}
	*ret = s->buffer;
	return got;
}

static la_ssize_t read_unpacked(struct archive *a, void *ctx, const void **ret)
{
	struct stream *s = ctx;
	la_int64_t offset;
	size_t len = 0;
	int rc;

	(void)a;
	do {
		rc = libarchive.read_data_block(s->raw, ret, &len, &offset);
	} while (rc == ARCHIVE_OK && !len);
	if (rc == ARCHIVE_EOF)
		return 0;
	s->unpacked += len;
	if (rc != ARCHIVE_OK || s->unpacked > IMAGE_MOST_BYTES + (1ULL << 30)) {
		if (!s->failed && rc != ARCHIVE_OK)
			(void)err_set(s->err, ERR_INPUT, "cannot be unpacked: %s",
				      libarchive.error_string(s->raw)
					      ? libarchive.error_string(s->raw)
					      : "damaged data");
		else if (!s->failed)
			(void)err_set(s->err, ERR_LIMIT, "unpacks to more than %llu GiB",
				      IMAGE_MOST_BYTES >> 30);
		s->failed = true;
		return ARCHIVE_FATAL;
	}
	(void)EVP_DigestUpdate(s->inner, *ret, len);
	return (la_ssize_t)len;
}

static int open_streams(struct stream *s, struct archive *tar)
{
	struct archive_entry *entry;

	if (libarchive.read_support_filter_gzip(s->raw) < ARCHIVE_WARN ||
	    libarchive.read_support_filter_zstd(s->raw) < ARCHIVE_WARN ||
	    libarchive.read_support_format_raw(s->raw) < ARCHIVE_WARN ||
	    libarchive.read_support_format_tar(tar) < ARCHIVE_WARN ||
	    libarchive.read_support_format_empty(tar) < ARCHIVE_WARN)
		return err_set(s->err, ERR_SYS, "libarchive lacks gzip, zstd or tar");
	if (libarchive.read_open(s->raw, s, NULL, read_file, NULL) != ARCHIVE_OK ||
	    libarchive.read_next_header(s->raw, &entry) != ARCHIVE_OK ||
	    libarchive.read_open(tar, s, NULL, read_unpacked, NULL) != ARCHIVE_OK)
		return s->failed ? -1 : err_set(s->err, ERR_INPUT, "is not a tar");
	return 0;
}

/* The end of a tar may come before the end of the file. */
static int drain(struct stream *s)
{
	const void *data;
	la_ssize_t got;

	do {
		got = read_unpacked(NULL, s, &data);
	} while (got > 0);
	while (got == 0 && (got = read_file(NULL, s, &data)) > 0)
		got = 0;
	return got < 0 ? -1 : 0;
}

static int check(struct stream *s, struct err *err)
{
	const struct image_blob *b = s->blob;
	OWN(str) char *outer = digest_text(s->outer);
	OWN(str) char *inner = digest_text(s->inner);

	if (b->size >= 0 && s->read != (uint64_t)b->size)
		return err_set(err, ERR_INPUT, "has %llu bytes where its descriptor says %lld",
			       (unsigned long long)s->read, (long long)b->size);
	if (b->digest && !str_eq(outer, b->digest))
		return err_set(err, ERR_INPUT, "has the digest %s where its descriptor says %s",
			       outer, b->digest);
	if (b->diff_id && !str_eq(inner, b->diff_id))
		return err_set(err, ERR_INPUT,
			       "unpacks to a tar with the digest %s where the configuration says %s",
			       inner, b->diff_id);
	return 0;
}

int image_layer(struct image_unpack *u, const struct image_blob *b, struct err *err)
{
	OWN(str) char *buffer = mem_new(1, CHUNK);
	struct err inner = { 0 };
	struct stream s = { .blob = b, .buffer = buffer, .err = &inner };
	struct archive *tar;
	int rc;

	if (libarchive_load(err) < 0)
		return -1;
	s.raw = libarchive.read_new();
	tar = libarchive.read_new();
	s.outer = digest_new();
	s.inner = digest_new();
	rc = open_streams(&s, tar);
	if (rc == 0)
		rc = image_unpack(u, tar, s.failed ? NULL : &inner);
	if (rc == 0)
		rc = drain(&s);
	if (rc == 0)
		rc = check(&s, &inner);
	(void)libarchive.read_free(tar);
	(void)libarchive.read_free(s.raw);
	EVP_MD_CTX_free(s.outer);
	EVP_MD_CTX_free(s.inner);
	return rc < 0 ? err_set(err, inner.code, "%s", inner.text) : 0;
}
