/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A keyboard and a mouse that host and machine share by QEMU's input-linux, switched by two keys. */
#include "output/machine-parts.h"

#include "base/str.h"
#include "base/strv.h"
#include "output/feature.h"

#include <errno.h>
#include <string.h>

#define EVDEV_FOLDER "/dev/input/by-id"

/* udev names links …-event-kbd and …-event-mouse; event7 can be another device after the next start. */
static bool evdev_kind(const char *path, bool *ret_keyboard)
{
	*ret_keyboard = str_ends_with(path, "-event-kbd");
	return *ret_keyboard || str_ends_with(path, "-event-mouse");
}

/* One device may have several links; the same one twice would be grabbed twice, which fails. */
static bool evdev_is_same(const struct host *h, const char *a, const char *b)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new();
	const char *x = NULL, *y = NULL;

	if (str_eq(a, b))
		return true;
	return fsroot_resolve(h->root, scratch, a, &x) == 0 && fsroot_resolve(h->root, scratch, b, &y) == 0 &&
	       str_eq(x, y);
}

static void evdev_add(struct machine *m, const struct host *h, struct machine_evdev *list, const char *path)
{
	bool keyboard;

	if (!evdev_kind(path, &keyboard))
		return;
	for (unsigned i = 0; i < m->n_evdev; i++)
		if (evdev_is_same(h, list[i].path, path))
			return;
	list[m->n_evdev++] = (struct machine_evdev){ arena_strdup(m->arena, path), keyboard };
}

static int evdev_check(const struct host *h, const char *path, struct err *err)
{
	bool keyboard;

	if (!str_starts_with(path, "/dev/input/") || strstr(path, "/../") || !evdev_kind(path, &keyboard)) {
		err_set(err, ERR_USAGE, -EINVAL,
			_("--evdev: “%s” is neither auto nor a link of /dev/input/by-id that ends in -event-kbd or "
			  "-event-mouse."),
			path);
		return err_hint(err, _("The numbers of /dev/input/event* change from start to start; see: "
				       "ls -l /dev/input/by-id /dev/input/by-path"));
	}
	if (fsroot_is_live(h->root) && !fsroot_exists(h->root, path))
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("--evdev: there is no %s."), path);
	return 0;
}

static int evdev_find(struct machine *m, const struct host *h, struct machine_evdev *list, char **names,
		      struct err *err)
{
	bool keyboard = false;

	for (char **name = names; name && *name; name++)
		evdev_add(m, h, list, arena_printf(m->arena, EVDEV_FOLDER "/%s", *name));
	for (unsigned i = 0; i < m->n_evdev; i++)
		keyboard = keyboard || list[i].keyboard;
	if (keyboard)
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -ENODEV,
		names ? _("--evdev: no keyboard is in /dev/input/by-id, and without one nothing could switch back.")
		      : _("--evdev: /dev/input/by-id cannot be looked at, so nobody knows which keyboards there are."));
	return err_hint(err, _("Name the devices: --evdev /dev/input/by-path/…-event-kbd --evdev …-event-mouse."));
}

static void evdev_note(struct machine *m, const struct answers *a)
{
	struct machine_note *note;

	note = machine_note(m, "evdev-shared", SEVERITY_INFO,
			    arena_printf(m->arena,
					 _("The keyboard and the mouse go to the machine as soon as it starts; %s (both at "
					   "once) gives them back, and again takes them."),
					 m->evdev_switch));
	for (unsigned i = 0; i < m->n_evdev; i++)
		arena_strv_add(m->arena, &note->evidence, m->evdev[i].path);
	if (m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10)
		arena_strv_add(m->arena, &note->advice,
			       _("They arrive as virtio devices once vioinput of virtio-win is installed, and as PS/2 ones "
				 "until then: never both, so no key counts twice."));
	if (answers_is_set(a, "usb"))
		arena_strv_add(m->arena, &note->advice,
			       _("A device of --usb is not also shared: do not name the same one twice."));
}

int machine_set_evdev(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	_cleanup_free_ const char **all = answers_get_all(a, "evdev");
	_cleanup_strv_ char **names = NULL;
	struct machine_evdev *list;
	int r = 0;

	m->evdev_switch = arena_strdup(m->arena, answers_get(a, "evdev-switch"));
	if (!all[0] || (str_eq(all[0], "none") && !all[1]))
		return 0;
	if (fsroot_list(h->root, EVDEV_FOLDER, &names) < 0)
		names = NULL;
	list = arena_alloc(m->arena, (strv_length(all) + strv_length(strv_const(names))) * sizeof(*list));
	for (const char **path = all; *path && r == 0; path++) {
		if (str_eq(*path, "auto")) {
			r = evdev_find(m, h, list, names, err);
			continue;
		}
		r = evdev_check(h, *path, err);
		if (r == 0)
			evdev_add(m, h, list, *path);
	}
	if (r < 0)
		return r;
	m->evdev = list;
	evdev_note(m, a);
	return 0;
}
