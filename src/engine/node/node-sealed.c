#include "engine/node/node-sealed.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "base/secret.h"

#define MAGIC "MPCUPKS1"
#define MAGIC_BYTES 8
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define HEADER_MOST 65536

static int failed(EVP_CIPHER_CTX *c, struct err *err)
{
	EVP_CIPHER_CTX_free(c);
	return err_set(err, ERR_SYS, "AES-128-GCM of OpenSSL failed");
}

static int encrypt(const uint8_t key[16], const uint8_t *nonce, const void *aad, size_t aad_len,
		   const void *content, size_t len, uint8_t *ret, struct err *err)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int done = 0;

	if (!c || EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, nonce) != 1 ||
	    EVP_EncryptUpdate(c, NULL, &done, aad, (int)aad_len) != 1 ||
	    EVP_EncryptUpdate(c, ret, &done, content, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(c, ret + done, &done) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, ret + len) != 1)
		return failed(c, err);
	EVP_CIPHER_CTX_free(c);
	return 0;
}

/* 0, 1: the tag is not this key's, -1. */
static int decrypt(const uint8_t key[16], const uint8_t *nonce, const void *aad, size_t aad_len,
		   const uint8_t *content, size_t len, uint8_t *ret, struct err *err)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t tag[TAG_BYTES];
	int done = 0, good;

	memcpy(tag, content + len, TAG_BYTES);
	if (!c || EVP_DecryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, nonce) != 1 ||
	    EVP_DecryptUpdate(c, NULL, &done, aad, (int)aad_len) != 1 ||
	    EVP_DecryptUpdate(c, ret, &done, content, (int)len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) != 1)
		return failed(c, err);
	good = EVP_DecryptFinal_ex(c, ret + done, &done);
	EVP_CIPHER_CTX_free(c);
	return good == 1 ? 0 : 1;
}

int sealed_write(const uint8_t key[16], const json_t *header, const void *content, size_t len,
		 struct buf *ret, struct err *err)
{
	OWN(str) char *text = json_canonical(header);
	size_t text_len = strlen(text);
	uint8_t nonce[NONCE_BYTES], size[4];
	uint8_t *sealed = mem_new(len + TAG_BYTES, 1);
	int result;

	for (int i = 0; i < 4; i++)
		size[i] = (uint8_t)(text_len >> (8 * i));
	randombytes_buf(nonce, sizeof(nonce));
	result = encrypt(key, nonce, text, text_len, content, len, sealed, err);
	if (result == 0) {
		buf_add(ret, MAGIC, MAGIC_BYTES);
		buf_add(ret, size, sizeof(size));
		buf_add(ret, text, text_len);
		buf_add(ret, nonce, sizeof(nonce));
		buf_add(ret, sealed, len + TAG_BYTES);
	}
	free(sealed);
	return result;
}

int sealed_read(const uint8_t key[16], const void *data, size_t len, json_t **ret_header,
		uint8_t **ret_content, size_t *ret_len, struct err *err)
{
	const uint8_t *bytes = data, *header = bytes + MAGIC_BYTES + 4;
	size_t fixed = MAGIC_BYTES + 4 + NONCE_BYTES + TAG_BYTES, header_len = 0, content_len;
	OWN(json) json_t *j = NULL;
	OWN(secret) void *content = NULL;
	int result;

	if (len < fixed || memcmp(bytes, MAGIC, MAGIC_BYTES) != 0)
		return err_set(err, ERR_INPUT, "this is no file of a key store");
	for (int i = 3; i >= 0; i--)
		header_len = header_len << 8 | bytes[MAGIC_BYTES + i];
	if (header_len > HEADER_MOST || header_len > len - fixed)
		return err_set(err, ERR_INPUT, "the file is cut off or damaged");
	content_len = len - fixed - header_len;
	content = secret_new(content_len + 1);
	result = decrypt(key, header + header_len, header, header_len,
			 header + header_len + NONCE_BYTES, content_len, content, err);
	if (result < 0)
		return -1;
	if (result > 0)
		return err_set(err, ERR_INPUT,
			       "Failed to decrypt key file: MPC_SECRET_STORE_KEY is not the key that "
			       "it was written with, or the file was changed");
	if (json_parse_text("header", (const char *)header, header_len, &j, err) < 0)
		return -1;
	*ret_header = GIVE(j);
	*ret_content = GIVE(content);
	*ret_len = content_len;
	return 0;
}
