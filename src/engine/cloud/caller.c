/* Pages in a browser of this machine reach the endpoint too: what they send is refused. */
#include <string.h>
#include <strings.h>

#include "engine/cloud/verify.h"

/* The name without port; caller frees. */
static char *host_name(const char *host)
{
	const char *end = *host == '[' ? strchr(host, ']') : NULL;

	return end ? str_dup_n(host, (size_t)(end + 1 - host))
		   : str_dup_n(host, strcspn(host, ":"));
}

/* A page in a browser can make a name of its own point to 127.0.0.1 (DNS rebinding), but it cannot
 * own these. data- and stream-localhost are what SDKs make of localhost for some operations. */
static bool host_allowed(const char *host)
{
	static const char *const patterns[] = { "127.0.0.1",	   "localhost",
						"*.localhost",	   "[::1]",
						"data-localhost",  "stream-localhost",
						"data-127.0.0.1",  "stream-127.0.0.1",
						"*.amazonaws.com", "*.amazonaws.com.cn" };
	OWN(str) char *name = host ? host_name(host) : NULL;

	for (size_t i = 0; name && i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (str_glob(patterns[i], name, true))
			return true;
	return false;
}

/* What browsers say of a request that another page makes: forms and images have no Origin, but a
 * Referer or Sec-Fetch-Site. AWS's clients send none of these. */
static bool from_other_site(const struct http_request *r, const char *own)
{
	const char *origin = json_str(r->headers, "origin"), *referer = json_str(r->headers, "referer");
	const char *site = json_str(r->headers, "sec-fetch-site");
	size_t len = strlen(own);

	if (origin && strcasecmp(origin, own) != 0)
		return true;
	if (referer && (strncasecmp(referer, own, len) != 0 || (referer[len] && !strchr("/?#", referer[len]))))
		return true;
	return site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
}

const char *foreign_caller(const struct http_request *r)
{
	const char *host = json_str(r->headers, "host");
	OWN(str) char *own = str_printf("http://%s", host ? host : "");

	if (!host_allowed(host))
		return "mpcup: this endpoint answers to 127.0.0.1, localhost and AWS's own host names only\n";
	if (from_other_site(r, own))
		return "mpcup: requests from other web sites are refused\n";
	return NULL;
}
