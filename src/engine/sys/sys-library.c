#include <dlfcn.h>
#include <string.h>

#include "engine/sys/sys.h"

int sys_library(const char *file, const char *package, const struct sys_symbol *symbols, size_t count,
		struct err *err)
{
	void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);

	if (!library)
		return err_set(err, ERR_SYS, "%s: install the package %s", dlerror(), package);
	for (size_t i = 0; i < count; i++)
		if (!dlsym(library, symbols[i].name))
			return err_set(err, ERR_SYS, "%s", dlerror());
	for (size_t i = 0; i < count; i++) {
		void *symbol = dlsym(library, symbols[i].name);

		memcpy(symbols[i].at, &symbol, sizeof(symbol));
	}
	return 0;
}
