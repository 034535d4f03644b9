/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings about VFIO that somebody made by hand or by another tool: what each does in truth. */
#include "rules/judge.h"

#include "base/str.h"
#include "model/legacy.h"

static struct finding *legacy_finding_of(struct judgement *j, const struct legacy_row *row,
					 const struct legacy_found *f)
{
	struct finding *found = judgement_add(j, row->id, row->severity,
					      f->arg ? "/proc/cmdline" : f->line->path, "%s", _(row->text));

	switch (row->take) {
	case LEGACY_TAKE:
		finding_add_advice(j, found, _("It can stay. \"vfio-wizard apply --take-over %s\" removes just that, "
					       "and undo brings it back."), row->id);
		break;
	case LEGACY_ASK:
		finding_add_advice(j, found, _("Leave it when it is there for something else than VFIO. \"vfio-wizard "
					       "apply --take-over %s\" removes just that, and undo brings it back."),
				   row->id);
		break;
	case LEGACY_LEAVE:
		break;
	}
	return found;
}

/* One finding a row, with every line as evidence. */
static void legacy_judge(struct judgement *j)
{
	const struct legacy_found *found;
	unsigned n = legacy_find(j->host, j->host->kernel.args, &found);

	for (unsigned r = 0; r < legacy_row_count; r++) {
		const struct legacy_row *row = &legacy_rows[r];
		struct finding *f = NULL;

		for (unsigned i = 0; i < n && !row->said; i++) {
			if (found[i].row != row)
				continue;
			if (!f)
				f = legacy_finding_of(j, row, &found[i]);
			finding_add_evidence(j, f, "%s", legacy_evidence(j->host, &found[i], "/proc/cmdline"));
		}
	}
}

const struct rule rule_legacy = { "legacy", legacy_judge };
