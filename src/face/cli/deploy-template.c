/* How a template gets to CloudFormation. Sources: AWS, "CloudFormation quotas"; S3 User Guide, "Default
 * settings for new buckets": a new bucket is private (Block Public Access) and encrypted (SSE-S3). */
#include <string.h>

#include "core/aws/aws.h"
#include "face/cli/deploy.h"

enum { BODY_MOST = 51200, URL_MOST = 1000000 };

/* Says that a bucket will be made. A bucket of that name that is somebody else's is refused: what is put
 * there could be changed before CloudFormation reads it. */
static int look_at_bucket(struct target *t, const char *bucket, size_t len, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s}", "Bucket", bucket);
	struct err why = { 0 };
	char code[96];

	awsclient_own_buckets(t->aws, t->account);
	if (awsclient_call(t->aws, "s3", "HeadBucket", in, NULL, code, &why) == 0)
		return 0;
	if (!strcmp(code, "404") || !strcmp(code, "NoSuchBucket")) {
		(void)fflush(stdout);
		(void)fprintf(stderr,
			      "Making the S3 bucket %s (private, encrypted): the template has %zu bytes, more "
			      "than the %d that a request takes. It stays; templates are all it holds.\n",
			      bucket, len, BODY_MOST);
		return 0;
	}
	if (!strcmp(code, "403"))
		return err_set(err, ERR_REMOTE,
			       "the S3 bucket %s for large templates is not of account %s, or may not be used "
			       "(s3:ListBucket)",
			       bucket, t->account);
	return err_set(err, why.code, "s3 HeadBucket %s: %s", bucket, why.text);
}

char *deploy_bucket(struct target *t, size_t len, struct err *err)
{
	OWN(str) char *bucket = str_printf("mpcup-templates-%s-%s", t->account, awsclient_region(t->aws));

	return !t->local && look_at_bucket(t, bucket, len, err) < 0 ? NULL : GIVE(bucket);
}

/* The key is the content's hash. */
static int upload(struct target *t, const struct deployment *d, json_t *in, struct err *err)
{
	OWN(str) char *bucket = deploy_bucket(t, d->template_len, err);
	OWN(str) char *hex = aws_sha256_hex(d->template_text, d->template_len);
	OWN(str) char *key = str_printf("%s.template", hex), *url = NULL;

	if (!bucket)
		return -1;
	if (awsclient_s3_put(t->aws, bucket, key, d->template_text, d->template_len, &url, err) < 0)
		return err_in(err, "upload of the template");
	json_set_str(in, "TemplateURL", url);
	return 0;
}

int deploy_template(struct target *t, const struct deployment *d, json_t *in, struct err *err)
{
	if (d->template_len > URL_MOST)
		return err_set(err, ERR_LIMIT, "the template of stack %s has %zu bytes; CloudFormation takes %d",
			       d->stack, d->template_len, URL_MOST);
	if (d->template_len > BODY_MOST)
		return upload(t, d, in, err);
	json_object_set_new(in, "TemplateBody", json_stringn(d->template_text, d->template_len));
	if (!json_object_get(in, "TemplateBody"))
		return err_set(err, ERR_INPUT, "the template is not UTF-8 text");
	return 0;
}
