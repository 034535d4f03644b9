/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/promise-json.h"

#include "base/str.h"

/* The words of "kind". */
static const char *const promise_kinds[] = {
	[PROMISE_CMDLINE] = "cmdline", [PROMISE_IOMMU_ON] = "iommu-on", [PROMISE_DRIVER] = "driver",
	[PROMISE_FILE] = "file",       [PROMISE_DOMAIN] = "domain",     [PROMISE_KERNEL] = "kernel",
	[PROMISE_ACS_OVERRIDE] = "acs-override", [PROMISE_APART] = "apart",
};

static json_t *promise_id(unsigned id)
{
	return json_sprintf("%04x", id);
}

json_t *promise_json(const struct promise *p, const struct stage *stage, const char *boot_id)
{
	bool has_device = p->kind == PROMISE_DRIVER || p->kind == PROMISE_APART;
	char address[PCI_ADDR_TEXT];

	pci_addr_format(p->addr, address);
	/* Nothing that needs a restart can be true before it. */
	return json_pack("{s:o,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:o,s:o}", "id", json_text(p->id), "text",
			 json_text(p->text), "stage", json_text(stage->name), "boot_id",
			 json_text(stage->then == STAGE_END_NONE ? NULL : boot_id), "kind",
			 promise_kinds[p->kind], "arg", json_text(p->arg), "path",
			 json_text(p->path), "address", json_text(has_device ? address : NULL),
			 "vendor", promise_id(p->vendor), "device", promise_id(p->device));
}

json_t *promise_json_of_stage(const struct stage *stage, const char *boot_id)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < stage->n_promises; i++)
		json_array_append_new(array, promise_json(stage->promises[i], stage, boot_id));
	return array;
}

static bool promise_has_text(const json_t *j, const char *key, bool or_null)
{
	const json_t *value = json_object_get(j, key);

	return json_is_string(value) || (or_null && json_is_null(value));
}

bool promise_json_is_valid(const json_t *j)
{
	const char *kind = json_string_value(json_object_get(j, "kind"));
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(promise_kinds); i++)
		known = known || str_eq(kind, promise_kinds[i]);
	return known && promise_has_text(j, "id", false) && promise_has_text(j, "text", false) &&
	       promise_has_text(j, "stage", false) && promise_has_text(j, "boot_id", true) &&
	       promise_has_text(j, "arg", true) && promise_has_text(j, "path", true) &&
	       promise_has_text(j, "address", true) && promise_has_text(j, "vendor", false) &&
	       promise_has_text(j, "device", false);
}
