/* I12: scripts in user data and commands that register a node with the wrong attributes. */
#include <string.h>

#include "core/check/check-topology.h"

/* The attributes of which Cloud Map makes records. */
static bool makes_records(const char *script)
{
	return strstr(script, "AWS_INSTANCE_IPV4") || strstr(script, "AWS_INSTANCE_IPV6") ||
	       strstr(script, "AWS_INSTANCE_CNAME") || strstr(script, "AWS_EC2_INSTANCE_ID") ||
	       strstr(script, "AWS_ALIAS_DNS_NAME");
}

/* Attributes in a file or variable are not in the script. */
static bool shows_attributes(const char *script)
{
	static const char option[] = "--attributes";
	const char *at = strstr(script, option);

	if (!at || strstr(script, "--cli-input"))
		return false;
	at += strlen(option);
	at += strspn(at, " =\t\"'\\\n");
	return *at && *at != '$' && !str_starts(at, "file:");
}

static bool registers_wrong(const char *script)
{
	return strstr(script, "servicediscovery") && strstr(script, "register-instance") &&
	       shows_attributes(script) && !makes_records(script);
}

static void look(struct check *c, const struct deployment_resource *r, const char *property,
		 const json_t *text)
{
	OWN(str) char *script = text ? check_flat(check_deployment(c), text) : NULL;
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = r,
				   .property = property,
				   .remedy = "--attributes AWS_INSTANCE_IPV4=<address>" };

	if (script && registers_wrong(script))
		check_add(c, &f,
			  "the script registers an instance without AWS_INSTANCE_IPV4, so it gets "
			  "no record");
}

/* The user data before it is encoded. */
static void look_user_data(struct check *c, const struct deployment_resource *r, const char *path,
			   const char *property)
{
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);
	OWN(str) char *whole = str_printf("Properties.%s.Fn::Base64", path);
	const json_t *plain = json_path(r->body, whole);
	OWN(json) json_t *value = NULL;

	if (plain && template_value(list[r->template].eval, plain, &value, NULL) == 0)
		look(c, r, property, value);
}

static void look_commands(struct check *c, const struct deployment_resource *r)
{
	static const char *const members[] = { "EntryPoint", "Command" };
	const json_t *containers = json_object_get(r->properties, "ContainerDefinitions"), *one;
	const json_t *word;
	size_t i, k;

	json_array_foreach(containers, i, one)
		for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++) {
			OWN(str)
			char *property = str_printf("ContainerDefinitions/%zu/%s", i, members[m]);

			json_array_foreach(json_object_get(one, members[m]), k, word)
				look(c, r, property, word);
		}
}

void check_register_scripts(struct check *c)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		if (check_is_type(&r[i], "AWS::EC2::Instance"))
			look_user_data(c, &r[i], "UserData", "UserData");
		else if (check_is_type(&r[i], "AWS::EC2::LaunchTemplate"))
			look_user_data(c, &r[i], "LaunchTemplateData.UserData",
				       "LaunchTemplateData/UserData");
		else if (check_is_type(&r[i], "AWS::ECS::TaskDefinition"))
			look_commands(c, &r[i]);
	}
}
