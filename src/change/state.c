/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/state.h"

#include "base/atomic.h"
#include "change/moment.h"
#include "change/promise-json.h"
#include "change/state-dir.h"

#include <errno.h>
#include <string.h>

/*
 * STATE_DIR/state.json, every key always there (stable: a newer vfio-wizard goes on where an older
 * one stopped):
 *
 * { "schema": 1,
 *   "saved_at": "2026-05-14T14:02:11",
 *   "step": "devices" | null,                 the wizard's step id
 *   "stage": "kernel" | null,                 last applied stage
 *   "then": "none" | "reboot" | "firmware",   what it waits for
 *   "boot_id": "0f8f…" | null,                boot in which it was applied
 *   "answers": { "memory": "16G", "device": [ "0000:01:00.0" ] },
 *   "promises": [ { "id": "cmdline:iommu=pt", "text": "…", "stage": "kernel",
 *                   "boot_id": "0f8f…" | null,   cannot be true before another boot than this
 *                   "kind": "cmdline" | "iommu-on" | "driver" | "file" | "domain",
 *                   "arg": "iommu=pt" | null, "path": "/etc/…" | null,
 *                   "address": "0000:01:00.0" | null, "vendor": "10de", "device": "2504" } ],
 *   "devices": [ { "address": "0000:01:00.0", "vendor": "10de", "device": "2504",
 *                  "subsystem_vendor": "1458", "subsystem_device": "4074",
 *                  "group": 1 | null, "driver": "nouveau" | null, "name": "GA106 …" } ] }
 */
#define STATE_SCHEMA 1

void run_state_init(struct run_state *s)
{
	*s = (struct run_state){ .promises = json_array(), .devices = json_array() };
	answers_init(&s->answers);
}

void run_state_done(struct run_state *s)
{
	answers_done(&s->answers);
	free(s->step);
	free(s->boot_id);
	free(s->stage);
	free(s->saved_at);
	json_decref(s->promises);
	json_decref(s->devices);
	*s = (struct run_state){ 0 };
}

static char *state_path(const char *state_dir)
{
	return xasprintf("%s/state.json", state_dir);
}

struct state_reader {
	const char *path, *text;
	struct err *err;
};

/* jansson keeps no line numbers: the first line with the quoted key is the one to look at. */
static unsigned state_line_of(const struct state_reader *rd, const char *key)
{
	_cleanup_free_ char *quoted = xasprintf("\"%s\"", key);
	const char *at = strstr(rd->text, quoted);
	unsigned line = 1;

	if (!at)
		return 1;
	for (const char *p = rd->text; p < at; p++)
		line += *p == '\n';
	return line;
}

static int state_wrong(const struct state_reader *rd, const char *key)
{
	return err_input(rd->err, rd->path, state_line_of(rd, key),
			 _("\"%s\" is missing or has a value of the wrong kind."), key);
}

static int state_read_text(const struct state_reader *rd, const json_t *j, const char *key, char **ret)
{
	const json_t *value = json_object_get(j, key);

	if (!json_is_string(value) && !json_is_null(value))
		return state_wrong(rd, key);
	if (json_is_string(value))
		*ret = xstrdup(json_string_value(value));
	return 0;
}

static int state_read_answers(const struct state_reader *rd, const json_t *j, struct answers *ret)
{
	json_t *values = json_object_get(j, "answers"), *value, *item;
	const char *key;
	size_t i;
	int r = 0;

	if (!json_is_object(values))
		return state_wrong(rd, "answers");
	json_object_foreach(values, key, value) {
		_cleanup_free_ char *where = xasprintf("%s:%u", rd->path, state_line_of(rd, key));

		if (json_is_string(value))
			r = answers_set(ret, key, json_string_value(value), where, rd->err);
		else if (!json_is_array(value))
			r = state_wrong(rd, key);
		json_array_foreach(value, i, item) {
			if (!json_is_string(item))
				return state_wrong(rd, key);
			r = answers_set(ret, key, json_string_value(item), where, rd->err);
			if (r < 0)
				break;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static bool state_has_text(const json_t *j, const char *key, bool or_null)
{
	const json_t *value = json_object_get(j, key);

	return json_is_string(value) || (or_null && json_is_null(value));
}

static bool state_is_device(const json_t *j)
{
	const char *address = json_string_value(json_object_get(j, "address"));
	const json_t *group = json_object_get(j, "group");
	struct pci_addr addr;

	return address && pci_addr_parse(address, &addr) == 0 &&
	       state_has_text(j, "vendor", false) && state_has_text(j, "device", false) &&
	       state_has_text(j, "subsystem_vendor", false) &&
	       state_has_text(j, "subsystem_device", false) &&
	       (json_is_integer(group) || json_is_null(group)) &&
	       state_has_text(j, "driver", true) && state_has_text(j, "name", false);
}

static int state_read_list(const struct state_reader *rd, const json_t *j, const char *key,
			   bool (*is_valid)(const json_t *), json_t **ret)
{
	json_t *list = json_object_get(j, key), *item;
	size_t i;

	if (!json_is_array(list))
		return state_wrong(rd, key);
	json_array_foreach(list, i, item)
		if (!is_valid(item))
			return state_wrong(rd, key);
	json_decref(*ret);
	*ret = json_incref(list);
	return 0;
}

static int state_read_end(const struct state_reader *rd, const json_t *j, enum stage_end *ret)
{
	const char *word = json_string_value(json_object_get(j, "then"));

	for (enum stage_end e = STAGE_END_NONE; word && e <= STAGE_END_FIRMWARE; e++) {
		if (str_eq(word, stage_end_name(e))) {
			*ret = e;
			return 0;
		}
	}
	return state_wrong(rd, "then");
}

static int state_check_schema(const struct state_reader *rd, const json_t *j)
{
	const json_t *schema = json_object_get(j, "schema");

	if (!json_is_integer(schema))
		return state_wrong(rd, "schema");
	if (json_integer_value(schema) == STATE_SCHEMA)
		return 0;
	return err_input(rd->err, rd->path, state_line_of(rd, "schema"),
			 _("This state was saved by a newer vfio-wizard (schema %lld; this one knows %d)."),
			 (long long)json_integer_value(schema), STATE_SCHEMA);
}

static int state_read(const struct state_reader *rd, const json_t *j, struct run_state *s)
{
	int r = state_check_schema(rd, j);

	if (r == 0)
		r = state_read_text(rd, j, "saved_at", &s->saved_at);
	if (r == 0)
		r = state_read_text(rd, j, "step", &s->step);
	if (r == 0)
		r = state_read_text(rd, j, "stage", &s->stage);
	if (r == 0)
		r = state_read_text(rd, j, "boot_id", &s->boot_id);
	if (r == 0)
		r = state_read_end(rd, j, &s->then);
	if (r == 0)
		r = state_read_list(rd, j, "promises", promise_json_is_valid, &s->promises);
	if (r == 0)
		r = state_read_list(rd, j, "devices", state_is_device, &s->devices);
	return r < 0 ? r : state_read_answers(rd, j, &s->answers);
}

int run_state_load(const struct fsroot *fs, const char *state_dir, struct run_state *ret,
		   struct err *err)
{
	_cleanup_free_ char *path = state_path(state_dir), *text = NULL;
	struct state_reader rd = { .path = path, .err = err };
	_cleanup_json_ json_t *j = NULL;
	struct run_state s;
	size_t len;
	int r = fsroot_read(fs, path, &text, &len);

	if (r < 0 && r != -ENOENT)
		return err_set(err, r == -EACCES ? ERR_NEEDS_ROOT : ERR_NOT_POSSIBLE, r,
			       _("Cannot read %s: %s"), path, strerror(-r));
	run_state_init(&s);
	if (r == 0) {
		rd.text = text;
		r = json_parse(text, len, path, &j, err);
		if (r == 0)
			r = state_read(&rd, j, &s);
		if (r < 0) {
			run_state_done(&s);
			err_hint(err, _("Move it away, then start again: mv %s %s.broken  (undo does not need it)"),
				 path, path);
			return r;
		}
	} else {
		r = 0;
	}
	*ret = s;
	return r;
}

int run_state_save(const struct fsroot *fs, const char *state_dir, struct run_state *s,
		   struct err *err)
{
	_cleanup_free_ char *path = state_path(state_dir), *text = NULL;
	struct file_attrs attrs = { 0600, geteuid(), getegid() };
	_cleanup_json_ json_t *j = NULL;
	int r = state_dir_make(fs, state_dir, err);

	if (r < 0)
		return r;
	free(s->saved_at);
	s->saved_at = moment_local_text();
	j = json_pack("{s:i,s:o,s:o,s:o,s:s,s:o,s:O,s:O,s:O}", "schema", STATE_SCHEMA, "saved_at",
		      json_text(s->saved_at), "step", json_text(s->step), "stage",
		      json_text(s->stage), "then", stage_end_name(s->then), "boot_id",
		      json_text(s->boot_id), "answers", s->answers.values, "promises", s->promises,
		      "devices", s->devices);
	if (!j)
		oom_abort();
	text = json_format(j);
	return atomic_write(fs, path, text, strlen(text), &attrs, err);
}

int run_state_remove(const struct fsroot *fs, const char *state_dir, struct err *err)
{
	_cleanup_free_ char *path = state_path(state_dir);
	int r = 0;

	if (fsroot_exists(fs, path))
		r = atomic_remove(fs, path, err);
	return r < 0 ? r : state_dir_tidy(fs, state_dir, err);
}
