/* Where the network lives: a VPC of its own, one that exists, or the base stack's. */
#include "core/synth/synth-internal.h"

#include "base/str.h"

/* Four subnets: /24 in a large VPC, otherwise a quarter each. */
static void add_subnet(struct synth *s, const char *logical, unsigned index, unsigned zone,
		       bool is_public)
{
	uint32_t base = 0;
	unsigned bits = 16;
	OWN(str) char *address = NULL;

	(void)ip_parse_cidr(s->n->vpc_cidr, &base, &bits);
	bits = bits + 2 > 24 ? bits + 2 : 24;
	address = ip_format(base + (index << (32 - bits)));
	synth_resource(s, logical,
		       "{'Type':'AWS::EC2::Subnet','Properties':{'VpcId':{'Ref':'Vpc'},'CidrBlock':"
		       "'%s/%u','AvailabilityZone':{'Fn::Select':[%u,{'Fn::GetAZs':''}]},"
		       "'MapPublicIpOnLaunch':%s,'Tags':[{'Key':'Name','Value':{'Fn::Sub':"
		       "'${AWS::StackName}-%s'}}]}}",
		       address, bits, zone, is_public ? "true" : "false", logical);
}

static void add_routes(struct synth *s, const char *kind, const char *target)
{
	OWN(str) char *table = str_printf("%sRoutes", kind);
	OWN(str) char *route = str_printf("%sDefault", kind);

	synth_resource(s, table,
		       "{'Type':'AWS::EC2::RouteTable','Properties':{'VpcId':{'Ref':'Vpc'},'Tags':"
		       "[{'Key':'Name','Value':{'Fn::Sub':'${AWS::StackName}-%s'}}]}}",
		       table);
	synth_resource(s, route,
		       "{'Type':'AWS::EC2::Route','Properties':{'RouteTableId':{'Ref':'%s'},"
		       "'DestinationCidrBlock':'0.0.0.0/0',%s}}",
		       table, target);
	for (char zone = 'A'; zone <= 'B'; zone++) {
		OWN(str) char *association = str_printf("%s%c", table, zone);

		synth_resource(s, association,
			       "{'Type':'AWS::EC2::SubnetRouteTableAssociation','Properties':{"
			       "'RouteTableId':{'Ref':'%s'},'SubnetId':{'Ref':'%sSubnet%c'}}}",
			       table, kind, zone);
	}
}

void synth_add_vpc(struct synth *s)
{
	OWN(json) json_t *attached = json_pack("[s]", "GatewayAttachment");
	OWN(json) json_t *outside = json_pack("[s,s]", "PublicDefault", "PublicRoutesA");

	synth_resource(
		s, "Vpc",
		"{'Type':'AWS::EC2::VPC','Properties':{'CidrBlock':'%s','EnableDnsHostnames':true,"
		"'EnableDnsSupport':true,'Tags':[{'Key':'Name','Value':{'Ref':'AWS::StackName'}}]}"
		"}",
		s->n->vpc_cidr);
	synth_resource(s, "Gateway", "{'Type':'AWS::EC2::InternetGateway'}");
	synth_resource(
		s, "GatewayAttachment",
		"{'Type':'AWS::EC2::VPCGatewayAttachment','Properties':{'VpcId':{'Ref':'Vpc'},"
		"'InternetGatewayId':{'Ref':'Gateway'}}}");
	add_subnet(s, "PublicSubnetA", 0, 0, true);
	add_subnet(s, "PublicSubnetB", 1, 1, true);
	add_subnet(s, "PrivateSubnetA", 2, 0, false);
	add_subnet(s, "PrivateSubnetB", 3, 1, false);
	add_routes(s, "Public", "'GatewayId':{'Ref':'Gateway'}");
	synth_depend(s, "PublicDefault", attached);
	synth_resource(s, "NatAddress", "{'Type':'AWS::EC2::EIP','Properties':{'Domain':'vpc'}}");
	synth_depend(s, "NatAddress", attached);
	synth_resource(s, "Nat",
		       "{'Type':'AWS::EC2::NatGateway','Properties':{'AllocationId':{'Fn::GetAtt':"
		       "['NatAddress','AllocationId']},'SubnetId':{'Ref':'PublicSubnetA'}}}");
	synth_depend(s, "Nat", outside);
	add_routes(s, "Private", "'NatGatewayId':{'Ref':'Nat'}");
	s->vpc = synth_value(s, "{'Ref':'Vpc'}");
	json_array_append_new(s->subnets, synth_value(s, "{'Ref':'PrivateSubnetA'}"));
	json_array_append_new(s->subnets, synth_value(s, "{'Ref':'PrivateSubnetB'}"));
	json_add_str(s->routes, "PrivateDefault");
	json_add_str(s->routes, "PrivateRoutesA");
	json_add_str(s->routes, "PrivateRoutesB");
}

void synth_use_vpc(struct synth *s)
{
	s->vpc = json_string(s->n->vpc_id);
	for (size_t i = 0; i < s->n->private_subnet_count; i++)
		json_add_str(s->subnets, s->n->private_subnets[i]);
}

void synth_import_vpc(struct synth *s)
{
	s->vpc = synth_import(s, "VpcId");
	json_array_append_new(s->subnets, synth_import(s, "PrivateSubnetA"));
	json_array_append_new(s->subnets, synth_import(s, "PrivateSubnetB"));
}
