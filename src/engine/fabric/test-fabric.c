#include "engine/fabric/test-world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/fabric/fabric-internal.h"

static void add_vpc(const char *id)
{
	struct err err = { 0 };

	EXPECT_OK(fabric_vpc_add(world.fabric, id, ip("10.0.0.0"), 16, &err), err);
}

static void closed(void *ctx, int fd)
{
	*(unsigned *)ctx += 1;
	close(fd);
}

/* client 10.0.0.10 (sg-client) and server 10.0.0.20 (sg-server) in one subnet, other 10.0.0.30 */
static struct topology_vpc *pair(const char *id)
{
	struct topology_vpc *v = topology_new(id, "10.0.0.0/16");

	(void)add_subnet(v, "subnet-1", "10.0.0.0/24");
	(void)add_subnet(v, "subnet-2", "10.0.1.0/24");
	(void)add_group(v, "sg-client");
	(void)add_group(v, "sg-server");
	(void)add_group(v, "sg-other");
	allow(v, "sg-client", false, -1, 0, 65535, "0.0.0.0/0");
	allow(v, "sg-other", false, -1, 0, 65535, "0.0.0.0/0");
	(void)add_interface(v, "eni-client", "subnet-1", "10.0.0.10", "sg-client");
	(void)add_interface(v, "eni-server", "subnet-1", "10.0.0.20", "sg-server");
	(void)add_interface(v, "eni-other", "subnet-2", "10.0.1.30", "sg-other");
	return v;
}

struct pair {
	struct topology_vpc *v;
	struct test_task client, other;
	unsigned accepted;
};

static void pair_up(struct pair *p)
{
	struct err err = { 0 };

	memset(p, 0, sizeof(*p));
	add_vpc("vpc-a");
	p->v = pair("vpc-a");
	EXPECT_OK(fabric_interface_add(world.fabric, "vpc-a", "eni-server", ip("10.0.0.20"), &err),
		  err);
	EXPECT_OK(
		fabric_interface_listen(world.fabric, "eni-server", 80, closed, &p->accepted, &err),
		err);
	EXPECT_OK(fabric_interface_listen(world.fabric, "eni-server", 8080, closed, &p->accepted,
					  &err),
		  err);
	task_start(&p->client, "vpc-a", "eni-client", "10.0.0.10");
	task_start(&p->other, "vpc-a", "eni-other", "10.0.1.30");
}

static void pair_down(struct pair *p)
{
	task_end(&p->client);
	task_end(&p->other);
	topology_vpc_free(p->v);
}

/* ---- groups -------------------------------------------------------------------------------------
 */

static void group_reference(void)
{
	struct pair p;

	pair_up(&p);
	EXPECT_CONNECT(&p.client, "10.0.0.20", 80, "timeout"); /* no rules yet */
	allow(p.v, "sg-server", true, 6, 80, 80, "sg-client");
	load(p.v);
	EXPECT_CONNECT(&p.client, "10.0.0.20", 80, "ok");
	EXPECT_CONNECT(&p.client, "10.0.0.20", 8080, "timeout");
	EXPECT_CONNECT(&p.other, "10.0.0.20", 80, "timeout");
	EXPECT_CONNECT(&p.client, "10.0.0.99", 80, "timeout"); /* nobody there */
	allow(p.v, "sg-server", true, 6, 1, 1024, "sg-client");
	load(p.v);
	EXPECT_CONNECT(&p.client, "10.0.0.20", 22, "refused");
	EXPECT_SOON(p.accepted == 1);
	pair_down(&p);
}
TEST(fabric, a_group_reference_lets_its_members_through_and_nobody_else)
{
	in_fabric(group_reference);
}

static void cidr_and_ranges(void)
{
	struct pair p;

	pair_up(&p);
	allow(p.v, "sg-server", true, 6, 8000, 8100, "10.0.1.0/24");
	allow(p.v, "sg-server", true, 17, 80, 80, "10.0.0.0/16");
	load(p.v);
	EXPECT_CONNECT(&p.other, "10.0.0.20", 8080, "ok");
	EXPECT_CONNECT(&p.other, "10.0.0.20", 8000, "refused");
	EXPECT_CONNECT(&p.other, "10.0.0.20", 8100, "refused");
	EXPECT_CONNECT(&p.other, "10.0.0.20", 7999, "timeout");
	EXPECT_CONNECT(&p.other, "10.0.0.20", 8101, "timeout");
	EXPECT_CONNECT(&p.client, "10.0.0.20", 8080, "timeout");
	EXPECT_CONNECT(&p.client, "10.0.0.20", 80, "timeout"); /* that was UDP */
	pair_down(&p);
}
TEST(fabric, cidr_and_port_range_and_protocol_of_a_rule_all_have_to_match)
{
	in_fabric(cidr_and_ranges);
}

static void both_halves(void)
{
	struct pair p;

	pair_up(&p);
	allow(p.v, "sg-server", true, -1, 0, 65535, "0.0.0.0/0");
	revoke_all(p.v, "sg-client", false);
	load(p.v);
	EXPECT_CONNECT(&p.client, "10.0.0.20", 80, "timeout"); /* egress is missing */
	allow(p.v, "sg-client", false, 6, 80, 80, "sg-server");
	load(p.v);
	EXPECT_CONNECT(&p.client, "10.0.0.20", 80, "ok");
	EXPECT_CONNECT(&p.client, "10.0.0.20", 8080, "timeout");
	revoke_all(p.v, "sg-server", true);
	load(p.v);
	EXPECT_CONNECT(&p.client, "10.0.0.20", 80, "timeout"); /* ingress is missing */
	pair_down(&p);
}
TEST(fabric, egress_of_one_side_and_ingress_of_the_other_are_both_needed)
{
	in_fabric(both_halves);
}

static void several_groups(void)
{
	struct pair p;
	OWN(json) json_t *counters = NULL;

	pair_up(&p);
	allow(p.v, "sg-server", true, 6, 80, 80, "sg-client");
	allow(p.v, "sg-server", true, 6, 80, 80, "sg-nobody"); /* unknown: matches nothing */
	load(p.v);
	EXPECT_CONNECT(&p.other, "10.0.0.20", 80, "timeout");
	(void)add_interface(p.v, "eni-x", "subnet-1", "10.0.0.40", "sg-client,sg-other");
	p.v->interfaces[2].groups = mem_grow(p.v->interfaces[2].groups, 2, sizeof(char *));
	p.v->interfaces[2].groups[p.v->interfaces[2].group_count++] = str_dup("sg-client");
	load(p.v);
	EXPECT_CONNECT(&p.other, "10.0.0.20", 80, "ok"); /* joined live */
	EXPECT_CONNECT(&p.other, "10.0.0.20", 81, "timeout");
	counters = fabric_vpc_counters(world.fabric, "vpc-a");
	EXPECT(json_int_or(json_object_get(counters, "sg-server"), "ingress", 0) >= 2);
	EXPECT_INT(json_int_or(json_object_get(counters, "sg-server"), "egress", -1), 0);
	EXPECT_INT(json_int_or(json_object_get(counters, "sg-client"), "ingress", -1), 0);
	pair_down(&p);
}
TEST(fabric, an_interface_that_joins_a_group_gets_its_rights_and_drops_are_counted_per_group)
{
	in_fabric(several_groups);
}

/* What opens a connection is counted for the rule that lets it through, over changes of other
 * rules. */
static void rules_counted(void)
{
	struct pair p;
	struct topology_group *server;
	OWN(json) json_t *first = NULL, *second = NULL, *third = NULL;

	pair_up(&p);
	allow(p.v, "sg-server", true, 6, 80, 80, "sg-client");
	server = (struct topology_group *)(uintptr_t)topology_group(p.v, "sg-server");
	server->ingress[0].id = str_dup("sgr-80");
	load(p.v);
	EXPECT_CONNECT(&p.client, "10.0.0.20", 80, "ok");
	EXPECT_CONNECT(&p.other, "10.0.0.20", 80, "timeout");
	first = fabric_vpc_passed(world.fabric, "vpc-a");
	EXPECT_INT(json_int_or(first, "sgr-80", -1), 1);
	allow(p.v, "sg-server", true, 6, 8080, 8080, "sg-client");
	load(p.v);
	EXPECT_CONNECT(&p.client, "10.0.0.20", 80, "ok");
	second = fabric_vpc_passed(world.fabric, "vpc-a");
	EXPECT_INT(json_int_or(second, "sgr-80", -1), 2);
	revoke_all(p.v, "sg-server", true);
	load(p.v);
	third = fabric_vpc_passed(world.fabric, "vpc-a");
	EXPECT_INT(json_object_size(third), 0);
	pair_down(&p);
}
TEST(fabric, a_rule_counts_the_connections_that_it_lets_through_as_long_as_it_is_there)
{
	in_fabric(rules_counted);
}

/* This very program, asked for tests that it does not have. */
static void command_outside(void)
{
	static const char *const arguments[] = { "no-test-has-this-name", NULL };
	static const char *const settings[] = { "MPCUP_PORT=1", NULL };
	struct err err = { 0 };
	char text[64] = "";
	size_t len = 0;
	int output = -1, errors = -1;

	EXPECT_OK(fabric_command(world.fabric, settings, arguments, &output, &errors, &err), err);
	for (int i = 0; i < TEST_PATIENCE_MS && len < sizeof(text) - 1; i++) {
		ssize_t got = read(output, text + len, sizeof(text) - 1 - len);

		if (got == 0)
			break;
		len += got > 0 ? (size_t)got : 0;
		if (got < 0)
			(void)usleep(1000);
	}
	EXPECT_STR(text, "1..0\n");
	close(output);
	close(errors);
}
TEST(fabric, a_command_runs_on_the_host_side_and_its_output_comes_back)
{
	in_fabric(command_outside);
}

static int held = -1;
static void hold(void *ctx, int fd)
{
	held = fd;
	*(bool *)ctx = true;
}

static void live_revoke(void)
{
	struct pair p;
	struct err err = { 0 };
	bool accepted = false;
	OWN(json) json_t *started = NULL;

	pair_up(&p);
	EXPECT_OK(fabric_interface_listen(world.fabric, "eni-server", 9000, hold, &accepted, &err),
		  err);
	allow(p.v, "sg-server", true, 6, 0, 65535, "sg-client");
	load(p.v);
	started =
		task_shell(&p.client, "main",
			   "exec bash -c 'exec 3<>/dev/tcp/10.0.0.20/9000; while read -r x <&3; do "
			   "echo got $x; done'",
			   NULL);
	EXPECT(wait_for(&accepted, TEST_PATIENCE_MS));
	revoke_all(p.v, "sg-server", true);
	load(p.v);
	EXPECT_CONNECT(&p.client, "10.0.0.20", 80, "timeout");
	EXPECT(send(held, "one\n", 4, 0) == 4);
	EXPECT_SOON(str_eq(p.client.lines.data,
			   "got one\n")); /* tracked connections are not interrupted */
	allow(p.v, "sg-server", true, 6, 80, 80, "sg-client");
	load(p.v);
	EXPECT_CONNECT(&p.client, "10.0.0.20", 80, "ok");
	close(held);
	pair_down(&p);
}
TEST(fabric, revoke_blocks_new_connections_and_keeps_established_ones)
{
	in_fabric(live_revoke);
}

/* ---- ACLs
 * ---------------------------------------------------------------------------------------- */

static void acl_stateless(void)
{
	struct pair p;

	pair_up(&p);
	allow(p.v, "sg-server", true, -1, 0, 65535, "10.0.0.0/16");
	p.v->subnets[0].acl = str_dup("acl-1");
	add_acl_entry(p.v, "acl-1", false, true, 6, 80, 80, "10.0.1.0/24");
	add_acl_entry(p.v, "acl-1", true, true, 6, 1, 80, "0.0.0.0/0");
	load(p.v);
	/* the request gets in, the reply (to a high port) does not get out */
	EXPECT_CONNECT(&p.other, "10.0.0.20", 80, "timeout");
	add_acl_entry(p.v, "acl-1", true, true, 6, 1024, 65535, "0.0.0.0/0");
	load(p.v);
	EXPECT_CONNECT(&p.other, "10.0.0.20", 80, "ok");
	EXPECT_CONNECT(&p.other, "10.0.0.20", 8080, "timeout");
	EXPECT_CONNECT(&p.client, "10.0.0.20", 8080, "ok"); /* same subnet: no ACL */
	pair_down(&p);
}
TEST(fabric, acls_are_stateless_and_only_between_subnets)
{
	in_fabric(acl_stateless);
}

static void acl_order(void)
{
	struct pair p;

	pair_up(&p);
	allow(p.v, "sg-server", true, -1, 0, 65535, "10.0.0.0/16");
	p.v->subnets[0].acl = str_dup("acl-1");
	add_acl_entry(p.v, "acl-1", false, false, 6, 80, 80, "10.0.1.30/32");
	add_acl_entry(p.v, "acl-1", false, true, -1, 0, 65535, "0.0.0.0/0");
	add_acl_entry(p.v, "acl-1", true, true, -1, 0, 65535, "0.0.0.0/0");
	load(p.v);
	EXPECT_CONNECT(&p.other, "10.0.0.20", 80, "timeout");
	EXPECT_CONNECT(&p.other, "10.0.0.20", 8080, "ok");
	pair_down(&p);
}
TEST(fabric, the_first_acl_entry_that_matches_decides)
{
	in_fabric(acl_order);
}

/* ---- VPCs
 * ------------------------------------------------------------------------------------------ */

static void same_cidr(void)
{
	struct topology_vpc *a = pair("vpc-a"), *b = pair("vpc-b");
	struct test_task in_a, in_b;
	struct err err = { 0 };
	unsigned accepted = 0;

	add_vpc("vpc-a");
	add_vpc("vpc-b");
	EXPECT_OK(fabric_interface_add(world.fabric, "vpc-a", "eni-server", ip("10.0.0.20"), &err),
		  err);
	EXPECT_OK(fabric_interface_listen(world.fabric, "eni-server", 80, closed, &accepted, &err),
		  err);
	allow(a, "sg-server", true, -1, 0, 65535, "0.0.0.0/0");
	allow(b, "sg-server", true, -1, 0, 65535, "0.0.0.0/0");
	load(a);
	load(b);
	task_start(&in_a, "vpc-a", "eni-client", "10.0.0.10");
	task_start(&in_b, "vpc-b", "eni-client", "10.0.0.10");
	EXPECT_CONNECT(&in_a, "10.0.0.20", 80, "ok");
	EXPECT_CONNECT(&in_b, "10.0.0.20", 80, "timeout");
	EXPECT_RESOLVE(&in_a, "vpc.test", "10.0.0.1");
	EXPECT_RESOLVE(&in_b, "vpc.test", "10.0.0.2");
	EXPECT_INT(fabric_vpc_add(world.fabric, "vpc-a", ip("10.0.0.0"), 16, &err), -1);
	task_end(&in_a);
	fabric_vpc_remove(world.fabric, "vpc-b");
	EXPECT(wait_for(&in_b.gone, TEST_PATIENCE_MS));
	task_end(&in_b);
	topology_vpc_free(a);
	topology_vpc_free(b);
}
TEST(fabric, two_vpcs_with_the_same_addresses_do_not_meet)
{
	in_fabric(same_cidr);
}

static void outside_ways(void)
{
	struct pair p;

	pair_up(&p);
	load(p.v);
	EXPECT_CONNECT(&p.client, "203.0.113.10", 443, "timeout");
	p.v->subnets[0].way = TOPOLOGY_WAY_NAT;
	p.v->subnets[1].way = TOPOLOGY_WAY_INTERNET_GATEWAY;
	load(p.v);
	EXPECT_CONNECT(&p.client, "203.0.113.10", 443, "ok");
	EXPECT_CONNECT(&p.other, "203.0.113.10", 443, "timeout"); /* no public address */
	p.v->interfaces[2].public_address = true;
	load(p.v);
	EXPECT_CONNECT(&p.other, "203.0.113.10", 80, "ok");
	EXPECT_CONNECT(&p.other, "8.8.8.8", 443, "timeout");
	revoke_all(p.v, "sg-client", false);
	allow(p.v, "sg-client", false, 6, 443, 443, "s3");
	load(p.v);
	EXPECT_CONNECT(&p.client, "203.0.113.10", 443, "timeout"); /* no egress rule */
	EXPECT_CONNECT(&p.client, "203.0.113.11", 443, "ok");
	p.v->subnets[0].way = TOPOLOGY_WAY_NONE;
	load(p.v);
	EXPECT_CONNECT(&p.client, "203.0.113.11", 443, "timeout");
	p.v->subnets[0].s3_gateway = true;
	load(p.v);
	EXPECT_CONNECT(&p.client, "203.0.113.11", 443, "ok");
	EXPECT_SOON(world.outside_443 == 3 && world.outside_80 == 1);
	pair_down(&p);
}
TEST(fabric, outside_needs_a_way_out_and_an_egress_rule_and_s3_its_gateway)
{
	in_fabric(outside_ways);
}

static void refused_input(void)
{
	struct pair p;
	struct err err = { 0 };
	struct test_task t = { 0 };
	struct fabric_task_events none = { 0 };

	pair_up(&p);
	(void)add_interface(p.v, "eni-twin", "subnet-1", "10.0.0.20", "sg-client");
	EXPECT_INT(fabric_vpc_rules(world.fabric, p.v, &err), -1);
	EXPECT(strstr(err.text, "same address") != NULL);
	p.v->interfaces[3].address++;
	p.v->subnets[0].acl = str_dup("acl-9");
	EXPECT_INT(fabric_vpc_rules(world.fabric, p.v, &err), -1);
	EXPECT(strstr(err.text, "acl-9") != NULL);
	EXPECT_INT(fabric_interface_add(world.fabric, "vpc-a", "eni-z", ip("10.1.0.1"), &err), -1);
	EXPECT_INT(fabric_interface_add(world.fabric, "vpc-9", "eni-z", ip("10.0.0.9"), &err), -1);
	EXPECT_INT(fabric_vpc_add(world.fabric, "vpc-z", ip("10.0.0.1"), 16, &err), -1);
	EXPECT_INT(fabric_vpc_add(world.fabric, "vpc-z", ip("10.0.0.0"), 30, &err), -1);
	EXPECT_INT(fabric_task_start(world.fabric, "vpc-9", "eni-z", 1, 24, &none, &t.task, &err),
		   -1);
	fabric_interface_remove(world.fabric, "eni-none");
	pair_down(&p);
}
TEST(fabric, impossible_requests_are_refused_with_a_reason)
{
	in_fabric(refused_input);
}

static void reuse(void)
{
	struct pair p;
	struct err err = { 0 };

	pair_up(&p);
	allow(p.v, "sg-server", true, -1, 0, 65535, "sg-client");
	load(p.v);
	for (int i = 0; i < 10; i++) {
		EXPECT_CONNECT(&p.client, "10.0.0.20", 80, "ok");
		task_end(&p.client);
		task_start(&p.client, "vpc-a", "eni-client", "10.0.0.10");
		fabric_interface_remove(world.fabric, "eni-server");
		EXPECT_OK(fabric_interface_add(world.fabric, "vpc-a", "eni-server", ip("10.0.0.20"),
					       &err),
			  err);
		EXPECT_OK(fabric_interface_listen(world.fabric, "eni-server", 80, closed,
						  &p.accepted, &err),
			  err);
	}
	pair_down(&p);
}
TEST(fabric, an_address_can_be_used_again_at_once)
{
	in_fabric(reuse);
}

/* ---- names and file systems
 * ----------------------------------------------------------------------------- */

static void names(void)
{
	struct pair p;

	pair_up(&p);
	EXPECT_RESOLVE(&p.client, "node.mpc.local", "timeout"); /* before any rules */
	load(p.v);
	EXPECT_RESOLVE(&p.client, "node.mpc.local", "10.0.1.5");
	EXPECT_RESOLVE(&p.client, "NODE.mpc.LOCAL.", "10.0.1.5");
	EXPECT_RESOLVE(&p.client, "whoami.test", "10.0.0.10");
	EXPECT_RESOLVE(&p.client, "nowhere.test", "nxdomain");
	EXPECT_RESOLVE(&p.client, "empty.test", "");
	EXPECT_RESOLVE(&p.client, "forbidden.test", "refused");
	EXPECT_RESOLVE(&p.client, "..bad", "nxdomain");
	EXPECT_INT(strlen(task_resolve(&p.client, "many.test", false)), 9 * 8 + 51 * 9 + 59);
	p.v->dns_support = false;
	load(p.v);
	EXPECT_RESOLVE(&p.client, "node.mpc.local", "timeout");
	pair_down(&p);
}
TEST(fabric, the_resolver_answers_where_dns_support_is_on_and_is_silent_elsewhere)
{
	in_fabric(names);
}

static void getaddrinfo_works(void)
{
	struct pair p;
	OWN(json) json_t *started = NULL;

	pair_up(&p);
	load(p.v);
	started = task_shell(
		&p.client, "main",
		"getent ahosts node.mpc.local | head -1; getent ahosts many.test | grep -c STREAM; "
		"getent hosts nowhere.test || echo none; sed -i s/10.0.0.2/169.254.169.253/ "
		"/etc/resolv.conf; getent hosts node.mpc.local",
		NULL);
	EXPECT(json_object_get(started, "started") != NULL);
	EXPECT(wait_for(&p.client.exited, TEST_PATIENCE_MS));
	EXPECT_STR(p.client.lines.data, "10.0.1.5        STREAM node.mpc.local\n60\nnone\n"
					"10.0.1.5        node.mpc.local\n");
	pair_down(&p);
}
TEST(fabric, the_c_library_resolves_through_it_over_udp_and_tcp)
{
	in_fabric(getaddrinfo_works);
}

/* Asks with the shell's own UDP; the answer's flags and counts in hexadecimal. */
static void other_types(void)
{
	struct pair p;
	static const char ask[] =
		"ask() { exec 3<>/dev/udp/10.0.0.2/53; printf "
		"'\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x04node\\x03mpc\\x0"
		"5local"
		"\\x00\\x00'\"$1\"'\\x00\\x01' >&3; head -c 12 <&3 | od -An -tx1; }; "
		"ask '\\x01'; ask '\\x1c'; ask '\\x0c'; ask '\\x10'";
	OWN(json) json_t *started = NULL;

	pair_up(&p);
	load(p.v);
	started = task_shell(&p.client, "main", "",
			     json_pack("{s:[s, s, s]}", "argv", "/bin/bash", "-c", ask));
	EXPECT(json_object_get(started, "started") != NULL);
	EXPECT(wait_for(&p.client.exited, TEST_PATIENCE_MS));
	EXPECT_STR(p.client.lines.data,
		   " 12 34 81 80 00 01 00 01 00 00 00 00\n"   /* A */
		   " 12 34 81 80 00 01 00 00 00 01 00 00\n"   /* AAAA: no data */
		   " 12 34 81 83 00 01 00 00 00 01 00 00\n"   /* PTR: no such name */
		   " 12 34 81 80 00 01 00 00 00 01 00 00\n"); /* TXT: no data */
	pair_down(&p);
}
TEST(fabric, other_types_of_an_existing_name_are_no_data_and_reverse_names_do_not_exist)
{
	in_fabric(other_types);
}

static const char *nfs(struct test_task *t, const char *address, bool short_patience)
{
	static char result[64];
	OWN(json)
	json_t *a =
		task_ask(t, json_pack("{s:s, s:s, s:i}", "op", "nfs", "address", address,
				      "timeout_ms", short_patience ? 300 : TEST_PATIENCE_MS / 2));

	(void)snprintf(result, sizeof(result), "%s", json_str_or(a, "result", "none"));
	return result;
}

static void nfs_probe(void)
{
	struct pair p;
	struct err err = { 0 };

	pair_up(&p);
	allow(p.v, "sg-server", true, 6, 2049, 2049, "sg-client");
	load(p.v);
	EXPECT_STR(nfs(&p.client, "10.0.0.20", str_eq("refused", "timeout")), "refused");
	EXPECT_OK(fabric_interface_serve_nfs(world.fabric, "eni-server", &err), err);
	EXPECT_STR(nfs(&p.client, "10.0.0.20", str_eq("ok", "timeout")), "ok");
	EXPECT_STR(nfs(&p.client, "10.0.0.20", str_eq("ok", "timeout")), "ok");
	EXPECT_STR(nfs(&p.other, "10.0.0.20", str_eq("timeout", "timeout")), "timeout");
	EXPECT_STR(nfs(&p.client, "10.0.0.77", str_eq("timeout", "timeout")), "timeout");
	pair_down(&p);
}
TEST(fabric, a_mount_target_answers_rpc_null_only_where_groups_let_it)
{
	in_fabric(nfs_probe);
}

/* ---- spoofing
 * --------------------------------------------------------------------------------------------- */

/* With all rights in a namespace on one's wire: says it is another. */
static int connect_as(const char *wire, const char *claimed, time_t seconds)
{
	struct vpc *v = fabric_vpc_find(world.fabric, "vpc-a");
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(ip("10.0.0.20")),
				  .sin_port = htons(80) };
	const struct timeval patience = { .tv_sec = seconds };
	struct err err = { 0 };
	uint32_t address = ip(claimed), index;
	int net, fd, result;

	EXPECT_OK(sys_net_new(&err), err);
	net = sys_net_current(&err);
	EXPECT_OK(fabric_interface_prepare(&err), err);
	EXPECT_OK(fabric_vpc_connect(v, ip(wire), wire, net, 0, &index, &err), err);
	EXPECT_OK(fabric_interface_configure(&address, 1, 16, ip("10.0.0.1"), &err), err);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fabric_net_leave(world.fabric);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	result = connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
	close(fd);
	close(net);
	return result;
}

static void forged(void)
{
	struct pair p;

	pair_up(&p);
	allow(p.v, "sg-server", true, -1, 0, 65535, "10.0.0.66/32");
	allow(p.v, "sg-server", true, -1, 0, 65535, "10.0.1.30/32");
	(void)add_interface(p.v, "eni-forger", "subnet-1", "10.0.0.66", "sg-client");
	load(p.v);
	(void)add_interface(p.v, "eni-liar", "subnet-1", "10.0.0.67", "sg-client");
	load(p.v);
	EXPECT_INT(connect_as("10.0.0.66", "10.0.0.66", 15), 0);
	EXPECT_INT(connect_as("10.0.0.67", "10.0.1.30", 1), EINPROGRESS);
	pair_down(&p);
}
TEST(fabric, packets_with_the_address_of_another_interface_are_dropped)
{
	in_fabric(forged);
}

static void no_forging(void)
{
	struct pair p;
	OWN(json) json_t *answer = NULL;

	pair_up(&p);
	load(p.v);
	answer = task_shell(&p.client, "main",
			    "ip address add 10.0.1.30/32 dev eth0 2>/dev/null || echo refused; "
			    "ip link set eth0 down 2>/dev/null || echo refused; "
			    "ping -c1 -W1 10.0.0.10 >/dev/null 2>&1; echo $?",
			    NULL);
	EXPECT(json_object_get(answer, "started") != NULL);
	EXPECT(wait_for(&p.client.exited, TEST_PATIENCE_MS));
	EXPECT(str_starts(p.client.lines.data, "refused\nrefused\n"));
	pair_down(&p);
}
TEST(fabric, a_container_cannot_change_its_interface)
{
	in_fabric(no_forging);
}

/* ---- forwards
 * ------------------------------------------------------------------------------------------------
 */

static void echo_back(evutil_socket_t fd, short what, void *ctx)
{
	char data[64];
	ssize_t got = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	(void)what;
	(void)ctx;
	if (got > 0)
		(void)!send(fd, data, (size_t)got, MSG_NOSIGNAL);
	close(fd);
}

static void echo(void *ctx, int fd)
{
	(void)ctx;
	(void)event_base_once(world.events, fd, EV_READ, echo_back, NULL, NULL);
}

/* Host-side client: a child of the host process cannot be had here, so the test's parent dials. */
static uint16_t forwarded_port;
static int forward_pipe[2], dialed_pipe[2];

static void forward_scenario(void)
{
	struct pair p;
	struct err err = { 0 };
	uint16_t port = 0, second = 0;
	char over = 0;

	pair_up(&p);
	load(p.v); /* no group lets anything in: forwards do not ask */
	EXPECT_OK(fabric_interface_listen(world.fabric, "eni-server", 7, echo, NULL, &err), err);
	EXPECT_OK(fabric_forward_add(world.fabric, "vpc-a", ip("10.0.0.20"), 7, 0, &port, &err),
		  err);
	EXPECT_OK(
		fabric_forward_add(world.fabric, "vpc-a", ip("10.0.0.20"), 7, port, &second, &err),
		err);
	EXPECT(port && second && port != second);
	fabric_forward_remove(world.fabric, second);
	EXPECT(write(forward_pipe[1], &port, sizeof(port)) == sizeof(port));
	EXPECT_SOON(read(dialed_pipe[0], &over, 1) == 1 || over);
	pair_down(&p);
}

static int dial_host(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char data[64] = "";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (read(forward_pipe[0], &forwarded_port, sizeof(forwarded_port)) !=
	    sizeof(forwarded_port))
		return 2;
	at.sin_port = htons(forwarded_port);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return 3;
	if (send(fd, "hello", 5, 0) != 5 || shutdown(fd, SHUT_WR) < 0)
		return 4;
	if (recv(fd, data, sizeof(data), MSG_WAITALL) != 5 || strcmp(data, "hello") != 0)
		return 5;
	return 0;
}

TEST(fabric, a_forward_carries_bytes_both_ways_from_the_hosts_loopback)
{
	int status = -1;
	pid_t dialer;

	CHECK_INT(pipe(forward_pipe), 0);
	CHECK_INT(pipe2(dialed_pipe, O_NONBLOCK), 0);
	dialer = fork();
	if (dialer == 0) {
		status = dial_host();
		(void)!write(dialed_pipe[1], "x", 1);
		_exit(status);
	}
	in_fabric(forward_scenario);
	close(forward_pipe[1]);
	CHECK_INT(waitpid(dialer, &status, 0), dialer);
	CHECK_INT(status, 0);
	close(forward_pipe[0]);
	close(dialed_pipe[0]);
	close(dialed_pipe[1]);
}
