/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

#define ATTRIBUTES_CLASS "sys/class/firmware-attributes"
/* A computer has one driver with one or two settings of each kind; more is not a firmware's doing. */
#define ATTRIBUTES_MAX 64

/*
 * current_value of thinklmi before 6.3 carries more than the value:
 *	Disable;[Optional:Disable,Enable]
 *	Primary;[Optional:Primary,Automatic][Status:ShowOnly]
 * and possible_values is empty then.
 */
static void attributes_read_value(struct host *h, struct firmware_attribute *t, const char *text)
{
	const char *optional = strstr(text, "[Optional:");
	size_t n = strcspn(text, ";[");

	/* Its own values have neither; a text such as a date in brackets has no value in front. */
	if (n)
		t->value = arena_strndup(h->arena, text, n);
	if (optional && !t->possible) {
		optional += strlen("[Optional:");
		t->possible = arena_strndup(h->arena, optional, strcspn(optional, "]"));
	}
}

/* /sys/class/firmware-attributes/thinklmi/attributes/VTdFeature/: current_value has mode 0600. */
static void attributes_read(struct host *h, struct firmware_attribute *t)
{
	char path[PATH_MAX];
	const char *text;
	int r;

	snprintf(path, sizeof(path), ATTRIBUTES_CLASS "/%s/attributes/%s", t->driver, t->name);
	t->possible = probe_word(h, "%s/possible_values", path);
	snprintf(path, sizeof(path), ATTRIBUTES_CLASS "/%s/attributes/%s/current_value", t->driver, t->name);
	r = fsroot_read_attr(h->root, h->arena, path, &text);
	if (r == -EACCES || r == -EPERM)
		t->hidden = true; /* as it is meant to be: no note */
	else if (r < 0 && r != -ENOENT)
		probe_note(h, path, r);
	else if (r == 0)
		attributes_read_value(h, t, text);
}

static void attributes_look(struct host *h, const char *driver)
{
	_cleanup_strv_ char **names = probe_list(h, ATTRIBUTES_CLASS "/%s/attributes", driver);
	struct firmware_facts *fw = &h->firmware;

	if (!fw->attributes)
		fw->attributes = arena_alloc(h->arena, ATTRIBUTES_MAX * sizeof(*fw->attributes));
	for (char **name = names; name && *name && fw->n_attributes < ATTRIBUTES_MAX; name++) {
		enum firmware_setting setting = firmware_setting_of(*name);
		const char *title;
		struct firmware_attribute *t;

		/* Names that sysfs cannot hold are changed on the way; what is displayed is not. */
		title = probe_word(h, ATTRIBUTES_CLASS "/%s/attributes/%s/display_name", driver, *name);
		if (setting == SETTING_COUNT && title)
			setting = firmware_setting_of(title);
		if (setting == SETTING_COUNT)
			continue;
		t = &fw->attributes[fw->n_attributes++];
		t->setting = setting;
		t->driver = arena_strdup(h->arena, driver);
		t->name = arena_strdup(h->arena, *name);
		t->title = title ? title : t->name;
		attributes_read(h, t);
	}
}

static int attributes_run(struct host *h, struct err *err _unused_)
{
	_cleanup_strv_ char **drivers = probe_list(h, ATTRIBUTES_CLASS);

	for (char **driver = drivers; driver && *driver; driver++) {
		int pending = probe_tristate(h, ATTRIBUTES_CLASS "/%s/attributes/pending_reboot", *driver);

		if (pending > h->firmware.pending_reboot || !h->firmware.attributes_driver) {
			h->firmware.pending_reboot = pending;
			h->firmware.attributes_driver = arena_strdup(h->arena, *driver);
		}
		attributes_look(h, *driver);
	}
	return 0;
}

const struct probe probe_firmware_attributes = {
	.name = "firmware-attributes",
	.title = N_("Settings of the firmware"),
	.run = attributes_run,
};
