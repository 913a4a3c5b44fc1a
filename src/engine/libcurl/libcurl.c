/* libcurl comes with some twenty libraries whose loading takes longer than most commands: it is opened
 * by the first client, not when the program starts. */
#include "engine/libcurl/libcurl.h"
#include "engine/sys/sys.h"

#define LIBCURL "libcurl.so.4" /* the ABI of its header */

struct libcurl libcurl;

/* clang-format off */
static const struct sys_symbol symbols[] = {
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

int libcurl_load(struct err *err)
{
	return libcurl.global_init ? 0
				   : sys_library(LIBCURL, "libcurl4", symbols,
						 sizeof(symbols) / sizeof(symbols[0]), err);
}
