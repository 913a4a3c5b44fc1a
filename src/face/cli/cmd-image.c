/* mpcup image import|list|remove */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/image/image.h"
#include "face/cli/commands.h"
#include "face/cli/target.h"

/* ---- import
 * --------------------------------------------------------------------------------------------- */

static void print_progress(void *ctx, unsigned layer, unsigned layers, uint64_t bytes)
{
	(void)ctx;
	if (layers)
		(void)fprintf(stderr, "\rlayer %u of %u: %llu MiB \033[K", layer, layers,
			      (unsigned long long)(bytes >> 20));
	else
		(void)fprintf(stderr, "\rreading the file: %llu MiB \033[K",
			      (unsigned long long)(bytes >> 20));
	(void)fflush(stderr);
}

/* What of the image is not as it was. */
static void print_notes(const json_t *image)
{
	json_int_t skipped = json_int_or(image, "skipped", 0);
	const char *user = json_str_or(image, "user", "");

	if (skipped)
		(void)printf("%lld device nodes or sockets were left out.\n", (long long)skipped);
	if (json_object_size(json_map(image, "owners")))
		(void)printf("It has files of several users. All files belong to the user that a container runs "
			     "as%s%s.\n",
			     *user ? ": " : "", user);
}

static int run_import(struct cli *cli, struct err *err)
{
	OWN(str) char *state_dir = target_state_dir();
	struct image_source source = { .state_dir = state_dir,
				       .path = cli->args[0],
				       .name = cli_option(cli, "name"),
				       .progress = cli->progress && isatty(STDERR_FILENO)
							   ? print_progress
							   : NULL };
	OWN(json) json_t *result = NULL;
	const json_t *image;
	int rc = image_import(&source, &result, err);

	if (source.progress)
		(void)fputs("\r\033[K", stderr);
	if (rc < 0)
		return -1;
	image = json_map(result, "image");
	if (cli->json) {
		cli_print_json(result);
	} else if (!cli->quiet) {
		(void)printf("%s  %s/%s  %s\n", json_str(result, "name"), json_str(image, "os"),
			     json_str(image, "architecture"), json_str(image, "id"));
		print_notes(image);
	}
	return CLI_OK;
}

static const struct cli_option import_options[] = {
	{ .name = "name", .value = "REF", .help = "reference that task definitions use" },
	{ 0 },
};
const struct command command_image_import = {
	.name = "image import",
	.usage = "FILE|DIR",
	.least = 1,
	.most = 1,
	.help = "bring a container image to the local AWS",
	.details =
		"FILE is what docker save, podman save or skopeo copy write: a tar of docker save or an OCI image\n"
		"layout (a directory too), with layers that are plain, gzip or zstd. From an index the image for\n"
		"this machine is taken, else that for linux/amd64. Every digest is checked.\n\n"
		"Tasks whose image reference means the same name run it. It comes before the built-in stand-ins,\n"
		"and after the mapping that mpcup up --image made.\n\n"
		"Without root there is one user per container: all files belong to the user of the image or of the\n"
		"task definition, set-id bits are dropped, and programs that change their user are refused by the\n"
		"kernel.",
	.examples = "  docker save nginx:1.25 -o nginx.tar && mpcup image import nginx.tar\n"
		    "  skopeo copy docker://alpine:3.20 oci:alpine && mpcup image import alpine --name alpine:3.20",
	.options = import_options,
	.run = run_import,
};

/* ---- list and remove
 * ---------------------------------------------------------------------------------------- */

static void print_one(const json_t *entry)
{
	const json_t *image = json_map(entry, "image");
	time_t imported = (time_t)json_int_or(image, "imported", 0);
	char when[32] = "";
	struct tm t;

	if (gmtime_r(&imported, &t))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &t);
	(void)printf("%-48s  %-5s  %6lld MiB  %s  %.19s\n", json_str(entry, "name"),
		     json_str(image, "architecture"),
		     (long long)(json_int_or(image, "bytes", 0) >> 20), when, json_str(image, "id"));
}

static int run_list(struct cli *cli, struct err *err)
{
	OWN(str) char *state_dir = target_state_dir();
	OWN(json) json_t *list = NULL;
	json_t *entry;
	size_t i;

	if (image_list(state_dir, &list, err) < 0)
		return -1;
	if (cli->json) {
		cli_print_json(list);
		return CLI_OK;
	}
	json_array_foreach(list, i, entry) print_one(entry);
	if (!json_array_size(list) && !cli->quiet)
		(void)puts("No images. mpcup image import FILE brings one.");
	return CLI_OK;
}
const struct command command_image_list = {
	.name = "image list",
	.help = "list the images that were imported",
	.examples = "  mpcup image list",
	.run = run_list,
};

static int run_remove(struct cli *cli, struct err *err)
{
	OWN(str) char *state_dir = target_state_dir();

	if (image_remove(state_dir, cli->args[0], err) < 0)
		return -1;
	if (!cli->quiet && !cli->json)
		(void)printf("%s is removed.\n", cli->args[0]);
	return CLI_OK;
}
const struct command command_image_remove = {
	.name = "image remove",
	.usage = "REF",
	.least = 1,
	.most = 1,
	.help = "remove an imported image",
	.details = "REF is a name as in image list, or an id (sha256:...), which removes all its names. An image that\n"
		   "a task runs stays.",
	.examples = "  mpcup image remove nginx:1.25",
	.run = run_remove,
};
