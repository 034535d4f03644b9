/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host does while the machine runs, and the hook of libvirt that makes it do so. */
#include "output/machine-parts.h"
#include "output/output.h"

#include "base/str.h"

#include <errno.h>
#include <stdlib.h>

static const char *hook_cpu_list(const struct machine *m)
{
	_cleanup_str_ struct str list = { 0 };

	for (unsigned i = 0; i < m->cpus; i++)
		str_addf(&list, "%s%u", i ? "," : "", m->pins[i]);
	return arena_strdup(m->arena, str_c(&list));
}

/* Pages that are made when the machine starts: libvirt does not do that, so the hook does. */
static void hook_set_pages(struct machine *m)
{
	char *end;

	if (!m->hugepage_bytes || m->hugepages_at_boot)
		return;
	m->hook_pages = m->hugepages;
	if (m->memory_nodes) {
		long node = strtol(m->memory_nodes, &end, 10);

		m->hook_node = *end ? -1 : (int)node;
	}
}

static int hook_check_pages(const struct machine *m, struct err *err)
{
	if (!m->hugepage_bytes) {
		err_set(err, ERR_USAGE, -EINVAL,
			_("--hook hugepages: the memory of this machine is not in huge pages, so there are none to set aside."));
		return err_hint(err, _("Add --hugepages 2M, or leave the hook out."));
	}
	if (m->hugepages_at_boot) {
		err_set(err, ERR_USAGE, -EINVAL,
			_("--hook hugepages: the pages of this machine are set aside when the host starts."));
		return err_hint(err, _("Add --hugepages-at start, or leave the hook out."));
	}
	return 0;
}

static int hook_set_isolation(struct machine *m, struct err *err)
{
	if (!m->pins) {
		err_set(err, ERR_USAGE, -EINVAL,
			_("--hook isolate: this machine is tied to no processors, so there are none to keep free for it."));
		return err_hint(err, _("Add --pin auto, or leave the hook out."));
	}
	m->hook_cpus = hook_cpu_list(m);
	return 0;
}

int machine_set_hooks(struct machine *m, const struct host *h _unused_, const struct answers *a, struct err *err)
{
	_cleanup_free_ const char **all = answers_get_all(a, "hook");
	int r = 0;

	m->hook_node = -1;
	hook_set_pages(m);
	for (const char **hook = all; *hook && r == 0; hook++) {
		if (str_eq(*hook, "hugepages"))
			r = hook_check_pages(m, err);
		else if (str_eq(*hook, "isolate"))
			r = hook_set_isolation(m, err);
		else
			m->hook_governor = true;
	}
	if (r == 0 && (m->hook_governor || m->hook_cpus))
		machine_say(m, "hook-by-libvirt-only",
			    _("Full speed and free processors (--hook) are the work of a hook of libvirt: the script for QEMU does not "
			      "do it."));
	return r;
}

json_t *machine_hooks_context(const struct machine *m)
{
	json_t *o, *pages = json_null(), *isolate = json_null();
	long long kib = m->hugepage_bytes >> 10;

	if (!machine_has_hooks(m))
		return json_null();
	if (m->hook_pages > 0) {
		pages = json_object();
		json_object_set_new(pages, "size_kib", json_integer(kib));
		json_object_set_new(pages, "count", json_integer(m->hook_pages));
		json_object_set_new(pages, "pool",
				    m->hook_node < 0 ? json_sprintf("/kernel/mm/hugepages/hugepages-%lldkB", kib) :
						       json_sprintf("/devices/system/node/node%d/hugepages/"
								    "hugepages-%lldkB",
								    m->hook_node, kib));
	}
	if (m->hook_cpus) {
		isolate = json_object();
		json_object_set_new(isolate, "cpus", json_text(m->hook_cpus));
	}
	o = json_object();
	json_object_set_new(o, "governor", json_boolean(m->hook_governor));
	json_object_set_new(o, "isolate", isolate);
	json_object_set_new(o, "pages", pages);
	return o;
}

const struct machine_format machine_format_hook = {
	.name = "hook",
	.template_name = "hook.sh.mustache",
	.file_suffix = ".hook",
	.mode = 0755,
	.check = machine_check_script,
	.is_hook = true,
};
