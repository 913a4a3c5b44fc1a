#include "core/aws/aws.h"

#include <expat.h>
#include <string.h>

enum { XML_DEPTH_MOST = 64 };

/* One open element: its text so far and its children in order, as [name, value] pairs. */
struct element {
	struct buf text;
	json_t *children; /* array of [name, value], NULL: none yet */
};

struct reader {
	XML_Parser parser;
	struct element stack[XML_DEPTH_MOST];
	unsigned depth;
	json_t *root; /* value of the root element */
	char *root_name;
	const char *problem;
};

static void reader_stop(struct reader *r, const char *problem)
{
	if (!r->problem)
		r->problem = problem;
	XML_StopParser(r->parser, XML_FALSE);
}

static void on_start(void *ctx, const char *name, const char **attributes)
{
	struct reader *r = ctx;

	(void)attributes;
	if (r->depth == XML_DEPTH_MOST) {
		reader_stop(r, "too deep");
		return;
	}
	if (!r->depth && !r->root_name)
		r->root_name = str_dup(name);
	r->stack[r->depth++] = (struct element){ 0 };
}

static bool is_list(const json_t *children)
{
	const char *first = json_string_value(json_array_get(json_array_get(children, 0), 0));
	json_t *pair;
	size_t i;

	if (!str_eq(first, "member") && !str_eq(first, "item"))
		return false;
	json_array_foreach(
		children, i,
		pair) if (!str_eq(json_string_value(json_array_get(pair, 0)), first)) return false;
	return true;
}

/* A name that comes more than once (S3's flattened lists) becomes an array. */
static void object_add(json_t *object, json_t *repeated, const char *name, json_t *value)
{
	json_t *before = json_object_get(object, name);

	if (!before) {
		json_object_set(object, name, value);
		return;
	}
	if (!json_object_get(repeated, name)) {
		json_t *list = json_array();

		json_array_append(list, before);
		json_object_set_new(object, name, list);
		json_object_set_new(repeated, name, json_true());
		before = list;
	}
	json_array_append(before, value);
}

static json_t *element_value(struct element *e)
{
	OWN(json) json_t *repeated = NULL;
	json_t *pair, *value;
	size_t i;

	if (!e->children)
		return json_stringn(e->text.data ? e->text.data : "", e->text.len);
	if (is_list(e->children)) {
		value = json_array();
		json_array_foreach(e->children, i, pair)
			json_array_append(value, json_array_get(pair, 1));
		return value;
	}
	repeated = json_object();
	value = json_object();
	json_array_foreach(e->children, i, pair)
		object_add(value, repeated, json_string_value(json_array_get(pair, 0)),
			   json_array_get(pair, 1));
	return value;
}

static void element_free(struct element *e)
{
	buf_free(&e->text);
	json_decref(e->children);
	e->children = NULL;
}

static void on_end(void *ctx, const char *name)
{
	struct reader *r = ctx;
	struct element *e = &r->stack[--r->depth], *parent;
	json_t *value = element_value(e), *pair;

	element_free(e);
	if (!r->depth) {
		r->root = value;
		return;
	}
	parent = &r->stack[r->depth - 1];
	if (!parent->children)
		parent->children = json_array();
	pair = json_array();
	json_array_append_new(pair, json_string(name));
	json_array_append_new(pair, value);
	json_array_append_new(parent->children, pair);
}

static void on_text(void *ctx, const char *text, int len)
{
	struct reader *r = ctx;

	if (r->depth && !r->stack[r->depth - 1].children)
		buf_add(&r->stack[r->depth - 1].text, text, (size_t)len);
}

/* AWS sends none; entities are how small documents become huge ones. */
static void on_doctype(void *ctx, const char *name, const char *system, const char *public, int own)
{
	(void)name;
	(void)system;
	(void)public;
	(void)own;
	reader_stop(ctx, "a document type is not accepted");
}

static void reader_free(struct reader *r)
{
	while (r->depth)
		element_free(&r->stack[--r->depth]);
	json_decref(r->root);
	free(r->root_name);
	XML_ParserFree(r->parser);
}

static int reader_run(struct reader *r, const char *xml, size_t len, struct err *err)
{
	if (len > INT32_MAX)
		return err_set(err, ERR_LIMIT, "XML: too long");
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	if (XML_Parse(r->parser, xml, (int)len, 1) == XML_STATUS_OK)
		return 0;
	return err_set(err, ERR_INPUT, "XML line %lu: %s",
		       (unsigned long)XML_GetCurrentLineNumber(r->parser),
		       r->problem ? r->problem : XML_ErrorString(XML_GetErrorCode(r->parser)));
}

/* <XResponse><XResult>..</XResult><ResponseMetadata/></XResponse>: only the inner part counts. */
static json_t *unwrap(const char *root_name, json_t *root)
{
	size_t len = strlen(root_name);
	OWN(str) char *result = NULL;
	json_t *inner;

	if (!json_is_object(root) || !str_ends(root_name, "Response"))
		return json_incref(root);
	json_object_del(root, "ResponseMetadata");
	result = str_printf("%.*sResult", (int)(len - strlen("Response")), root_name);
	inner = json_object_get(root, result);
	if (inner && json_object_size(root) == 1)
		return json_is_string(inner) ? json_object() : json_incref(inner);
	return json_incref(root);
}

int aws_xml_decode(const char *xml, size_t len, json_t **ret, struct err *err)
{
	struct reader r = { .parser = XML_ParserCreate("UTF-8") };
	int status;

	if (!r.parser)
		abort();
	status = reader_run(&r, xml, len, err);
	if (status == 0)
		*ret = unwrap(r.root_name, r.root);
	reader_free(&r);
	return status;
}

/* "com.amazon#Name" and "Name:http://..." -> "Name" */
static char *code_bare(const char *code)
{
	const char *hash = strrchr(code, '#');

	code = hash ? hash + 1 : code;
	return str_dup_n(code, strcspn(code, ":"));
}

static int error_json(const char *body, size_t len, const char *header, char **ret_code,
		      char **ret_message)
{
	OWN(json) json_t *j = NULL;
	const char *code = header, *message;

	if (json_parse_text("error", body, len, &j, NULL) < 0 && !header)
		return -1;
	if (!code)
		code = json_str(j, "__type");
	if (!code)
		code = json_str(j, "ErrorCode");
	if (!code)
		code = json_str(j, "code");
	if (!code)
		return -1;
	message = json_str(j, "message");
	if (!message)
		message = json_str(j, "Message");
	*ret_code = code_bare(code);
	*ret_message = str_dup(message ? message : "");
	return 0;
}

static int error_xml(const char *body, size_t len, char **ret_code, char **ret_message)
{
	static const char *const places[] = { "Error", "Errors.Error", "Errors.Error.0" };
	OWN(json) json_t *j = NULL;
	json_t *error;

	if (aws_xml_decode(body, len, &j, NULL) < 0)
		return -1;
	error = j;
	for (size_t i = 0; !json_str(error, "Code") && i < sizeof(places) / sizeof(places[0]); i++)
		error = json_path(j, places[i]);
	if (!json_str(error, "Code"))
		return -1;
	*ret_code = str_dup(json_str(error, "Code"));
	*ret_message = str_dup(json_str_or(error, "Message", ""));
	return 0;
}

int aws_error_decode(const struct aws_service *s, const char *body, size_t len,
		     const char *error_type_header, char **ret_code, char **ret_message)
{
	switch (s->protocol) {
	case AWS_QUERY:
	case AWS_EC2:
	case AWS_REST_XML:
		return error_xml(body, len, ret_code, ret_message);
	case AWS_JSON10:
	case AWS_JSON11:
	case AWS_REST_JSON:
		return error_json(body, len, error_type_header, ret_code, ret_message);
	}
	return -1;
}
