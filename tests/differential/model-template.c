/* The model as a CloudFormation template. */
#include "model.h"

#include "base/json.h"
#include "base/str.h"

static json_t *ref(const char *what, size_t index)
{
	OWN(str) char *name = str_printf("%s%zu", what, index);

	return json_pack("{s:s}", "Ref", name);
}

static json_t *ref_name(const char *name)
{
	return json_pack("{s:s}", "Ref", name);
}

/* properties is consumed */
static void add(json_t *resources, const char *name, const char *type, json_t *properties)
{
	(void)json_object_set_new(resources, name,
				  json_pack("{s:s, s:o}", "Type", type, "Properties", properties));
}

static void add_at(json_t *resources, const char *what, size_t index, const char *type,
		   json_t *properties)
{
	OWN(str) char *name = str_printf("%s%zu", what, index);

	add(resources, name, type, properties);
}

static json_t *rules(const struct model_rule *list, size_t count, bool ingress)
{
	json_t *out = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct model_rule *r = &list[i];
		OWN(str) char *protocol = str_printf("%d", r->protocol);
		json_t *o = json_pack("{s:s, s:i, s:i}", "IpProtocol", protocol, "FromPort",
				      (int)r->from, "ToPort", (int)r->to);

		if (r->group < 0)
			json_set_str(o, "CidrIp", r->cidr);
		else
			(void)json_object_set_new(
				o, ingress ? "SourceSecurityGroupId" : "DestinationSecurityGroupId",
				ref("Group", (size_t)r->group));
		(void)json_array_append_new(out, o);
	}
	return out;
}

/* Rules as resources of their own: groups may name each other, and themselves. */
static void group_rules(json_t *resources, const struct model_rule *list, size_t count,
			bool ingress, size_t group)
{
	OWN(json) json_t *all = rules(list, count, ingress);
	json_t *one;
	size_t i;

	json_array_foreach(all, i, one) {
		OWN(str)
		char *name = str_printf("Rule%s%zu%zu", ingress ? "In" : "Out", group, i);

		(void)json_object_set_new(one, "GroupId", ref("Group", group));
		add(resources, name,
		    ingress ? "AWS::EC2::SecurityGroupIngress" : "AWS::EC2::SecurityGroupEgress",
		    json_incref(one));
	}
}

static void groups(const struct model *m, json_t *resources)
{
	for (size_t i = 0; i < MODEL_GROUPS; i++) {
		const struct model_group *g = &m->groups[i];

		add_at(resources, "Group", i, "AWS::EC2::SecurityGroup",
		       json_pack("{s:s, s:o}", "GroupDescription", "group", "VpcId",
				 ref_name("Vpc")));
		group_rules(resources, g->ingress, g->ingress_count, true, i);
		group_rules(resources, g->egress, g->egress_count, false, i);
	}
}

static void acls(const struct model *m, json_t *resources)
{
	for (size_t i = 0; i < MODEL_ACLS; i++) {
		add_at(resources, "Acl", i, "AWS::EC2::NetworkAcl",
		       json_pack("{s:o}", "VpcId", ref_name("Vpc")));
		/* written from the last to the first: only the numbers order them */
		for (size_t k = m->entry_count[i]; k-- > 0;) {
			const struct model_entry *e = &m->entries[i][k];
			OWN(str) char *name = str_printf("Entry%zu%zu", i, k);

			add(resources, name, "AWS::EC2::NetworkAclEntry",
			    json_pack("{s:o, s:b, s:i, s:s, s:i, s:s, s:{s:i, s:i}}",
				      "NetworkAclId", ref("Acl", i), "Egress", e->egress,
				      "RuleNumber", (int)k + 1, "RuleAction",
				      e->allow ? "allow" : "deny", "Protocol", e->protocol,
				      "CidrBlock", e->cidr, "PortRange", "From", (int)e->from, "To",
				      (int)e->to));
		}
	}
}

static void table(json_t *resources, const char *name, const char *kind, const char *target)
{
	OWN(str) char *route = str_printf("%sDefault", name);
	json_t *p;

	add(resources, name, "AWS::EC2::RouteTable", json_pack("{s:o}", "VpcId", ref_name("Vpc")));
	if (!kind)
		return;
	p = json_pack("{s:o, s:s, s:o}", "RouteTableId", ref_name(name), "DestinationCidrBlock",
		      "0.0.0.0/0", kind, ref_name(target));
	add(resources, route, "AWS::EC2::Route", p);
}

static void associate(json_t *resources, const char *name, const char *subnet, const char *member,
		      const char *type, json_t *value)
{
	add(resources, name, type,
	    json_pack("{s:o, s:o}", "SubnetId", ref_name(subnet), member, value));
}

static void subnets(const struct model *m, json_t *resources)
{
	for (size_t i = 0; i < m->subnet_count; i++) {
		const struct model_subnet *s = &m->subnets[i];
		OWN(str) char *name = str_printf("Subnet%zu", i);
		OWN(str) char *routes = str_printf("Routes%zu", i);
		OWN(str) char *in = str_printf("RoutesIn%zu", i);
		OWN(str) char *acl = str_printf("AclIn%zu", i);

		add(resources, name, "AWS::EC2::Subnet",
		    json_pack("{s:o, s:s}", "VpcId", ref_name("Vpc"), "CidrBlock", s->cidr));
		table(resources, routes,
		      s->route == MODEL_NO_ROUTE  ? NULL
		      : s->route == MODEL_GATEWAY ? "GatewayId"
						  : "NatGatewayId",
		      s->route == MODEL_GATEWAY ? "Gateway" : "Nat");
		if (s->associated)
			associate(resources, in, name, "RouteTableId",
				  "AWS::EC2::SubnetRouteTableAssociation", ref_name(routes));
		if (s->acl >= 0)
			associate(resources, acl, name, "NetworkAclId",
				  "AWS::EC2::SubnetNetworkAclAssociation",
				  ref("Acl", (size_t)s->acl));
	}
}

static void ways_out(const struct model *m, json_t *resources)
{
	json_t *tables = json_array();

	add(resources, "Gateway", "AWS::EC2::InternetGateway", json_object());
	if (m->attached)
		add(resources, "Attachment", "AWS::EC2::VPCGatewayAttachment",
		    json_pack("{s:o, s:o}", "VpcId", ref_name("Vpc"), "InternetGatewayId",
			      ref_name("Gateway")));
	add(resources, "NatSubnet", "AWS::EC2::Subnet",
	    json_pack("{s:o, s:s}", "VpcId", ref_name("Vpc"), "CidrBlock", "10.0.9.0/24"));
	table(resources, "NatRoutes", m->nat_public ? "GatewayId" : NULL, "Gateway");
	associate(resources, "NatRoutesIn", "NatSubnet", "RouteTableId",
		  "AWS::EC2::SubnetRouteTableAssociation", ref_name("NatRoutes"));
	add(resources, "Address", "AWS::EC2::EIP", json_pack("{s:s}", "Domain", "vpc"));
	add(resources, "Nat", "AWS::EC2::NatGateway",
	    json_pack("{s:o, s:{s:[s, s]}}", "SubnetId", ref_name("NatSubnet"), "AllocationId",
		      "Fn::GetAtt", "Address", "AllocationId"));
	for (size_t i = 0; i < m->subnet_count; i++)
		if (m->subnets[i].s3)
			(void)json_array_append_new(tables, ref("Routes", i));
	add(resources, "S3", "AWS::EC2::VPCEndpoint",
	    json_pack("{s:o, s:s, s:s, s:o}", "VpcId", ref_name("Vpc"), "VpcEndpointType",
		      "Gateway", "ServiceName", "com.amazonaws.eu-central-1.s3", "RouteTableIds",
		      tables));
}

json_t *model_template(const struct model *m)
{
	json_t *resources = json_object();

	add(resources, "Vpc", "AWS::EC2::VPC",
	    json_pack("{s:s, s:b, s:b}", "CidrBlock", "10.0.0.0/16", "EnableDnsSupport", 1,
		      "EnableDnsHostnames", 1));
	subnets(m, resources);
	acls(m, resources);
	groups(m, resources);
	ways_out(m, resources);
	return json_pack("{s:o}", "Resources", resources);
}
