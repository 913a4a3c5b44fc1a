/* libcurl, opened by the first who needs it: its twenty libraries take longer to load than most
 * commands take to run. */
#pragma once
#include <curl/curl.h>

#include "base/err.h"

/* libcurl's functions by their names without "curl_", once libcurl_load() has returned 0. */
extern struct libcurl {
	void (*easy_cleanup)(CURL *curl);
	CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
	CURL *(*easy_init)(void);
	CURLcode (*easy_perform)(CURL *curl);
	void (*easy_reset)(CURL *curl);
	CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
	const char *(*easy_strerror)(CURLcode code);
	void (*global_cleanup)(void);
	CURLcode (*global_init)(long flags);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
} libcurl;
int libcurl_load(struct err *err);
