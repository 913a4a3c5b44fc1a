/* Any bytes as the documents of an image and as a layer. The first byte says which:
 * 'i' an index, 's' manifest.json of docker save, 'm' a manifest, 'c' a configuration, 'n' a reference,
 * anything else a layer, which is unpacked: nothing may appear outside of its root. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/str.h"
#include "engine/image/image-internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void documents(char which, const char *text, size_t size)
{
	OWN(json) json_t *document = NULL, *record = NULL;
	const json_t *diff_ids;
	struct err err = { 0 };

	if (json_parse_text("fuzz", text, size, &document, &err) < 0)
		return;
	if (which == 'i')
		(void)image_choose(document, "amd64", "a:1", &err);
	else if (which == 's')
		(void)image_choose_saved(document, "a:1", &err);
	else if (which == 'm')
		(void)image_check_manifest(document, &err);
	else
		(void)image_read_config(document, 1, &record, &diff_ids, &err);
}

static void reference(const char *text, size_t size)
{
	OWN(str) char *copy = str_dup_n(text, size);
	OWN(str) char *name = image_name(copy, NULL);
	OWN(str) char *again = name ? image_name(name, NULL) : NULL;

	/* a full name is its own full name */
	if (name && !str_eq(name, again))
		abort();
}

static unsigned entries(const char *path)
{
	DIR *all = opendir(path);
	unsigned count = 0;

	while (all && readdir(all))
		count++;
	if (all)
		(void)closedir(all);
	return count;
}

static void layer(const uint8_t *data, size_t size)
{
	char box[] = "/dev/shm/fuzz-image-XXXXXX";
	struct image_unpack u = { .bytes = IMAGE_MOST_BYTES - (1 << 20) };
	struct image_blob blob = { .fd = memfd_create("layer", MFD_CLOEXEC), .size = -1 };
	OWN(str) char *root = NULL;
	struct err err = { 0 };

	if (blob.fd < 0 || !mkdtemp(box) || write(blob.fd, data, size) != (ssize_t)size ||
	    lseek(blob.fd, 0, SEEK_SET) < 0)
		abort();
	root = str_printf("%s/root", box);
	if (mkdir(root, 0755) < 0)
		abort();
	u.root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	u.owners = json_object();
	(void)image_layer(&u, &blob, &err);
	json_decref(u.owners);
	close(u.root);
	close(blob.fd);
	if (entries(box) != 3)
		abort();
	if (image_tree_remove(AT_FDCWD, box, &err) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (strchr("ismc", data[0]) && data[0])
		documents((char)data[0], (const char *)data + 1, size - 1);
	else if (data[0] == 'n')
		reference((const char *)data + 1, size - 1);
	else
		layer(data + 1, size - 1);
	return 0;
}
