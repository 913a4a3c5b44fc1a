#include <string.h>

#include "engine/fabric/fabric.h"
#include "engine/localnet/localnet.h"
#include "engine/node/node.h"
#include "face/cli/cli.h"

/* The container entry points come first: they have their own command line and must start fast. */
int main(int argc, char **argv)
{
	bool asks_help = argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h"));

	if (argc > 2 && !strcmp(argv[1], FABRIC_INIT_WORD))
		return fabric_container_init(argv + 2);
	if (argc > 1 && !strcmp(argv[1], "node") && !asks_help)
		return node_main(argc - 2, argv + 2);
	if (argc > 1 && !strcmp(argv[1], "localnet") && !asks_help)
		return localnet_main(argc - 2, argv + 2);
	return cli_main(argc, argv);
}
