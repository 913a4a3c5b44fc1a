#include "engine/awsclient/profile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/sys/sys.h"

enum { PROFILE_FILE_MOST = 1 << 20 };

/* `len` bytes without the blanks at both ends. */
static char *trimmed(const char *text, size_t len)
{
	while (len && strchr(" \t\r", *text)) {
		text++;
		len--;
	}
	while (len && strchr(" \t\r", text[len - 1]))
		len--;
	return str_dup_n(text, len);
}

static json_t *section_of(json_t *sections, const char *name)
{
	json_t *section = json_map(sections, name);

	if (!section) {
		section = json_object();
		json_object_set_new(sections, name, section);
	}
	return section;
}

static int take_setting(const char *line, size_t len, json_t *section, const char *where,
			struct err *err)
{
	const char *equals = memchr(line, '=', len);
	OWN(str) char *key = equals ? trimmed(line, (size_t)(equals - line)) : NULL;
	OWN(str) char *value = NULL;

	if (!equals || !*key)
		return err_set(err, ERR_INPUT, "%s: neither [section] nor key = value", where);
	if (!section)
		return err_set(err, ERR_INPUT, "%s: '%s' stands in front of any [section]", where, key);
	for (char *c = key; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	value = trimmed(equals + 1, len - (size_t)(equals + 1 - line));
	json_object_set_new(section, key, json_bytes(value, strlen(value)));
	explicit_bzero(value, strlen(value));
	return 0;
}

/* One line; *section is the one it stands in. */
static int take_line(const char *line, size_t len, json_t *sections, json_t **section,
		     const char *where, struct err *err)
{
	OWN(str) char *name = NULL;
	const char *end;

	if (!len || strchr("#; \t\r", *line))
		return 0; /* empty, a comment, or nested below a setting */
	if (*line != '[')
		return take_setting(line, len, *section, where, err);
	end = memchr(line, ']', len);
	if (!end)
		return err_set(err, ERR_INPUT, "%s: the section's name has no ]", where);
	name = trimmed(line + 1, (size_t)(end - line - 1));
	*section = section_of(sections, name);
	return 0;
}

int profile_parse(const char *name, const char *text, size_t len, json_t **ret, struct err *err)
{
	OWN(json) json_t *sections = json_object();
	json_t *section = NULL;
	const char *end = text + len;
	unsigned number = 0;

	while (text < end) {
		const char *next = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((next ? next : end) - text);
		OWN(str) char *where = str_printf("%s:%u", name, ++number);

		if (take_line(text, length, sections, &section, where, err) < 0)
			return -1;
		text += length + 1;
	}
	*ret = GIVE(sections);
	return 0;
}

/* ---- the files -------------------------------------------------------------------------------------- */

/* The path in the variable, else ~/.aws/<name>; NULL: there is no home. */
static char *path_of(const char *variable, const char *name)
{
	const char *own = getenv(variable), *home = getenv("HOME");

	if (own && *own)
		return str_starts(own, "~/") && home ? str_printf("%s%s", home, own + 1) : str_dup(own);
	return home && *home ? str_printf("%s/.aws/%s", home, name) : NULL;
}

static int load(const char *variable, const char *name, json_t **ret, struct err *err)
{
	OWN(str) char *path = path_of(variable, name), *text = NULL;
	size_t len = 0;
	int rc;

	if (!path || access(path, F_OK) < 0) {
		*ret = json_object();
		return 0;
	}
	if (sys_read_file(path, PROFILE_FILE_MOST, &text, &len, err) < 0)
		return -1;
	rc = profile_parse(path, text, len, ret, err);
	explicit_bzero(text, len);
	return rc;
}

/* "profile dev" -> "dev", with the kind in front; NULL: another kind. */
static const char *after(const char *section, const char *kind)
{
	size_t len = strlen(kind);

	return str_starts(section, kind) && strchr(" \t", section[len]) && section[len]
		       ? section + len + strspn(section + len, " \t")
		       : NULL;
}

int profile_load(json_t **ret, struct err *err)
{
	OWN(json) json_t *config = NULL, *credentials = NULL;
	json_t *profiles = json_object(), *sso = json_object(), *settings;
	OWN(json) json_t *whole = json_pack("{s:o,s:o}", "profiles", profiles, "sso", sso);
	const char *section, *name;

	if (load("AWS_CONFIG_FILE", "config", &config, err) < 0 ||
	    load("AWS_SHARED_CREDENTIALS_FILE", "credentials", &credentials, err) < 0)
		return -1;
	json_object_foreach(config, section, settings) {
		if ((name = after(section, "profile")) || !strcmp(section, "default"))
			json_object_update(section_of(profiles, name ? name : section), settings);
		else if ((name = after(section, "sso-session")))
			json_object_update(section_of(sso, name), settings);
	}
	json_object_foreach(credentials, section, settings)
		json_object_update(section_of(profiles, section), settings);
	*ret = GIVE(whole);
	return 0;
}
