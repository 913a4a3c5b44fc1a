/* libcurl comes with some twenty libraries whose loading takes longer than most commands: it is opened
 * by the first client, not when the program starts. */
#include <dlfcn.h>
#include <string.h>

#include "engine/libcurl/libcurl.h"

#define LIBCURL "libcurl.so.4" /* the ABI of its header */

struct libcurl libcurl;

/* clang-format off */
static const struct {
	const char *name;
	void *at;
} symbols[] = {
	{ "curl_easy_cleanup", &libcurl.easy_cleanup },
	{ "curl_easy_getinfo", &libcurl.easy_getinfo },
	{ "curl_easy_init", &libcurl.easy_init },
	{ "curl_easy_perform", &libcurl.easy_perform },
	{ "curl_easy_reset", &libcurl.easy_reset },
	{ "curl_easy_setopt", &libcurl.easy_setopt },
	{ "curl_easy_strerror", &libcurl.easy_strerror },
	{ "curl_global_cleanup", &libcurl.global_cleanup },
	{ "curl_global_init", &libcurl.global_init },
	{ "curl_slist_append", &libcurl.slist_append },
	{ "curl_slist_free_all", &libcurl.slist_free_all },
};
/* clang-format on */

/* It stays open to the end: its threads and TLS would not survive a dlclose(). */
int libcurl_load(struct err *err)
{
	void *library = libcurl.global_init ? NULL : dlopen(LIBCURL, RTLD_LAZY | RTLD_LOCAL);

	if (libcurl.global_init)
		return 0;
	if (!library)
		return err_set(err, ERR_SYS, "%s: install the package libcurl4", dlerror());
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(library, symbols[i].name);

		if (!symbol)
			return err_set(err, ERR_SYS, "%s", dlerror());
		memcpy(symbols[i].at, &symbol, sizeof(symbol));
	}
	return 0;
}
