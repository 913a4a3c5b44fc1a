/* The daemon: one listener on the loopback, the fabric's processes, then everything on one event loop
 * inside the fabric's namespaces. */
#include "engine/cloud/cloud.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "engine/cloud/api.h"
#include "engine/cloud/cloudformation/cloudformation.h"
#include "engine/cloud/ec2/ec2.h"
#include "engine/cloud/ecr/ecr.h"
#include "engine/cloud/ecs/ecs.h"
#include "engine/cloud/efs/efs.h"
#include "engine/cloud/hub/hub.h"
#include "engine/cloud/iam/iam-service.h"
#include "engine/cloud/kms/kms.h"
#include "engine/cloud/logs/logs.h"
#include "engine/cloud/s3/s3.h"
#include "engine/cloud/secretsmanager/secretsmanager.h"
#include "engine/cloud/servicediscovery/servicediscovery.h"
#include "engine/cloud/ssm/ssm.h"
#include "engine/cloud/sts/sts.h"
#include "engine/fabric/fabric.h"
#include "engine/http/http.h"

/* Rights and logs first: the others write and ask at their start. ECS needs networks, file systems
 * and names; the stack engine needs everything. */
const struct service *const cloud_services[] = {
	&service_iam,	 &service_sts,		   &service_kms, &service_secretsmanager,
	&service_ssm,	 &service_s3,		   &service_logs, &service_ec2,
	&service_efs,	 &service_servicediscovery, &service_ecr, &service_ecs,
	&service_cloudformation,
	NULL,
};

struct cloud {
	const struct cloud_options *options;
	int listen_fd, lock_fd, log_fd;
	struct event_base *events;
	struct fabric *fabric;
	struct hub *hub;
	struct api *api;
	void *page;
	struct http_server *server, *outside;
	struct event *signals[2];
};

static int log_to = STDERR_FILENO; /* hub_options.log carries no context */

static void log_line(const char *line)
{
	struct timespec now;
	struct tm utc;
	char stamp[32];
	OWN(str) char *text = NULL;

	clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &utc);
	(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
	text = str_printf("%s.%03ldZ %s\n", stamp, now.tv_nsec / 1000000, line);
	(void)!write(log_to, text, strlen(text));
}

static void fabric_log(void *ctx, const char *line)
{
	(void)ctx;
	log_line(line);
}

static void say_ready(const struct cloud *c, const char *text)
{
	if (c->options->ready_fd < 0)
		return;
	(void)!write(c->options->ready_fd, text, strlen(text));
	close(c->options->ready_fd);
}

/* DNS of a VPC: the services' resolvers in their order. */
static int resolve_name(void *ctx, const char *vpc, uint32_t asker, const char *name,
			uint32_t addresses[64], size_t *ret_count, unsigned *ret_ttl)
{
	struct cloud *c = ctx;
	OWN(json) json_t *found = NULL;
	size_t i;
	json_t *one;
	int rc = c->hub ? hub_resolve(c->hub, vpc, asker, name, &found, ret_ttl) : HUB_NAME_UNKNOWN;

	*ret_count = 0;
	if (rc == HUB_NAME_UNKNOWN || rc == HUB_NAME_ABSENT)
		return 3;
	json_array_foreach(found, i, one)
		if (*ret_count < 64 &&
		    ip_parse(json_string_value(one), &addresses[*ret_count]) == 0)
			(*ret_count)++;
	return 0;
}

/* The outside of the VPCs: image registries and AWS APIs can be reached there, which is what the launch
 * sequence asks. It is not the endpoint: a container must not become the account's root by calling it. */
static void outside_request(void *ctx, struct http_exchange *x, const struct http_request *r)
{
	static const char registry[] = "{}";
	static const char refusal[] = "{\"__type\":\"AccessDeniedException\",\"message\":\"mpcup's local AWS does "
				      "not serve API calls from inside a VPC\"}";
	OWN(json) json_t *headers =
		json_pack("{s:s,s:s}", "Content-Type", "application/json",
			  "Docker-Distribution-Api-Version", "registry/2.0");
	bool version_check = !strcmp(r->path, "/v2/") || !strcmp(r->path, "/v2");

	(void)ctx;
	if (version_check)
		http_reply(x, 200, headers, registry, strlen(registry));
	else
		http_reply(x, 403, headers, refusal, strlen(refusal));
}

static void outside_connection(void *ctx, int fd, uint16_t port)
{
	struct cloud *c = ctx;

	(void)port;
	if (c->outside)
		http_server_accept(c->outside, fd);
	else
		close(fd);
}

static void stop_loop(void *ctx)
{
	struct cloud *c = ctx;
	struct timeval soon = { .tv_usec = 20000 };

	/* leaves time for the answer of the stop request to go out */
	(void)event_base_loopexit(c->events, &soon);
}

static void on_signal(evutil_socket_t signal_number, short what, void *ctx)
{
	(void)signal_number;
	(void)what;
	stop_loop(ctx);
}

static int need_credentials(struct cloud *c, struct err *err)
{
	json_t *all = NULL;

	if (cloud_credentials_ensure(c->options->state_dir, &all, err) < 0)
		return -1;
	json_wipe(all);
	json_decref(all);
	log_line("signatures are verified");
	return 0;
}

static int start_page(struct cloud *c, struct err *err)
{
	const struct cloud_page *page = c->options->page;

	if (!page)
		return 0;
	if (page->start(c->hub, &c->page, err) < 0)
		return -1;
	api_page(c->api, page->handle, c->page);
	/* it shows the account's root: nothing for whoever has no credentials */
	if (!hub_verifies(c->hub))
		api_health_add(c->api, "console", json_string(page->path));
	return 0;
}

static int start_services(struct cloud *c, struct err *err)
{
	OWN(str) char *endpoint = str_printf("http://127.0.0.1:%u", c->options->port);
	struct hub_options o = { .state_dir = c->options->state_dir,
				 .endpoint = endpoint,
				 .services = cloud_services,
				 .fabric = c->fabric,
				 .events = c->events,
				 .log = log_line };

	if (hub_new(&o, &c->hub, err) < 0 || api_new(c->hub, c->events, &c->api, err) < 0)
		return -1;
	api_on_stop(c->api, stop_loop, c);
	api_health_add(c->api, "limits", fabric_limits(c->fabric));
	if (http_server_new(c->events, &(struct http_limits){ .body_most = 32u << 20 }, api_handle,
			    c->api, &c->server, err) < 0 ||
	    http_server_new(c->events, &(struct http_limits){ .body_most = 65536 }, outside_request, c,
			    &c->outside, err) < 0)
		return -1;
	if (hub_start(c->hub, err) < 0)
		return -1;
	if (c->options->verify_signatures >= 0)
		hub_set_verifies(c->hub, c->options->verify_signatures);
	if (hub_verifies(c->hub) && need_credentials(c, err) < 0)
		return -1;
	return start_page(c, err);
}

static int start_all(struct cloud *c, int host_fd, struct err *err)
{
	struct fabric_options o = { .host_fd = host_fd,
				    .state_dir = c->options->state_dir,
				    .resolve = resolve_name,
				    .outside = outside_connection,
				    .log = fabric_log,
				    .ctx = c };

	c->events = event_base_new();
	if (!c->events)
		return err_set(err, ERR_SYS, "no event loop");
	for (int i = 0; i < 2; i++) {
		c->signals[i] = evsignal_new(c->events, i ? SIGINT : SIGTERM, on_signal, c);
		(void)event_add(c->signals[i], NULL);
	}
	o.events = c->events;
	if (fabric_new(&o, &c->fabric, err) < 0 || start_services(c, err) < 0)
		return -1;
	return http_server_listen(c->server, GIVE_FD(c->listen_fd), err);
}

static void free_all(struct cloud *c)
{
	http_server_free(c->server);
	http_server_free(c->outside);
	c->server = c->outside = NULL;
	if (c->page)
		c->options->page->stop(c->page);
	hub_free(c->hub);
	api_free(c->api);
	fabric_free(c->fabric);
	for (int i = 0; i < 2; i++)
		if (c->signals[i])
			event_free(c->signals[i]);
	if (c->events)
		event_base_free(c->events);
}

/* In the fabric's namespaces. */
static int daemon_body(void *ctx, int host_fd)
{
	struct cloud *c = ctx;
	struct err err = { 0 };
	int rc = 0;

	if (start_all(c, host_fd, &err) < 0) {
		OWN(str) char *text = str_printf("error: %s\n", err.text);

		log_line(err.text);
		say_ready(c, text);
		rc = 3;
	} else {
		log_line("local cloud is up");
		say_ready(c, "ready\n");
		(void)event_base_dispatch(c->events);
		log_line("local cloud stops");
	}
	free_all(c);
	return rc;
}

/* One daemon per state directory: the lock is held by all processes of the daemon. */
static int take_lock(struct cloud *c, struct err *err)
{
	OWN(str) char *path = str_printf("%s/cloud.lock", c->options->state_dir);
	OWN(str) char *pid = str_printf("%d\n", getpid());

	c->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (c->lock_fd < 0)
		return err_sys(err, "%s", path);
	if (flock(c->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, ERR_SYS,
			       "another local cloud uses %s; mpcup cloud status shows it, mpcup cloud "
			       "stop ends it",
			       c->options->state_dir);
	if (ftruncate(c->lock_fd, 0) < 0 || write(c->lock_fd, pid, strlen(pid)) < 0)
		return err_sys(err, "%s", path);
	return 0;
}

static int open_listener(struct cloud *c, struct err *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(c->options->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;

	c->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->listen_fd < 0)
		return err_sys(err, "socket");
	(void)setsockopt(c->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(c->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(c->listen_fd, 512) < 0)
		return errno == EADDRINUSE
			       ? err_set(err, ERR_SYS,
					 "127.0.0.1:%u is in use by another program (LocalStack uses the "
					 "same port); stop it, or choose another port with MPCUP_PORT=4567",
					 c->options->port)
			       : err_sys(err, "127.0.0.1:%u", c->options->port);
	return 0;
}

/* Secrets pass through this process: no core dumps. Each task costs a few descriptors. */
static void set_limits(void)
{
	struct rlimit files, none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 1);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

int cloud_run(const struct cloud_options *o, struct err *err)
{
	struct cloud c = { .options = o, .listen_fd = -1, .lock_fd = -1, .log_fd = o->log_fd };
	int rc = -1;

	if (o->log_fd >= 0)
		log_to = o->log_fd;
	(void)signal(SIGPIPE, SIG_IGN);
	set_limits();
	(void)umask(0077);
	if (take_lock(&c, err) == 0 && open_listener(&c, err) == 0)
		rc = fabric_enter(daemon_body, &c, err);
	if (rc < 0 && err) {
		OWN(str) char *text = str_printf("error: %s\n", err->text);

		say_ready(&c, text);
	}
	own_drop_fd(&c.listen_fd);
	own_drop_fd(&c.lock_fd);
	return rc < 0 ? 3 : rc;
}
