/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "wizard/frontend.h"

/* Builds one struct screen in an arena; every string given is copied. */
struct screen_build {
	struct arena *arena;
	struct screen screen;
	unsigned rows_cap, buttons_cap;
	struct screen_button *buttons;
};

void build_begin(struct screen_build *b, enum screen_kind kind, const char *id, const char *title);
void build_done(struct screen_build *b);
#define _cleanup_build_ _cleanup_(build_done)

/* The new row, zeroed but for KIND; fill in what is needed (strings must live as long as B). */
struct screen_row *build_row(struct screen_build *b, enum row_kind kind, const char *id) _returns_nonnull_;
void build_text(struct screen_build *b, const char *text);
void build_blank(struct screen_build *b);
void build_heading(struct screen_build *b, const char *text);
struct screen_row *build_fact(struct screen_build *b, const char *id, const char *label,
			      const char *value, enum row_state state) _returns_nonnull_;
/* A disabled button says why when WHY_NOT is not NULL. */
void build_button(struct screen_build *b, const char *id, const char *label, const char *why_not);
char *build_printf(struct screen_build *b, const char *fmt, ...) _printf_(2, 3) _returns_nonnull_;
