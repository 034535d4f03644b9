/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bind.h"

#include <string.h>

#define BIND_METHOD(id) &bind_##id,
const struct bind_method *const bind_table[] = {
#include "boot/bind.def"
};
#undef BIND_METHOD
const unsigned bind_count = ARRAY_SIZE(bind_table);

const struct bind_method *bind_find(const char *name)
{
	for (unsigned i = 0; i < bind_count; i++)
		if (strcmp(bind_table[i]->name, name) == 0)
			return bind_table[i];
	return NULL;
}
