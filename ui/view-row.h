/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/str.h"
#include "ui/view.h"

/* Widths of the columns of one run of rows: label, value, state, note; 0 when there is none. */
struct view_columns {
	int cols; /* of the whole line */
	int label, value, state, note;
	int alone; /* widest label that has no value but a state or note behind it */
};

void view_columns_measure(struct view_columns *c, const struct screen_row *row);
/* Makes them fit: the note gives way first, the state never. */
void view_columns_fit(struct view_columns *c);
/* One line, what of it is highlighted and where its state stands.  FIELD when it is being edited. */
void view_row_format(const struct view_columns *c, const struct screen_row *row, struct field *field,
		     struct str *out, struct view_item *item, struct view_mark *mark);
