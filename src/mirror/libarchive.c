/* libarchive: found by the name of its interface, then by the one that development files give. */
#include "mirror/libarchive.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "base/str.h"

static const char *const NAMES[] = { "libarchive.so.13", "libarchive.so" };

static const struct {
	const char *name;
	size_t at;
} FUNCTIONS[] = {
#define ROW(name) { #name, offsetof(struct libarchive, name) },
	LIBARCHIVE_FUNCTIONS(ROW)
#undef ROW
};

/* NULL: found; otherwise what is missing. */
static const char *
find_functions(void *library, struct libarchive *found)
{
	for (size_t i = 0; i < COUNT(FUNCTIONS); i++) {
		void *function = dlsym(library, FUNCTIONS[i].name);

		if (!function)
			return FUNCTIONS[i].name;
		memcpy((char *)found + FUNCTIONS[i].at, &function, sizeof function);
	}
	return NULL;
}

const struct libarchive *
libarchive(struct err *e)
{
	static struct libarchive found;
	static bool ready;

	for (size_t i = 0; i < COUNT(NAMES) && !ready; i++) {
		void *library = dlopen(NAMES[i], RTLD_NOW | RTLD_LOCAL);
		const char *missing = library ? find_functions(library, &found) : NULL;

		ready = library && !missing;
		/* of the first: of the second there need be none */
		if (i == 0 && missing)
			err_set(e, "libarchive: has no %s; a newer one is needed", missing);
		else if (i == 0 && !library)
			err_set(e,
				"libarchive: %s; bundles need it (in Debian the package "
				"libarchive13)",
				dlerror());
		if (library && !ready)
			dlclose(library);
	}
	if (ready)
		e->text[0] = '\0';
	return ready ? &found : NULL;
}
