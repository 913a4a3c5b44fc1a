/* Shared by the files of this room only. */
#pragma once
#include <yaml.h>

#include "core/network/network.h"

#define NETWORK_DOMAINS_MOST 8

enum {
	KEY_NAME,
	KEY_CHAIN,
	KEY_PATTERN,
	KEY_BASE_STACK,
	KEY_CONTRACT,
	KEY_RPC_URL,
	KEY_BOOT_NODES,
	KEY_IMAGE,
	KEY_VPC,
	KEY_NAMESPACE,
	KEY_THRESHOLD,
	KEY_DOMAINS,
	KEY_CPU,
	KEY_MEMORY,
	KEY_KEYS,
	KEY_PEER_PORT,
	KEY_LOG_RETENTION,
	KEY_NODES,
	KEY_SUPPRESS,
	KEY_COUNT
};
enum { VPC_CIDR, VPC_ID, VPC_PRIVATE_SUBNETS };
enum { NODE_ACCOUNT, NODE_HOST_NAME, NODE_SUPPRESS };
enum { DOMAIN_PROTOCOL, DOMAIN_THRESHOLD };

#define NETWORK_NODES_LEAST 2
#define NETWORK_NODES_MOST 180 /* each is an output of the parent stack, which has at most 200 */

/* A parsed document and where its values are. `at` is NULL for keys that are not there. */
struct reader {
	const char *name; /* of the file, for messages */
	yaml_document_t document;
	yaml_node_t *at[KEY_COUNT];
	const yaml_node_t *domain_at[NETWORK_DOMAINS_MOST];
	struct err *err;
};

/* 0, or -1 with the place of the syntax error. reader_close() after success only. */
int reader_open(struct reader *r, const char *name, const char *text, size_t len, struct err *err);
void reader_close(struct reader *r);
yaml_node_t *reader_root(struct reader *r);
/* "name:line:column: text". Always -1. node NULL: the beginning of the file. */
int reader_fail(const struct reader *r, const yaml_node_t *node, const char *fmt, ...)
	ERR_FMT(3, 4);
/* Text of a scalar, with nothing but spaces and printable characters. -1: err says what is wanted.
 * What other readers of YAML would take for a number or a truth value needs quotes. */
int reader_text(const struct reader *r, const yaml_node_t *node, const char *what, char **ret);
/* The same of a number or a text. */
int reader_scalar(const struct reader *r, const yaml_node_t *node, const char *what, char **ret);
/* A number within the key's bounds, without quotes. */
int reader_number(const struct reader *r, const yaml_node_t *node, const struct network_key *key,
		  unsigned *ret);
/* One of the key's words; its index. */
int reader_choice(const struct reader *r, const yaml_node_t *node, const struct network_key *key,
		  int *ret);
/* How many items a list has, within the key's bounds. -1: err says "`what` 1 to 8 `items`". */
int reader_count(const struct reader *r, const yaml_node_t *node, const struct network_key *key,
		 const char *what, const char *items, size_t *ret);
/* Calls fn for each entry of a mapping; `index` of the key that was met in `keys`, which end with a row
 * whose name is NULL. Unknown keys get a suggestion, double ones are refused. */
int reader_mapping(struct reader *r, yaml_node_t *node, const struct network_key *keys, const char *what,
		   int (*fn)(struct reader *r, size_t index, yaml_node_t *value, void *ctx),
		   void *ctx);

/* List of {fault, reason}. */
int network_read_suppress(struct reader *r, yaml_node_t *value, struct network_suppressions *ret);
void network_suppressions_free(struct network_suppressions *s);
/* List of protocol names, or of {protocol, threshold}. */
int network_read_domains(struct reader *r, yaml_node_t *value, struct network *n);
/* Whether as many nodes can have each domain's protocol with its threshold. */
int network_check_domains(const struct reader *r, const struct network *n);
/* Object JSON pointer -> [line, column] of all values. Caller's. */
json_t *reader_places(struct reader *r);

/* Whether `id` follows NEAR's grammar for account names. */
bool network_account_valid(const char *id);
/* Chain that an account's ending belongs to ("localnet", "testnet", "mainnet"), or NULL. */
const char *network_account_chain(const char *id);
bool network_label_valid(const char *label); /* one DNS label, lower case */
bool network_domain_valid(const char *name); /* labels and dots */
/* Fills what the file leaves open. */
void network_defaults(struct network *n);
/* Everything that no single key can tell. */
int network_check(const struct reader *r, const struct network *n);
int network_check_boot_nodes(const struct reader *r, const yaml_node_t *node, const char *text);
