#include "core/aws/aws.h"

#include <string.h>

#include "core/aws/aws-internal.h"

/* Length of the character at s (valid UTF-8 from jansson or a C string of ours). */
static size_t char_len(const char *s, size_t left)
{
	unsigned char c = (unsigned char)*s;
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return len <= left ? len : left;
}

/* XML 1.0 cannot carry control characters nor U+FFFE and U+FFFF, not even escaped. */
static bool xml_forbidden(const char *s, size_t len)
{
	unsigned char c = (unsigned char)*s;

	if (len == 1)
		return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
	return len == 3 && c == 0xef && (unsigned char)s[1] == 0xbf && (unsigned char)s[2] >= 0xbe;
}

static void xml_text(struct buf *b, const char *s, size_t len)
{
	while (len) {
		size_t n = char_len(s, len);

		if (xml_forbidden(s, n))
			buf_str(b, "\xef\xbf\xbd");
		else if (*s == '&')
			buf_str(b, "&amp;");
		else if (*s == '<')
			buf_str(b, "&lt;");
		else if (*s == '>')
			buf_str(b, "&gt;");
		else if (*s == '\r')
			buf_str(b, "&#xD;"); /* a bare one would be read back as LF */
		else
			buf_add(b, s, n);
		s += n;
		len -= n;
	}
}

void aws_xml_escape(struct buf *b, const char *text)
{
	xml_text(b, text, strlen(text));
}

static bool name_char(char c, bool first)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_')
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '-' || c == '.');
}

/* Member names are AWS's and fit; free names (keys of maps) must not break the document. */
static void xml_name(struct buf *b, const char *name)
{
	if (!*name)
		buf_char(b, '_');
	for (size_t i = 0; name[i]; i++)
		buf_char(b, name_char(name[i], i == 0) ? name[i] : '_');
}

static void xml_open(struct buf *b, const char *name)
{
	buf_char(b, '<');
	xml_name(b, name);
	buf_char(b, '>');
}

static void xml_close(struct buf *b, const char *name)
{
	buf_str(b, "</");
	xml_name(b, name);
	buf_char(b, '>');
}

static void xml_element(struct buf *b, const char *name, const json_t *value, const char *item);

static void xml_members(struct buf *b, const json_t *object, const char *item)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
		xml_element(b, key, value, item);
}

/* Depth: that of the service's answer. */
static void xml_element(struct buf *b, const char *name, const json_t *value, const char *item)
{
	OWN(buf) struct buf text = { 0 };
	json_t *child;
	size_t i;

	if (!value || json_is_null(value))
		return;
	xml_open(b, name);
	if (json_is_object(value))
		xml_members(b, value, item);
	else if (json_is_array(value))
		json_array_foreach(value, i, child) xml_element(b, item, child, item);
	else if (aws_scalar_text(value, &text))
		xml_text(b, text.data ? text.data : "", text.len);
	xml_close(b, name);
}

static void xml_line(struct buf *b, const char *name, const char *text)
{
	xml_open(b, name);
	xml_text(b, text, strlen(text));
	xml_close(b, name);
}

static const char xml_start[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

char *aws_xml_reply(const struct aws_service *s, const char *action, const json_t *out,
		    const char *request_id)
{
	OWN(str) char *response = str_printf("%sResponse", action);
	OWN(str) char *result = str_printf("%sResult", action);
	struct buf b = { 0 };

	buf_str(&b, xml_start);
	buf_char(&b, '<');
	xml_name(&b, response);
	buf_printf(&b, " xmlns=\"%s\">", s->xml_namespace ? s->xml_namespace : "");
	if (s->protocol == AWS_EC2) {
		xml_line(&b, "requestId", request_id);
		xml_members(&b, out, "item");
	} else {
		xml_open(&b, result);
		xml_members(&b, out, "member");
		xml_close(&b, result);
		xml_open(&b, "ResponseMetadata");
		xml_line(&b, "RequestId", request_id);
		xml_close(&b, "ResponseMetadata");
	}
	xml_close(&b, response);
	return buf_take(&b);
}

/* Whose fault it was: AWS says Receiver for its own. */
static const char *error_type(const char *code)
{
	static const char *const ours[] = { "InternalFailure", "InternalError",
					    "ServiceUnavailable", "ServiceFailure",
					    "ServiceException" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!strcmp(code, ours[i]))
			return "Receiver";
	return "Sender";
}

char *aws_xml_error(const struct aws_service *s, const char *code, const char *message,
		    const char *request_id)
{
	struct buf b = { 0 };

	buf_str(&b, xml_start);
	if (s && s->protocol == AWS_EC2) {
		buf_str(&b, "<Response><Errors><Error>");
		xml_line(&b, "Code", code);
		xml_line(&b, "Message", message);
		buf_str(&b, "</Error></Errors>");
		xml_line(&b, "RequestID", request_id);
		buf_str(&b, "</Response>");
	} else if (s && s->protocol == AWS_REST_XML) {
		buf_str(&b, "<Error>");
		xml_line(&b, "Code", code);
		xml_line(&b, "Message", message);
		xml_line(&b, "RequestId", request_id);
		buf_str(&b, "</Error>");
	} else {
		buf_printf(&b, "<ErrorResponse xmlns=\"%s\"><Error>",
			   s && s->xml_namespace
				   ? s->xml_namespace
				   : "http://webservices.amazon.com/AWSFault/2005-15-09");
		xml_line(&b, "Type", error_type(code));
		xml_line(&b, "Code", code);
		xml_line(&b, "Message", message);
		buf_str(&b, "</Error>");
		xml_line(&b, "RequestId", request_id);
		buf_str(&b, "</ErrorResponse>");
	}
	return buf_take(&b);
}
