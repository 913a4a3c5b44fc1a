/* The name that imports give a stack whose exports hang on its name. */
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/deployment/deployment.h"

enum { MOST = 3 };

struct stacks {
	struct deployment_template list[MOST];
	json_t *parameters[MOST];
	struct template_eval *eval[MOST];
	struct template_world world;
	size_t count;
};

static void add(struct stacks *s, const char *text)
{
	OWN(str) char *json = str_dup(text);
	struct err err = { 0 };
	size_t i = s->count++;

	for (char *at = json; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	CHECK_OK(template_parse("t.json", json, strlen(json), &s->list[i].t, &err), err);
	CHECK_OK(template_parameters(s->list[i].t, NULL, NULL, 0, &s->world, &s->parameters[i],
				     &err),
		 err);
	CHECK_OK(template_eval_new(s->list[i].t, s->parameters[i], &s->world, &s->eval[i], &err),
		 err);
	s->list[i].eval = s->eval[i];
}

/* Name of the first of the templates, "" for none. */
static void expect(const char *want, const char *first, const char *second, const char *third)
{
	struct stacks s = { .count = 0 };
	OWN(str) char *name = NULL;

	add(&s, first);
	add(&s, second);
	if (third)
		add(&s, third);
	name = deployment_stack_name(s.list, s.count, 0);
	CHECK_STR(name ? name : "", want);
	for (size_t i = 0; i < s.count; i++) {
		template_eval_free(s.eval[i]);
		json_decref(s.parameters[i]);
		template_free(s.list[i].t);
	}
}

#define VPC "'Resources':{'V':{'Type':'AWS::EC2::VPC','Properties':{'CidrBlock':'10.0.0.0/16'}}}"
#define EXPORTS(name) "{" VPC ",'Outputs':{'O':{'Value':{'Ref':'V'},'Export':{'Name':" name "}}}}"
#define BY_SUB EXPORTS("{'Fn::Sub':'${AWS::StackName}-VpcId'}")
#define BY_JOIN EXPORTS("{'Fn::Join':[':',['net',{'Ref':'AWS::StackName'},'vpc']]}")
#define IMPORT(name) "{'Fn::ImportValue':" name "}"
#define GROUP(name, vpc)                                                                           \
	"'" name                                                                                   \
	"':{'Type':'AWS::EC2::SecurityGroup','Properties':{'GroupDescription':'g','VpcId':" vpc    \
	"}}"
#define IMPORTS(name) "{'Resources':{" GROUP("G", IMPORT(name)) "}}"

TEST(stack, the_name_is_what_an_import_has_where_the_export_has_the_stacks_name)
{
	expect("base", BY_SUB, IMPORTS("'base-VpcId'"), NULL);
	expect("prod-base", BY_SUB, IMPORTS("'prod-base-VpcId'"), NULL);
	expect("near", BY_JOIN, IMPORTS("'net:near:vpc'"), NULL);
	expect("base", BY_SUB,
	       "{'Parameters':{'P':{'Type':'String','Default':'base'}},'Resources':{" GROUP(
		       "G", IMPORT("{'Fn::Sub':'${P}-VpcId'}")) "}}",
	       NULL);
}

TEST(stack, what_says_nothing_gives_no_name)
{
	expect("", BY_SUB, IMPORTS("'base-SubnetId'"), NULL);
	expect("", BY_SUB, IMPORTS("'-VpcId'"), NULL);
	expect("", BY_SUB, IMPORTS("'a/b-VpcId'"), NULL);
	expect("", EXPORTS("'base-VpcId'"), IMPORTS("'base-VpcId'"), NULL);
	expect("", EXPORTS("{'Ref':'AWS::StackName'}"), IMPORTS("'base'"), NULL);
	expect("", BY_SUB,
	       "{'Parameters':{'P':{'Type':'String'}},'Resources':{" GROUP(
		       "G", IMPORT("{'Fn::Sub':'${P}-VpcId'}")) "}}",
	       NULL);
}

TEST(stack, a_name_that_the_template_itself_imports_of_is_not_its_own)
{
	expect("",
	       "{'Resources':{" GROUP(
		       "G",
		       IMPORT("'base-VpcId'")) "},'Outputs':{'O':{'Value':'10','Export':"
					       "{'Name':{'Fn::Sub':'${AWS::StackName}-Count'}}}}}",
	       "{'Resources':{" GROUP("H", IMPORT("'base-Count'")) "}}", NULL);
}

TEST(stack, what_two_stacks_may_export_gives_no_name)
{
	expect("", BY_SUB, IMPORTS("'base-VpcId'"), BY_SUB);
	expect("", BY_SUB, IMPORTS("'base-VpcId'"), EXPORTS("'base-VpcId'"));
}

TEST(stack, the_name_that_most_imports_have_is_taken)
{
	expect("", BY_SUB, IMPORTS("'base-VpcId'"), IMPORTS("'bas-VpcId'"));
	expect("base",
	       "{" VPC ",'Outputs':{'O':{'Value':{'Ref':'V'},'Export':{'Name':{'Fn::Sub':"
	       "'${AWS::StackName}-VpcId'}}},'P':{'Value':'10','Export':{'Name':{'Fn::Sub':"
	       "'${AWS::StackName}-Count'}}}}}",
	       "{'Resources':{" GROUP("G", IMPORT("'base-VpcId'")) "," GROUP(
		       "H", IMPORT("'base-Count'")) "}}",
	       IMPORTS("'bas-VpcId'"));
}
