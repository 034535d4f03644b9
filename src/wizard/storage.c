/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The storage browser: what is in a folder, by its content, and the disks of the host. */
#include "wizard/step.h"

#include "base/str.h"
#include "output/storage-list.h"

#include <errno.h>
#include <string.h>

#define STORAGE_USUAL "/var/lib/libvirt/images"

struct storage_view {
	const char *folder;
	struct storage_list files, disks;
};

bool wizard_answer_disk(struct wizard *w, const char *disk)
{
	_cleanup_answers_ struct answers old = { 0 };
	_cleanup_free_ const char **all = NULL;
	struct err err = { 0 };
	size_t n = 0;

	answers_copy(&old, &w->s->answers);
	all = answers_get_all(&old, "disk");
	while (all[n])
		n++;
	if (!wizard_answer(w, "disk", disk))
		return false;
	/* The others stay behind it, but "none" stands alone. */
	for (size_t i = 1; *disk && !str_eq(disk, "none") && i < n; i++)
		if (answers_set(&w->s->answers, "disk", all[i], "--disk", &err) < 0)
			wizard_say_err(w, &err);
	return true;
}

/* Where the person looked last, else where a disc or disk is that was chosen, else libvirt's place. */
static const char *storage_folder(const struct wizard *w, struct arena *a)
{
	static const char *const keys[] = { "install", "drivers" };

	if (w->storage_folder[0])
		return arena_strdup(a, w->storage_folder);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *path = answers_get(&w->s->answers, keys[i]), *slash = path ? strrchr(path, '/') : NULL;

		if (slash && slash > path)
			return arena_strndup(a, path, (size_t)(slash - path));
	}
	return STORAGE_USUAL;
}

static const char *storage_size(struct screen_build *b, long long bytes)
{
	if (bytes < 0)
		return "";
	if (bytes >= 1LL << 30)
		return build_printf(b, "%.1f GiB", (double)bytes / (1LL << 30));
	return build_printf(b, "%lld MiB", (bytes + (1LL << 20) - 1) >> 20);
}

static bool storage_is_chosen(const struct wizard *w, const struct storage_item *item)
{
	const struct answers *a = &w->s->answers;
	_cleanup_free_ const char **disks = answers_get_all(a, "disk");
	size_t len = strlen(item->path);

	if (str_eq(answers_get(a, "install"), item->path) || str_eq(answers_get(a, "drivers"), item->path))
		return true;
	for (const char **disk = disks; *disk; disk++)
		if (strncmp(*disk, item->path, len) == 0 && ((*disk)[len] == '\0' || (*disk)[len] == ','))
			return true;
	return false;
}

static void storage_add_items(const struct wizard *w, struct screen_build *b, const struct storage_list *l, char letter)
{
	for (unsigned i = 0; i < l->n; i++) {
		const struct storage_item *item = l->items[i];
		_cleanup_str_ struct str name = { 0 };
		struct screen_row *row;

		str_add_printable(&name, item->name);
		row = build_fact(b, build_printf(b, "%c-%u", letter, i), str_c(&name), item->what,
				 item->why_not ? ROW_CAUTION : storage_is_chosen(w, item) ? ROW_OK : ROW_PLAIN);
		row->note = storage_size(b, item->bytes);
		row->help = item->why_not			  ? item->why_not :
			    item->kind == STORAGE_DISC		  ? _("Enter takes it to install from.") :
			    item->kind == STORAGE_DRIVERS	  ? _("Enter takes it as the disc with drivers.") :
			    item->kind == STORAGE_IMAGE		  ? _("Enter asks: as the disk, or to make a disk from it.") :
								    _("Enter gives the whole disk to the machine.");
	}
}

static void storage_add_folder(const struct wizard *w, struct screen_build *b, struct storage_view *v)
{
	long long room = storage_free(w->s->host, b->arena, v->folder);
	struct screen_row *row = build_row(b, ROW_FIELD, "folder");
	int r = storage_list_folder(w->s->host, b->arena, v->folder, &v->files);

	row->label = _("Folder");
	row->value = v->folder;
	row->help = _("Type another folder and press Enter.");
	if (room >= 0)
		build_text(b, build_printf(b, _("%.1f GiB are free there for new disks."), (double)room / (1LL << 30)));
	if (r < 0)
		build_text(b, build_printf(b, _("The folder cannot be read: %s."), strerror(-r)));
	else if (v->files.n == 0)
		build_text(b, _("No disc and no disk image is in it."));
	if (v->files.cut)
		build_text(b, _("There are more files than are shown here."));
	storage_add_items(w, b, &v->files, 'f');
}

static void storage_describe(struct wizard *w, struct screen_build *b, struct storage_view *v)
{
	build_begin(b, SCREEN_PAGE, "storage", _("Disks and discs"));
	b->screen.help = _("Files are shown by what is in them, whatever they are called: discs by their label, disk images "
			   "by their format.\n"
			   "Enter on a line takes it. OK marks what the machine has already; ! what cannot be taken, and the "
			   "line below says why.\n"
			   "A new disk is made by its field on the page before: PATH,size=120G.");
	b->screen.status = wizard_status(w, b->arena);
	wizard_add_steps(w, b);
	v->folder = storage_folder(w, b->arena);
	storage_add_folder(w, b, v);
	build_blank(b);
	build_heading(b, _("Whole disks of this host"));
	storage_list_blocks(w->s->host, b->arena, &v->disks);
	storage_add_items(w, b, &v->disks, 'd');
	if (v->disks.n == 0)
		build_text(b, _("none is known"));
	build_button(b, "back", _("Back"), NULL);
	b->screen.focus = v->files.n ? "f-0" : "folder";
	if (w->message_kind != MESSAGE_NONE) {
		b->screen.message_kind = w->message_kind;
		b->screen.message = arena_strdup(b->arena, w->message);
		w->message_kind = MESSAGE_NONE;
	}
}

/* Only what leads to a machine is kept. */
static void storage_take(struct wizard *w, const char *key, const char *value)
{
	_cleanup_(machine_freep) struct machine *m = NULL;
	_cleanup_answers_ struct answers old = { 0 };
	struct err err = { 0 };
	bool ok;

	answers_copy(&old, &w->s->answers);
	ok = strcmp(key, "disk") == 0 ? wizard_answer_disk(w, value) : wizard_answer(w, key, value);
	if (!ok)
		return;
	if (session_build_machine(w->s, NULL, &m, &err) < 0) {
		answers_copy(&w->s->answers, &old);
		wizard_say_err(w, &err);
		return;
	}
	if (strcmp(w->wrong_key, key) == 0)
		w->wrong_key[0] = '\0';
	wizard_replan(w);
	wizard_say(w, MESSAGE_NOTE, _("The machine gets %s."), value);
}

/* A copy beside it, of a size that leaves room for work: the image stays as it was downloaded. */
static void storage_take_image(struct wizard *w, const struct storage_item *item)
{
	const char *lines[] = { item->path, item->what, NULL };
	const char *buttons[] = { _("Cancel"), _("Use it itself"), _("Make a copy"), NULL };
	const char *name = answers_machine_name(&w->s->answers);
	_cleanup_free_ char *copy = NULL;

	switch (wizard_choose(w, "storage-image", _("Disk image"), lines, buttons)) {
	case 1:
		storage_take(w, "disk", item->path);
		break;
	case 2:
		copy = xasprintf(STORAGE_USUAL "/%s.qcow2,from=%s", name, item->path);
		storage_take(w, "disk", copy);
		break;
	}
}

static void storage_take_block(struct wizard *w, const struct storage_item *item)
{
	const char *lines[] = { item->path, item->what, "",
				_("The machine can write over everything that is on it. Nothing of it can be taken back."), NULL };

	if (wizard_ask_typed(w, _("A whole disk"), lines, N_("GIVE")))
		storage_take(w, "disk", item->path);
}

static void storage_open(struct wizard *w, const struct storage_view *v, const char *id)
{
	const struct storage_list *l = id[0] == 'f' ? &v->files : &v->disks;
	uint64_t i;

	if (strlen(id) < 3 || id[1] != '-' || str_to_u64(id + 2, UINT32_MAX, &i) < 0 || i >= l->n)
		return;
	if (l->items[i]->why_not) {
		wizard_say(w, MESSAGE_WARNING, "%s", l->items[i]->why_not);
		return;
	}
	switch (l->items[i]->kind) {
	case STORAGE_DISC:
		storage_take(w, "install", l->items[i]->path);
		break;
	case STORAGE_DRIVERS:
		storage_take(w, "drivers", l->items[i]->path);
		break;
	case STORAGE_IMAGE:
		storage_take_image(w, l->items[i]);
		break;
	case STORAGE_BLOCK:
		storage_take_block(w, l->items[i]);
		break;
	}
}

static void storage_set_folder(struct wizard *w, const char *text)
{
	if (text[0] && text[0] != '/') {
		wizard_say(w, MESSAGE_ERROR, _("A folder starts with /."));
		return;
	}
	snprintf(w->storage_folder, sizeof(w->storage_folder), "%s", text);
}

/* False when it is time to go back to the step. */
static bool storage_once(struct wizard *w)
{
	_cleanup_build_ struct screen_build b = { 0 };
	struct storage_view v = { 0 };
	struct event ev = { 0 };
	struct err err = { 0 };

	storage_describe(w, &b, &v);
	if (w->f->ops->show(w->f, &b.screen, &ev, &err) < 0) {
		wizard_say_err(w, &err);
		return false;
	}
	switch (ev.kind) {
	case EVENT_HANGUP:
		w->signal = ev.signal;
		break;
	case EVENT_QUIT:
		w->leave = wizard_quit_question(w);
		break;
	case EVENT_OPEN:
		storage_open(w, &v, ev.id);
		break;
	case EVENT_SET:
		storage_set_folder(w, ev.text);
		break;
	case EVENT_UNDO:
		wizard_undo_centre(w);
		break;
	case EVENT_BACK:
	case EVENT_NEXT:
	case EVENT_CLOSE:
	case EVENT_BUTTON:
		return false;
	case EVENT_TOGGLE:
	case EVENT_KEY:
		break;
	}
	return !w->signal && !w->leave;
}

void wizard_storage(struct wizard *w)
{
	while (storage_once(w))
		;
}
