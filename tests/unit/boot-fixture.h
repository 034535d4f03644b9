/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A small root in a temporary folder, and a host and plan that look at it. */
#include "lib/unit.h"

#include "base/fsroot.h"
#include "base/str.h"
#include "model/host.h"
#include "model/plan.h"

#include <string.h>
#include <sys/stat.h>

static char fixture_dir[64];
static struct fsroot *fixture_root;
static struct host *fixture_host;
static struct plan *fixture_plan;
static struct err fixture_err;

static inline int fixture_run(const char *fmt, ...)
{
	char command[4096];
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	ck_assert_int_lt(r, (int)sizeof(command));
	r = system(command);
	return WIFEXITED(r) ? WEXITSTATUS(r) : -1;
}

static inline void fixture_write(const char *path, const char *text)
{
	char full[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", fixture_dir, path);
	ck_assert_int_eq(fixture_run("mkdir -p \"$(dirname '%s')\"", full), 0);
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static inline void fixture_setup(void)
{
	strcpy(fixture_dir, "/tmp/vfio-wizard-boot-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fixture_dir));
	memset(&fixture_err, 0, sizeof(fixture_err));
	ck_assert_int_eq(fsroot_open(fixture_dir, &fixture_root, &fixture_err), 0);
	fixture_host = host_new(fixture_root);
	fixture_plan = plan_new();
}

static inline void fixture_teardown(void)
{
	plan_free(fixture_plan);
	host_free(fixture_host);
	fsroot_free(fixture_root);
	fixture_run("rm -rf '%s'", fixture_dir);
}

/* A finding of the plan; one without an id when there is none. */
static inline const struct finding *fixture_finding(const char *id)
{
	static const char *const nothing[] = { "", NULL };
	static const struct finding none = { .subject = "", .text = "", .evidence = nothing };

	for (unsigned i = 0; i < fixture_plan->n_findings; i++)
		if (strcmp(fixture_plan->findings[i]->id, id) == 0)
			return fixture_plan->findings[i];
	return &none;
}

static inline bool fixture_has_finding(const char *id)
{
	return fixture_finding(id)->id;
}

/* The file change of PATH in STAGE; one without a path when there is none. */
static inline const struct change *fixture_change(const struct stage *stage, const char *path)
{
	static const struct change none = { .after = "" };

	for (unsigned i = 0; i < stage->n_changes; i++)
		if (stage->changes[i]->kind != CHANGE_RUN &&
		    strcmp(stage->changes[i]->path, path) == 0)
			return stage->changes[i];
	return &none;
}

static inline bool fixture_has_change(const struct stage *stage, const char *path)
{
	return fixture_change(stage, path)->path;
}
