/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/journal-json.h"

#include "change/promise-json.h"

#include <string.h>

/*
 * { "schema": 1, "number": 1, "status": "done", "stage": "kernel", "title": "…",
 *   "when": "2026-05-14T14:02:11", "boot_id": "…"|null, "then": "reboot",
 *   "files": [ { "path": "/etc/default/grub", "existed": true, "output": false,
 *                "before": "before-0"|null, "before_sha256": "…"|null,
 *                "after": "after-0"|null, "after_sha256": "…"|null,
 *                "mode": 420, "uid": 0, "gid": 0, "mtime": [1715688131, 500],
 *                "removed": false, "link": false, "xattrs": [ "security.selinux", "73797374…" ],
 *                "undo": null | { "from": "…"|null, "to": "…"|null, "blob": "undo-0"|null } } ],
 *   "made_dirs": [ "/etc/default/grub.d" ],
 *   "commands": [ { "argv": [ "update-grub" ], "undo_argv": [], "outputs": [ "/boot/grub/grub.cfg" ],
 *                   "timeout": 600, "made": null, "installed": null, "by_hand": [], "again": false,
 *                   "readbacks": [ "lsinitramfs /boot/initrd.img-6.1" ] } ],
 *   "commands_begun": 1, "commands_ran": true, "undo_commands": [],
 *   "promises": [ … as in state.json … ] }
 */
#define JOURNAL_SCHEMA 1

bool journal_can_hold(const char *s)
{
	json_t *j = json_string(s);
	bool ok = j != NULL;

	json_decref(j);
	return ok;
}

static json_t *entry_format_file(const struct journal_file *f)
{
	json_t *undo = json_null();

	if (f->undo)
		undo = json_pack("{s:o,s:o,s:o}", "from", json_text(f->undo->from_sha256), "to",
				 json_text(f->undo->to_sha256), "blob", json_text(f->undo->blob));
	return json_pack("{s:o,s:b,s:b,s:o,s:o,s:o,s:o,s:i,s:I,s:I,s:[I,I],s:b,s:b,s:o,s:o}", "path",
			 json_text(f->path), "existed", f->existed, "output", f->output, "before",
			 json_text(f->before_blob), "before_sha256", json_text(f->before_sha256),
			 "after", json_text(f->after_blob), "after_sha256",
			 json_text(f->after_sha256), "mode", (int)f->attrs.mode, "uid",
			 (json_int_t)f->attrs.uid, "gid", (json_int_t)f->attrs.gid, "mtime",
			 (json_int_t)f->mtime.tv_sec, (json_int_t)f->mtime.tv_nsec, "removed",
			 f->removed, "link", f->link, "xattrs", json_strv(f->xattrs), "undo", undo);
}

static json_t *entry_format_commands(const struct journal_command *commands, unsigned n)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(array, json_pack("{s:o,s:o,s:o,s:I,s:o,s:o,s:o,s:b,s:o}", "argv",
						       json_strv(commands[i].argv), "undo_argv",
						       json_strv(commands[i].undo_argv), "outputs",
						       json_strv(commands[i].outputs), "timeout",
						       (json_int_t)commands[i].timeout_s, "made",
						       json_text(commands[i].made), "installed",
						       json_text(commands[i].installed), "by_hand",
						       json_strv(commands[i].by_hand), "again",
						       commands[i].undo_again, "readbacks",
						       json_strv(commands[i].readbacks)));
	return array;
}

char *journal_format(const struct journal_entry *e)
{
	json_t *files = json_array();
	_cleanup_json_ json_t *j = NULL;

	for (unsigned i = 0; i < e->n_files; i++)
		json_array_append_new(files, entry_format_file(&e->files[i]));
	j = json_pack("{s:i,s:I,s:s,s:o,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:I,s:b,s:o,s:O}", "schema",
		      JOURNAL_SCHEMA, "number", (json_int_t)e->number, "status",
		      journal_status_name(e->status), "stage", json_text(e->stage), "title",
		      json_text(e->title), "when", json_text(e->when), "boot_id",
		      json_text(e->boot_id), "then", stage_end_name(e->then), "files", files,
		      "made_dirs", json_strv(e->made_dirs), "commands",
		      entry_format_commands(e->commands, e->n_commands), "commands_begun",
		      (json_int_t)e->commands_begun, "commands_ran", e->commands_ran,
		      "undo_commands", entry_format_commands(e->undo_commands, e->n_undo_commands),
		      "promises", e->promises);
	if (!j)
		oom_abort();
	return json_format(j);
}

/* json_unpack() leaves pointers into the document, which goes away. */
static const char *entry_text(struct arena *a, const json_t *j)
{
	return arena_strdup(a, json_string_value(j));
}

static bool entry_parse_strv(struct arena *a, const json_t *array, const char *const **ret)
{
	size_t i;
	json_t *item;

	if (!json_is_array(array))
		return false;
	json_array_foreach(array, i, item) {
		if (!json_is_string(item))
			return false;
		arena_strv_add(a, ret, json_string_value(item));
	}
	return true;
}

static bool entry_is_text_or_null(const json_t *j)
{
	return json_is_string(j) || json_is_null(j);
}

/* A blob is a file in the entry's folder: its name must not lead elsewhere. */
static bool entry_is_blob(const json_t *j)
{
	return json_is_null(j) || (json_is_string(j) && !strchr(json_string_value(j), '/'));
}

static bool entry_parse_undo(struct arena *a, json_t *j, const struct journal_undo **ret)
{
	struct journal_undo *undo;
	json_t *from, *to, *blob;

	if (json_is_null(j))
		return true;
	if (json_unpack(j, "{s:o,s:o,s:o}", "from", &from, "to", &to, "blob", &blob) < 0 ||
	    !entry_is_text_or_null(from) || !entry_is_text_or_null(to) || !entry_is_blob(blob))
		return false;
	undo = arena_alloc(a, sizeof(*undo));
	undo->from_sha256 = entry_text(a, from);
	undo->to_sha256 = entry_text(a, to);
	undo->blob = entry_text(a, blob);
	*ret = undo;
	return !undo->to_sha256 == !undo->blob;
}

static bool entry_parse_file(struct arena *a, json_t *j, struct journal_file *f)
{
	json_t *before, *before_sha, *after, *after_sha, *undo, *xattrs = NULL;
	const char *path;
	int existed, output, mode, removed = 0, link = 0; /* these two and xattrs: not in entries of earlier versions */
	json_int_t uid, gid, seconds, nanoseconds;

	if (json_unpack(j, "{s:s,s:b,s:b,s:o,s:o,s:o,s:o,s:i,s:I,s:I,s:[I,I],s?b,s?b,s?o,s:o}", "path", &path,
			"existed", &existed, "output", &output, "before", &before, "before_sha256",
			&before_sha, "after", &after, "after_sha256", &after_sha, "mode", &mode,
			"uid", &uid, "gid", &gid, "mtime", &seconds, &nanoseconds,
			"removed", &removed, "link", &link, "xattrs", &xattrs, "undo", &undo) < 0)
		return false;
	if (path[0] != '/' || !entry_is_blob(before) || !entry_is_blob(after) ||
	    !entry_is_text_or_null(before_sha) || !entry_is_text_or_null(after_sha))
		return false;
	f->path = arena_strdup(a, path);
	f->existed = existed;
	f->output = output;
	f->before_blob = entry_text(a, before);
	f->before_sha256 = entry_text(a, before_sha);
	f->after_blob = entry_text(a, after);
	f->after_sha256 = entry_text(a, after_sha);
	f->attrs = (struct file_attrs){ (mode_t)mode & 07777, (uid_t)uid, (gid_t)gid };
	f->mtime = (struct timespec){ (time_t)seconds, (long)nanoseconds };
	f->removed = removed;
	f->link = link;
	if (xattrs && !entry_parse_strv(a, xattrs, &f->xattrs))
		return false;
	if (f->existed != (f->before_blob && f->before_sha256) || (f->removed && (!f->existed || f->after_blob)) ||
	    (!f->output && !f->removed && !(f->after_blob && f->after_sha256)))
		return false;
	return entry_parse_undo(a, undo, &f->undo);
}

static bool entry_parse_commands(struct arena *a, const json_t *array, struct journal_command **ret,
				 unsigned *ret_n)
{
	size_t n = json_array_size(array);
	struct journal_command *commands = arena_alloc(a, (n + 1) * sizeof(*commands));

	if (!json_is_array(array))
		return false;
	for (size_t i = 0; i < n; i++) {
		json_t *argv, *undo_argv, *outputs, *made = NULL, *installed = NULL, *by_hand = NULL, *readbacks = NULL;
		json_int_t timeout;
		int again = 0; /* not in entries of earlier versions */

		/* The last five may be missing: journals were written before there were any. */
		if (json_unpack(json_array_get(array, i), "{s:o,s:o,s:o,s:I,s?o,s?o,s?o,s?b,s?o}", "argv", &argv,
				"undo_argv", &undo_argv, "outputs", &outputs, "timeout", &timeout, "made",
				&made, "installed", &installed, "by_hand", &by_hand, "again", &again, "readbacks",
				&readbacks) < 0 ||
		    !entry_parse_strv(a, argv, &commands[i].argv) || !commands[i].argv ||
		    !entry_parse_strv(a, undo_argv, &commands[i].undo_argv) ||
		    !entry_parse_strv(a, outputs, &commands[i].outputs) ||
		    (readbacks && !entry_parse_strv(a, readbacks, &commands[i].readbacks)) ||
		    timeout < 0)
			return false;
		if (by_hand && !entry_parse_strv(a, by_hand, &commands[i].by_hand))
			return false;
		commands[i].made = arena_strdup(a, json_string_value(made));
		commands[i].installed = arena_strdup(a, json_string_value(installed));
		if (!commands[i].made != !commands[i].installed)
			return false;
		commands[i].timeout_s = (unsigned)timeout;
		commands[i].undo_again = again;
	}
	*ret = commands;
	*ret_n = (unsigned)n;
	return true;
}

static bool entry_parse_status(const char *word, enum journal_status *ret)
{
	for (enum journal_status s = JOURNAL_STARTED; s <= JOURNAL_UNDOING; s++) {
		if (strcmp(word, journal_status_name(s)) == 0) {
			*ret = s;
			return true;
		}
	}
	return false;
}

static bool entry_parse_end(const char *word, enum stage_end *ret)
{
	for (enum stage_end s = STAGE_END_NONE; s <= STAGE_END_FIRMWARE; s++) {
		if (strcmp(word, stage_end_name(s)) == 0) {
			*ret = s;
			return true;
		}
	}
	return false;
}

static bool entry_parse_lists(struct journal_entry *e, json_t *files, json_t *dirs,
			      json_t *commands, json_t *undo_commands)
{
	size_t n = json_array_size(files);

	if (!json_is_array(files) || !entry_parse_strv(e->arena, dirs, &e->made_dirs) ||
	    !entry_parse_commands(e->arena, commands, &e->commands, &e->n_commands) ||
	    !entry_parse_commands(e->arena, undo_commands, &e->undo_commands,
				  &e->n_undo_commands))
		return false;
	e->files = arena_alloc(e->arena, (n + 1) * sizeof(*e->files));
	e->n_files = (unsigned)n;
	for (size_t i = 0; i < n; i++)
		if (!entry_parse_file(e->arena, json_array_get(files, i), &e->files[i]))
			return false;
	return true;
}

static bool entry_parse_promises(struct journal_entry *e, json_t *promises)
{
	const json_t *p;
	size_t i;

	json_array_foreach(promises, i, p)
		if (!promise_json_is_valid(p))
			return false;
	json_decref(e->promises);
	e->promises = json_incref(promises);
	return json_is_array(promises);
}

static bool entry_parse(struct journal_entry *e, json_t *j)
{
	json_t *boot_id, *files, *dirs, *commands, *undo_commands, *promises;
	const char *status, *stage, *title, *when, *then;
	json_int_t number, begun;
	int ran;

	if (json_unpack(j, "{s:I,s:s,s:s,s:s,s:s,s:o,s:s,s:o,s:o,s:o,s:I,s:b,s:o,s:o}", "number",
			&number, "status", &status, "stage", &stage, "title", &title, "when", &when,
			"boot_id", &boot_id, "then", &then, "files", &files, "made_dirs", &dirs,
			"commands", &commands, "commands_begun", &begun, "commands_ran", &ran,
			"undo_commands", &undo_commands, "promises", &promises) < 0 ||
	    !entry_is_text_or_null(boot_id))
		return false;
	e->number = (unsigned)number;
	e->stage = arena_strdup(e->arena, stage);
	e->title = arena_strdup(e->arena, title);
	e->when = arena_strdup(e->arena, when);
	e->boot_id = entry_text(e->arena, boot_id);
	e->commands_ran = ran;
	return entry_parse_status(status, &e->status) && entry_parse_end(then, &e->then) &&
	       entry_parse_lists(e, files, dirs, commands, undo_commands) &&
	       entry_parse_promises(e, promises) && begun >= 0 &&
	       (e->commands_begun = (unsigned)begun) <= e->n_commands;
}

int journal_parse(const char *text, size_t len, const char *name, struct journal_entry **ret,
		  struct err *err)
{
	struct journal_entry *e = journal_entry_new();
	_cleanup_json_ json_t *j = NULL;
	int r = json_parse(text, len, name, &j, err);

	if (r == 0 && json_integer_value(json_object_get(j, "schema")) != JOURNAL_SCHEMA)
		r = err_input(err, name, 0, _("This journal entry was written by another version of vfio-wizard."));
	else if (r == 0 && !entry_parse(e, j))
		r = err_input(err, name, 0, _("This journal entry is damaged: a key is missing or has a wrong value."));
	if (r < 0) {
		journal_entry_free(e);
		return r;
	}
	*ret = e;
	return 0;
}
