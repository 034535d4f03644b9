/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "change/journal.h"
#include "change/promise-json.h"
#include "change/state.h"

static const char *record_text(const json_t *promise, const char *key)
{
	return json_string_value(json_object_get(promise, key));
}

/* A stage applied again for other devices no longer promises anything of the earlier ones. */
static bool record_is_replaced(const json_t *old, const json_t *by)
{
	/* Nor can two kernels run. */
	if (str_eq(record_text(old, "kind"), "kernel") && str_eq(record_text(by, "kind"), "kernel"))
		return true;
	return str_eq(record_text(old, "id"), record_text(by, "id")) ||
	       (str_eq(record_text(old, "kind"), "driver") && str_eq(record_text(by, "kind"), "driver") &&
		str_eq(record_text(old, "stage"), record_text(by, "stage")));
}

static void record_set(char **at, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*at);
	*at = copy;
}

static void record_promises(struct run_state *s, json_t *promises)
{
	json_t *p;
	size_t i;

	json_array_foreach(promises, i, p)
		for (size_t k = json_array_size(s->promises); k-- > 0;)
			if (record_is_replaced(json_array_get(s->promises, k), p))
				json_array_remove(s->promises, k);
	json_array_extend(s->promises, promises);
}

static void record_end(struct run_state *s, const char *stage, enum stage_end then, const char *boot_id)
{
	record_set(&s->stage, stage);
	/* What was written afterwards without needing a restart does not make an earlier one needless. */
	if (then == STAGE_END_NONE && s->then != STAGE_END_NONE)
		return;
	record_set(&s->boot_id, boot_id);
	s->then = then;
}

void run_state_record_stage(struct run_state *s, const struct stage *stage, const char *boot_id)
{
	_cleanup_json_ json_t *promises = promise_json_of_stage(stage, boot_id);

	record_promises(s, promises);
	record_end(s, stage->name, stage->then, boot_id);
}

void run_state_follow_journal(struct run_state *s, struct journal_entry *const *entries, unsigned n)
{
	json_array_clear(s->promises);
	record_set(&s->stage, NULL);
	record_set(&s->boot_id, NULL);
	s->then = STAGE_END_NONE;
	for (unsigned i = 0; i < n; i++) {
		const struct journal_entry *e = entries[i];

		/* One that another run has not finished counts: its files may be in place already. */
		if (e->status == JOURNAL_UNDOING)
			continue;
		record_promises(s, e->promises);
		record_end(s, e->stage, e->then, e->boot_id);
	}
}
