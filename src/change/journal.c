/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/journal.h"

#include "base/str.h"
#include "base/strv.h"
#include "change/journal-json.h"
#include "change/state-dir.h"
#include "change/xattrs.h"

#include <errno.h>
#include <string.h>

#define JOURNAL_ENTRY "entry.json"

const char *journal_status_name(enum journal_status s)
{
	switch (s) {
	case JOURNAL_FILES_DONE:
		return "files-done";
	case JOURNAL_DONE:
		return "done";
	case JOURNAL_UNDOING:
		return "undoing";
	case JOURNAL_STARTED:
		break;
	}
	return "started";
}

struct journal_entry *journal_entry_new(void)
{
	struct arena *a = arena_new();
	struct journal_entry *e = arena_alloc(a, sizeof(*e));

	e->arena = a;
	e->promises = json_array();
	return e;
}

void journal_entry_free(struct journal_entry *e)
{
	if (!e)
		return;
	json_decref(e->promises);
	arena_free(e->arena);
}

void journal_list_free(struct journal_entry **entries, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		journal_entry_free(entries[i]);
	free(entries);
}

char *journal_folder(const char *state_dir, unsigned number)
{
	return xasprintf("%s/journal/%03u", state_dir, number);
}

static char *journal_path(const char *state_dir, unsigned number, const char *name)
{
	_cleanup_free_ char *folder = journal_folder(state_dir, number);

	return xasprintf("%s/%s", folder, name);
}

/* Folder names are numbers with at least three digits; anything else is not ours. */
static unsigned journal_number(const char *name)
{
	uint64_t number = 0;

	if (strlen(name) < 3 || name[strspn(name, "0123456789")] != '\0' ||
	    str_to_u64(name, 1000000, &number) < 0)
		return 0;
	return (unsigned)number;
}

/* The numbers of all folders; "1000" sorts before "999" as text, so by number. */
static int journal_numbers(const struct fsroot *fs, const char *state_dir, unsigned **ret,
			   unsigned *ret_n, struct err *err)
{
	_cleanup_free_ char *dir = xasprintf("%s/journal", state_dir);
	_cleanup_strv_ char **names = NULL;
	unsigned *numbers, n = 0;
	int r = fsroot_list(fs, dir, &names);

	/* Somebody else's folder is not an empty one. */
	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return err_set(err, r == -EACCES ? ERR_NEEDS_ROOT : ERR_NOT_POSSIBLE, r,
			       _("Cannot read %s: %s"), dir, strerror(-r));
	numbers = xcalloc(strv_length(strv_const(names)) + 1, sizeof(*numbers));
	for (char **name = names; name && *name; name++) {
		unsigned number = journal_number(*name), at = n;

		if (!number)
			continue;
		while (at > 0 && numbers[at - 1] > number) {
			numbers[at] = numbers[at - 1];
			at--;
		}
		numbers[at] = number;
		n++;
	}
	*ret = numbers;
	*ret_n = n;
	return 0;
}

/* 0 with *RET NULL for a folder whose entry was never written. */
static int journal_load(const struct fsroot *fs, const char *state_dir, unsigned number,
			struct journal_entry **ret, struct err *err)
{
	_cleanup_free_ char *path = journal_path(state_dir, number, JOURNAL_ENTRY);
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = fsroot_read(fs, path, &text, &len);

	*ret = NULL;
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(err, r == -EACCES ? ERR_NEEDS_ROOT : ERR_NOT_POSSIBLE, r,
			       _("Cannot read %s: %s"), path, strerror(-r));
	r = journal_parse(text, len, path, ret, err);
	if (r < 0)
		err_hint(err, _("The images beside it are the files as they were; put them back by hand, "
				"then move the folder away."));
	else if ((*ret)->number != number)
		r = err_input(err, path, 0, _("This entry has the number %u, its folder another one."),
			      (*ret)->number);
	if (r < 0)
		journal_entry_free(TAKE_PTR(*ret));
	return r;
}

int journal_list(const struct fsroot *fs, const char *state_dir, struct journal_entry ***ret,
		 unsigned *ret_n, struct err *err)
{
	_cleanup_free_ unsigned *numbers = NULL;
	struct journal_entry **entries;
	unsigned n = 0, count;
	int r = journal_numbers(fs, state_dir, &numbers, &count, err);

	if (r < 0)
		return r;
	entries = xcalloc((size_t)count + 1, sizeof(struct journal_entry *));
	for (unsigned i = 0; i < count; i++) {
		r = journal_load(fs, state_dir, numbers[i], &entries[n], err);

		if (r < 0) {
			journal_list_free(entries, n);
			return r;
		}
		n += entries[n] != NULL;
	}
	*ret = entries;
	*ret_n = n;
	return 0;
}

int journal_begin(const struct fsroot *fs, const char *state_dir, struct journal_entry *e,
		  struct err *err)
{
	_cleanup_free_ unsigned *numbers = NULL;
	_cleanup_free_ char *folder = NULL;
	unsigned count;
	int r = journal_numbers(fs, state_dir, &numbers, &count, err);

	if (r < 0)
		return r;
	e->number = count ? numbers[count - 1] + 1 : 1;
	folder = journal_folder(state_dir, e->number);
	return atomic_make_dirs(fs, folder, 0700, NULL, err);
}

int journal_write_blob(const struct fsroot *fs, const char *state_dir, const struct journal_entry *e,
		       const char *name, const void *data, size_t len, struct err *err)
{
	_cleanup_free_ char *path = journal_path(state_dir, e->number, name);
	struct file_attrs attrs = { 0600, geteuid(), getegid() };

	return atomic_write(fs, path, data, len, &attrs, err);
}

int journal_read_blob(const struct fsroot *fs, const char *state_dir, const struct journal_entry *e,
		      const char *name, const char *sha256, struct image *ret, struct err *err)
{
	_cleanup_free_ char *path = journal_path(state_dir, e->number, name);
	_cleanup_image_ struct image img = { 0 };
	int r = image_read(fs, path, &img, err);

	if (r < 0)
		return r;
	if (!image_matches(&img, sha256))
		return err_input(err, path, 0, _("This copy is not the one the journal noted: its SHA-256 differs."));
	*ret = img;
	img = (struct image){ 0 };
	return 0;
}

bool journal_file_is_ours(const struct journal_file *f)
{
	return f->after_blob || f->removed;
}

int journal_file_read(const struct fsroot *fs, const struct journal_file *f, struct image *ret, struct err *err)
{
	return f->link ? image_read_link(fs, f->path, ret, err) : image_read(fs, f->path, ret, err);
}

int journal_file_write(const struct fsroot *fs, const struct journal_file *f, const struct image *img,
		       const struct file_attrs *attrs, const struct timespec *mtime, struct err *err)
{
	_cleanup_(atomic_abortp) struct atomic_file *af = NULL;
	int r;

	if (f->link)
		return image_write_link(fs, f->path, img->data, attrs, mtime, err);
	if (!f->xattrs)
		return image_write(fs, f->path, img->data, img->len, attrs, mtime, err);
	r = journal_file_stage(fs, f, img->data, img->len, attrs, &af, err);
	if (r == 0 && mtime) {
		r = atomic_set_mtime(af, mtime);
		if (r < 0)
			r = err_set(err, ERR_WRITE, r, _("Cannot write %s: %s"), f->path, strerror(-r));
	}
	return r < 0 ? r : atomic_commit(TAKE_PTR(af), err);
}

int journal_file_remove(const struct fsroot *fs, const struct journal_file *f, struct err *err)
{
	return f->link ? atomic_remove_name(fs, f->path, err) : atomic_remove(fs, f->path, err);
}

int journal_file_stage(const struct fsroot *fs, const struct journal_file *f, const char *data, size_t len,
		       const struct file_attrs *attrs, struct atomic_file **ret, struct err *err)
{
	int r = f->link ? atomic_stage_link(fs, f->path, data, attrs, ret, err)
			: atomic_stage(fs, f->path, data, len, attrs, true, ret, err);

	if (r == 0)
		xattrs_put(*ret, f->xattrs);
	return r;
}

int journal_write(const struct fsroot *fs, const char *state_dir, struct journal_entry *e,
		  enum journal_status status, struct err *err)
{
	_cleanup_free_ char *path = journal_path(state_dir, e->number, JOURNAL_ENTRY);
	enum journal_status old = e->status;
	struct file_attrs attrs = { 0600, geteuid(), getegid() };
	_cleanup_free_ char *text = NULL;
	int r;

	e->status = status;
	text = journal_format(e);
	r = atomic_write(fs, path, text, strlen(text), &attrs, err);
	if (r < 0)
		e->status = old;
	return r;
}

/* The entry goes first: a folder without one is known to be junk. */
static int journal_remove_folder(const struct fsroot *fs, const char *state_dir, unsigned number,
				 struct err *err)
{
	_cleanup_free_ char *folder = journal_folder(state_dir, number);
	_cleanup_free_ char *entry = journal_path(state_dir, number, JOURNAL_ENTRY);
	_cleanup_strv_ char **names = NULL;
	int r = atomic_remove(fs, entry, err);

	if (r == 0 && fsroot_list(fs, folder, &names) < 0)
		return 0;
	for (char **name = names; r == 0 && name && *name; name++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", folder, *name);

		r = atomic_remove(fs, path, err);
	}
	return r < 0 ? r : atomic_remove_dir(fs, folder, err);
}

int journal_remove(const struct fsroot *fs, const char *state_dir, const struct journal_entry *e,
		   struct err *err)
{
	int r = journal_remove_folder(fs, state_dir, e->number, err);

	return r < 0 ? r : state_dir_tidy(fs, state_dir, err);
}

int journal_clean(const struct fsroot *fs, const char *state_dir, struct err *err)
{
	_cleanup_free_ unsigned *numbers = NULL;
	unsigned count = 0;
	int r = state_dir_remove_temps(fs, state_dir, NULL, err);

	if (r == 0)
		r = journal_numbers(fs, state_dir, &numbers, &count, err);
	for (unsigned i = 0; r == 0 && i < count; i++) {
		_cleanup_free_ char *folder = journal_folder(state_dir, numbers[i]);
		_cleanup_free_ char *entry = journal_path(state_dir, numbers[i], JOURNAL_ENTRY);

		if (fsroot_exists(fs, entry))
			r = state_dir_remove_temps(fs, folder, NULL, err);
		else
			r = journal_remove_folder(fs, state_dir, numbers[i], err);
	}
	return r < 0 ? r : state_dir_tidy(fs, state_dir, err);
}
