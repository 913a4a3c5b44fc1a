/* libarchive comes with XML, ICU and six compressors, whose loading takes longer than most commands:
 * it is opened by the first import. */
#include "engine/image/image-internal.h"
#include "engine/sys/sys.h"

#define LIBARCHIVE "libarchive.so.13" /* the ABI of its header */

struct libarchive libarchive;

/* clang-format off */
#define SYMBOL(name) { "archive_" #name, &libarchive.name }
static const struct sys_symbol symbols[] = {
	SYMBOL(entry_filetype),
	SYMBOL(entry_gid),
	SYMBOL(entry_hardlink),
	SYMBOL(entry_hardlink_utf8),
	SYMBOL(entry_pathname),
	SYMBOL(entry_pathname_utf8),
	SYMBOL(entry_perm),
	SYMBOL(entry_size),
	SYMBOL(entry_symlink),
	SYMBOL(entry_symlink_utf8),
	SYMBOL(entry_uid),
	SYMBOL(error_string),
	SYMBOL(read_data_block),
	SYMBOL(read_free),
	SYMBOL(read_new),
	SYMBOL(read_next_header),
	SYMBOL(read_open),
	SYMBOL(read_support_filter_gzip),
	SYMBOL(read_support_filter_zstd),
	SYMBOL(read_support_format_empty),
	SYMBOL(read_support_format_raw),
	SYMBOL(read_support_format_tar),
};
/* clang-format on */

int libarchive_load(struct err *err)
{
	return libarchive.read_new ? 0
				   : sys_library(LIBARCHIVE, "libarchive13", symbols,
						 sizeof(symbols) / sizeof(symbols[0]), err);
}
