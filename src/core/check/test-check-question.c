/* How a person asks what a rule asks. */
#include "base/str.h"
#include "base/test.h"
#include "core/check/check.h"

TEST(check_question, an_aws_question_reads_as_the_aws_cli_takes_it)
{
	OWN(json) json_t *input = json_pack("{s:[s,s]}", "SubnetIds", "subnet-1", "subnet-2");
	OWN(str) char *text = check_question_command("ec2", "DescribeSubnets", input);

	CHECK_STR(text, "aws ec2 describe-subnets --subnet-ids subnet-1 subnet-2");
}

TEST(check_question, texts_that_a_shell_would_take_apart_are_quoted)
{
	OWN(json) json_t *input = json_pack("{s:s}", "SecretId", "it's here");
	OWN(str) char *text = check_question_command("secretsmanager", "GetSecretValue", input);

	CHECK_STR(text, "aws secretsmanager get-secret-value --secret-id 'it'\\''s here'");
}

TEST(check_question, words_of_capitals_stay_together)
{
	OWN(json) json_t *input = json_pack("{s:s}", "VPCId", "vpc-1");
	OWN(str) char *text = check_question_command("servicediscovery", "ListDNSNames", input);

	CHECK_STR(text, "aws servicediscovery list-dns-names --vpc-id vpc-1");
}

TEST(check_question, the_order_of_members_does_not_make_another_key)
{
	OWN(json) json_t *a = json_pack("{s:s,s:s}", "a", "1", "b", "2");
	OWN(json) json_t *b = json_pack("{s:s,s:s}", "b", "2", "a", "1");
	OWN(str) char *one = check_question_key("ec2", "X", a);
	OWN(str) char *two = check_question_key("ec2", "X", b);

	CHECK_STR(one, two);
}
