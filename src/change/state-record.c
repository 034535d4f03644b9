/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "change/journal.h"
#include "change/promise-json.h"
#include "change/state.h"

static void record_drop_promise(json_t *promises, const char *id)
{
	for (size_t i = json_array_size(promises); i-- > 0;)
		if (str_eq(json_string_value(json_object_get(json_array_get(promises, i), "id")), id))
			json_array_remove(promises, i);
}

static void record_set(char **at, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*at);
	*at = copy;
}

/* A later promise with the same id takes the place of the earlier one. */
static void record_promises(struct run_state *s, const json_t *promises)
{
	json_t *p;
	size_t i;

	json_array_foreach(promises, i, p) {
		record_drop_promise(s->promises, json_string_value(json_object_get(p, "id")));
		json_array_append(s->promises, p);
	}
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

		if (e->status != JOURNAL_DONE)
			continue;
		record_promises(s, e->promises);
		record_end(s, e->stage, e->then, e->boot_id);
	}
}
