/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/state.h"

/* The words of "kind" in state.json. */
static const char *record_kind_name(enum promise_kind k)
{
	switch (k) {
	case PROMISE_IOMMU_ON:
		return "iommu-on";
	case PROMISE_DRIVER:
		return "driver";
	case PROMISE_FILE:
		return "file";
	case PROMISE_DOMAIN:
		return "domain";
	case PROMISE_CMDLINE:
		break;
	}
	return "cmdline";
}

static json_t *record_id(unsigned id)
{
	return json_sprintf("%04x", id);
}

static json_t *record_promise(const struct promise *p, const struct stage *stage, const char *boot_id)
{
	bool has_device = p->kind == PROMISE_DRIVER;
	char address[PCI_ADDR_TEXT];

	pci_addr_format(p->addr, address);
	/* Nothing that needs a restart can be true before it. */
	return json_pack("{s:o,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:o,s:o}", "id", json_text(p->id), "text",
			 json_text(p->text), "stage", json_text(stage->name), "boot_id",
			 json_text(stage->then == STAGE_END_NONE ? NULL : boot_id), "kind",
			 record_kind_name(p->kind), "arg", json_text(p->arg), "path",
			 json_text(p->path), "address", json_text(has_device ? address : NULL),
			 "vendor", record_id(p->vendor), "device", record_id(p->device));
}

static void record_drop_promise(json_t *promises, const char *key, const char *value)
{
	for (size_t i = json_array_size(promises); i-- > 0;)
		if (str_eq(json_string_value(json_object_get(json_array_get(promises, i), key)), value))
			json_array_remove(promises, i);
}

static void record_set(char **at, const char *text)
{
	free(*at);
	*at = text ? xstrdup(text) : NULL;
}

void run_state_record_stage(struct run_state *s, const struct stage *stage, const char *boot_id)
{
	for (unsigned i = 0; i < stage->n_promises; i++) {
		record_drop_promise(s->promises, "id", stage->promises[i]->id);
		json_array_append_new(s->promises,
				      record_promise(stage->promises[i], stage, boot_id));
	}
	record_set(&s->stage, stage->name);
	record_set(&s->boot_id, boot_id);
	s->then = stage->then;
}
