/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/domain-tree.h"
#include "output/domain.h"

#include <errno.h>
#include <string.h>

/* What libvirt 7 to 11 adds to every domain by itself: element below its parent, and when. */
static const struct {
	const char *parent, *name;
	const char *attr, *value;	/* only with this; NULL: always */
} normal_dropped[] = {
	{ "domain", "seclabel", NULL, NULL },
	{ "domain", "resource", NULL, NULL },
	{ "domain", "currentMemory", "same", NULL },
	{ "devices", "controller", "type", "pci" },
	{ "devices", "controller", "type", "sata" },
	{ "devices", "controller", "type", "virtio-serial" },
	{ "devices", "input", "bus", "ps2" },
	{ "devices", "audio", "type", "none" },
	{ "devices", "watchdog", "model", "itco" },
	{ "devices", "console", NULL, NULL },
	{ "serial", "target", NULL, NULL },
	{ "disk", "backingStore", NULL, NULL },
	{ "disk", "mirror", NULL, NULL },
};

/* The usual value of an attribute, which libvirt writes out. */
static const struct {
	const char *element, *attr, *value; /* value NULL: any */
} normal_attrs[] = {
	{ "topology", "clusters", "1" },    { "topology", "dies", "1" },
	{ "controller", "ports", NULL },    { "model", "heads", "1" },
	{ "model", "vram", NULL },	    { "model", "ram", NULL },
	{ "model", "vgamem", NULL },	    { "model", "primary", "yes" },
	{ "cpu", "check", NULL },	    { "vcpu", "placement", "static" },
	{ "address", "multifunction", "off" }, { "hyperv", "mode", "custom" },
	{ "domain", "id", NULL },
};

static void normal_remove(xmlNodePtr node)
{
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

static void normal_set_text(xmlNodePtr node, const char *text)
{
	xmlNodeSetContent(node, NULL);
	xmlNodeAddContent(node, (const xmlChar *)text);
}

/* libvirt prints memory in KiB: <memory unit='KiB'>16777216</memory>. */
static void normal_memory(xmlNodePtr node)
{
	static const struct {
		const char *unit;
		int shift;
	} units[] = { { "b", -10 },  { "bytes", -10 }, { "KiB", 0 }, { "k", 0 },   { "MiB", 10 },
		      { "M", 10 },   { "GiB", 20 },    { "G", 20 },  { "TiB", 30 }, { "T", 30 } };
	_cleanup_attr_ char *unit = domain_attr(node, "unit"), *text = domain_text(node);
	uint64_t value;
	char kib[32];

	if (!text || str_to_u64(str_trim(text), INT64_MAX >> 32, &value) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (str_eq(unit, units[i].unit)) {
			value = units[i].shift < 0 ? value >> 10 : value << units[i].shift;
			snprintf(kib, sizeof(kib), "%llu", (unsigned long long)value);
			normal_set_text(node, kib);
			xmlSetProp(node, (const xmlChar *)"unit", (const xmlChar *)"KiB");
			return;
		}
}

/* currentMemory, which comes behind memory, says something only where it differs. */
static bool normal_same_memory(xmlNodePtr node)
{
	_cleanup_attr_ char *memory = domain_text(domain_child(node->parent, "memory")), *own = NULL;

	normal_memory(node);
	own = domain_text(node);
	return memory && own && strcmp(str_trim(own), str_trim(memory)) == 0;
}

static bool normal_is_dropped(xmlNodePtr node)
{
	const xmlNode *parent = node->parent;

	if (domain_is(node, "alias"))
		return true;
	/* Where the guest sees a device of the host is our business; all else finds a place by itself. */
	if (domain_is(node, "address") && domain_is(parent->parent, "devices") && !domain_is(parent, "hostdev"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(normal_dropped); i++) {
		if (!domain_is(parent, normal_dropped[i].parent) || !domain_is(node, normal_dropped[i].name))
			continue;
		if (str_eq(normal_dropped[i].attr, "same"))
			return normal_same_memory(node);
		if (!normal_dropped[i].attr ||
		    domain_attr_is(node, normal_dropped[i].attr, normal_dropped[i].value))
			return true;
	}
	return false;
}

static bool normal_is_usual_emulator(const xmlNode *node)
{
	_cleanup_attr_ char *path = domain_text(node);

	return domain_is(node, "emulator") && path &&
	       (str_ends_with(path, "/qemu-system-x86_64") || str_ends_with(path, "/qemu-kvm") ||
		str_ends_with(path, "/bin/kvm"));
}

/* With firmware='efi' libvirt looks the files up and notes what it found. */
static bool normal_is_found_firmware(const xmlNode *node)
{
	return (domain_is(node, "loader") || domain_is(node, "nvram")) && domain_is(node->parent, "os") &&
	       domain_attr_is(node->parent, "firmware", "efi");
}

/* "pc-q35-9.2" is what "q35" was when the domain was defined. */
static void normal_machine_type(xmlNodePtr node)
{
	_cleanup_attr_ char *machine = domain_attr(node, "machine");

	if (machine && str_starts_with(machine, "pc-q35-"))
		xmlSetProp(node, (const xmlChar *)"machine", (const xmlChar *)"q35");
	else if (machine && str_starts_with(machine, "pc-i440fx-"))
		xmlSetProp(node, (const xmlChar *)"machine", (const xmlChar *)"pc");
}

static void normal_element(xmlNodePtr node)
{
	if (domain_is(node->parent, "domain") && (domain_is(node, "memory") || domain_is(node, "currentMemory")))
		normal_memory(node);
	if (domain_is(node, "type") && domain_is(node->parent, "os"))
		normal_machine_type(node);
	for (size_t i = 0; i < ARRAY_SIZE(normal_attrs); i++) {
		_cleanup_attr_ char *value = NULL;

		if (!domain_is(node, normal_attrs[i].element))
			continue;
		value = domain_attr(node, normal_attrs[i].attr);
		if (value && (!normal_attrs[i].value || strcmp(value, normal_attrs[i].value) == 0))
			xmlUnsetProp(node, (const xmlChar *)normal_attrs[i].attr);
	}
}

/* Metadata and the options for QEMU belong to others: they stay as they are. */
static bool normal_is_foreign(const xmlNode *node)
{
	return node->ns && node->ns->prefix;
}

static void normal_walk(xmlNodePtr node)
{
	xmlNodePtr next;

	if (normal_is_foreign(node) || domain_is(node, "metadata"))
		return;
	normal_element(node);
	for (xmlNodePtr child = node->children; child; child = next) {
		next = child->next;
		if (child->type != XML_ELEMENT_NODE)
			continue;
		if (normal_is_dropped(child) || normal_is_usual_emulator(child) ||
		    normal_is_found_firmware(child))
			normal_remove(child);
		else
			normal_walk(child);
	}
}

struct normal_item {
	xmlNodePtr node;
	char *text;
};

static int normal_compare(const void *a, const void *b)
{
	return strcmp(((const struct normal_item *)a)->text, ((const struct normal_item *)b)->text);
}

/* The order of these says nothing; that of the others (boot devices, options for QEMU) may. */
static void normal_sort(xmlNodePtr parent)
{
	_cleanup_free_ struct normal_item *items = NULL;
	size_t n = 0, used = 0;

	for (xmlNodePtr c = parent ? parent->children : NULL; c; c = c->next)
		n += c->type == XML_ELEMENT_NODE;
	items = xcalloc(n + 1, sizeof(*items));
	for (xmlNodePtr c = parent ? parent->children : NULL; c; c = c->next) {
		struct str s = { 0 };

		if (c->type != XML_ELEMENT_NODE)
			continue;
		domain_print(&s, c, 0, true);
		items[used++] = (struct normal_item){ c, str_steal(&s) };
	}
	qsort(items, used, sizeof(*items), normal_compare);
	for (size_t i = 0; i < used; i++) {
		xmlUnlinkNode(items[i].node);
		xmlAddChild(parent, items[i].node);
		free(items[i].text);
	}
}

int domain_normal(const char *text, size_t len, const char *file, char **ret, struct err *err)
{
	static const char *const sorted[] = { "devices", "features", "cputune", "cpu", "clock" };
	_cleanup_doc_ xmlDocPtr doc = NULL;
	_cleanup_str_ struct str out = { 0 };
	xmlNodePtr root;
	int r = domain_tree_parse(text, len, file, &doc, err);

	if (r < 0)
		return r;
	root = xmlDocGetRootElement(doc);
	normal_walk(root);
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		normal_sort(domain_child(root, sorted[i]));
	normal_sort(domain_child(domain_child(root, "features"), "hyperv"));
	normal_sort(domain_child(domain_child(root, "os"), "firmware"));
	normal_sort(root);
	domain_print(&out, root, 0, true);
	*ret = str_steal(&out);
	return 0;
}

static long long normal_memory_bytes(xmlNodePtr memory)
{
	_cleanup_attr_ char *text = NULL;
	uint64_t kib;

	if (!memory)
		return -1;
	if (!xmlHasProp(memory, (const xmlChar *)"unit"))
		xmlSetProp(memory, (const xmlChar *)"unit", (const xmlChar *)"KiB");
	normal_memory(memory);
	text = domain_text(memory);
	return text && str_to_u64(str_trim(text), INT64_MAX >> 10, &kib) == 0 ? (long long)kib << 10 : -1;
}

int domain_identify(const char *text, size_t len, const char *file, struct arena *a,
		    struct domain_identity *ret, struct err *err)
{
	_cleanup_attr_ char *name = NULL, *uuid = NULL;
	_cleanup_doc_ xmlDocPtr doc = NULL;
	xmlNodePtr root;
	int r = domain_tree_parse(text, len, file, &doc, err);

	if (r < 0)
		return r;
	root = xmlDocGetRootElement(doc);
	name = domain_text(domain_child(root, "name"));
	uuid = domain_text(domain_child(root, "uuid"));
	ret->name = arena_strdup(a, name);
	ret->uuid = arena_strdup(a, uuid);
	ret->memory_bytes = normal_memory_bytes(domain_child(root, "memory"));
	return 0;
}

char *domain_with_uuid(const char *text, const char *old_uuid, const char *uuid)
{
	_cleanup_free_ char *old = xasprintf("<uuid>%s</uuid>", old_uuid ? old_uuid : "");
	const char *at = strstr(text, old), *after = at ? at + strlen(old) : NULL;

	if (!old_uuid) {
		at = strstr(text, "</name>");
		at = after = at ? at + strlen("</name>") : NULL;
	}
	if (!at)
		return xstrdup(text);
	return xasprintf("%.*s<uuid>%s</uuid>%s", (int)(at - text), text, uuid, after);
}
