/* Prints template files as JSON, one per line, with the short forms of YAML written out: for tests that
 * rewrite templates. Arguments: files. */
#include <stdio.h>

#include "core/template/template.h"
#include "engine/sys/sys.h"

enum { BYTES_MOST = 4 << 20 };

static int print(const char *path, struct err *err)
{
	OWN(str) char *text = NULL, *written = NULL;
	OWN(template) struct template *t = NULL;
	size_t len;

	if (sys_read_file(path, BYTES_MOST, &text, &len, err) < 0 || template_parse(path, text, len, &t, err) < 0)
		return -1;
	written = json_dumps(template_body(t), JSON_COMPACT);
	(void)puts(written);
	return 0;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };

	for (int i = 1; i < argc; i++)
		if (print(argv[i], &err) < 0) {
			(void)fprintf(stderr, "%s\n", err.text);
			return 1;
		}
	return 0;
}
