/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A unit test program: fill SUITE, call this from main().  Speaks TAP on stdout. */
#include <check.h>
#include <stdlib.h>

static inline int unit_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	srunner_free(runner);
	return EXIT_SUCCESS; /* the TAP lines say what failed */
}

/* Folder of the source tree; tests find their fixtures below it. */
static inline const char *unit_srcdir(void)
{
	const char *dir = getenv("top_srcdir");

	return dir ? dir : ".";
}
