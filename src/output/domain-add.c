/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/domain-splice.h"
#include "output/domain-tree.h"
#include "output/domain.h"

#include <errno.h>
#include <string.h>

#define ADD_BUS_MAX 255
#define ADD_SLOT_HIGH 0x1e /* conventional PCI: from above, libvirt fills from below */

struct add {
	const char *file;
	struct arena *a;
	xmlDocPtr doc, from;
	xmlNodePtr devices;	/* of DOC; may be NULL */
	bool conventional;	/* i440fx: one bus of 32 slots, no root ports */
	bool boot_dev;		/* <os><boot dev=…>: excludes <boot order> on devices */
	long next_bus, boot_order; /* boot_order: the highest one in use, 0 none */
	bool has_disk;
	unsigned slots_used;	/* conventional: bit N = slot N */
	struct str inserted;
	struct domain_addition *ret;
};

struct add_address {
	long domain, bus, slot, function;
};

static void add_note(struct add *d, const char *text)
{
	arena_strv_add(d->a, &d->ret->notes, text);
}

static struct add_address add_read_address(const xmlNode *address)
{
	struct add_address out = { domain_number(address, "domain"), domain_number(address, "bus"),
				   domain_number(address, "slot"), domain_number(address, "function") };

	if (out.domain < 0)
		out.domain = 0;
	return out;
}

static bool add_is_same(const struct add_address *a, const struct add_address *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot && a->function == b->function;
}

static const char *add_address_text(struct add *d, const struct add_address *at)
{
	return arena_printf(d->a, "%04lx:%02lx:%02lx.%lx", at->domain, at->bus, at->slot, at->function);
}

/* The host's address in <hostdev>, <interface type='hostdev'>, <disk type='nvme'>. */
static bool add_host_address(const xmlNode *device, struct add_address *ret)
{
	const xmlNode *address = domain_child(domain_child(device, "source"), "address");

	*ret = add_read_address(address);
	return address && ret->bus >= 0 && ret->slot >= 0 && ret->function >= 0;
}

/* How a device that is no PCI function is told from others: mdev's UUID, USB ids and port. */
static char *add_source_text(const xmlNode *device)
{
	const xmlNode *source = domain_child(device, "source");
	struct str s = { 0 };

	for (const xmlNode *n = source ? source->children : NULL; n; n = n->next)
		domain_print(&s, n, 0, true);
	return str_steal(&s);
}

static bool add_is_pci(const xmlNode *device)
{
	return domain_is(device, "hostdev") && domain_attr_is(device, "type", "pci");
}

static bool add_has_pci(const struct add *d, const struct add_address *want)
{
	for (const xmlNode *n = d->devices ? d->devices->children : NULL; n; n = n->next) {
		struct add_address at;

		if (n->type == XML_ELEMENT_NODE && add_host_address(n, &at) && add_is_same(&at, want))
			return true;
	}
	return false;
}

static bool add_has_other(const struct add *d, const xmlNode *device)
{
	_cleanup_free_ char *want = add_source_text(device);

	for (const xmlNode *n = domain_child(d->devices, "hostdev"); n; n = domain_next(n)) {
		_cleanup_free_ char *have = add_source_text(n);

		if (!add_is_pci(n) && strcmp(have, want) == 0)
			return true;
	}
	return false;
}

static void add_look_at_bus(struct add *d)
{
	_cleanup_attr_ char *machine = domain_attr(
		domain_child(domain_child(xmlDocGetRootElement(d->doc), "os"), "type"), "machine");

	/* libvirt's machine type for x86, when none is said, is QEMU's "pc": i440fx. */
	d->conventional = !machine || str_eq(machine, "pc") || strstr(machine, "i440fx");
	d->next_bus = 1;
	for (const xmlNode *n = domain_child(d->devices, "controller"); n; n = domain_next(n)) {
		if (!domain_attr_is(n, "type", "pci"))
			continue;
		if (domain_attr_is(n, "model", "pcie-root"))
			d->conventional = false;
		else if (domain_attr_is(n, "model", "pci-root"))
			d->conventional = true;
		if (domain_number(n, "index") >= d->next_bus)
			d->next_bus = domain_number(n, "index") + 1;
	}
}

static void add_look_at_device(struct add *d, const xmlNode *device)
{
	const xmlNode *address = domain_child(device, "address");
	long order = domain_number(domain_child(device, "boot"), "order");

	if (order > d->boot_order)
		d->boot_order = order;
	if (domain_is(device, "disk") && !domain_attr_is(device, "device", "cdrom") &&
	    !domain_attr_is(device, "device", "floppy"))
		d->has_disk = true;
	if (address && domain_attr_is(address, "type", "pci")) {
		struct add_address at = add_read_address(address);

		if (at.bus >= d->next_bus)
			d->next_bus = at.bus + 1;
		if (at.bus == 0 && at.slot >= 0 && at.slot < 32)
			d->slots_used |= 1u << at.slot;
	}
}

static void add_look(struct add *d)
{
	const xmlNode *root = xmlDocGetRootElement(d->doc);

	d->devices = domain_child(root, "devices");
	d->boot_dev = domain_child(domain_child(root, "os"), "boot") != NULL;
	add_look_at_bus(d);
	for (const xmlNode *n = d->devices ? d->devices->children : NULL; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE)
			add_look_at_device(d, n);
}

static void add_set_hex(xmlNodePtr node, const char *name, int digits, long value)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%0*lx", digits, (unsigned long)value);
	xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)text);
}

static int add_no_place(struct add *d, struct err *err)
{
	return err_set(err, ERR_NOT_POSSIBLE, -ENOSPC, _("%s: there is no free slot for one more card in this machine."),
		       d->file);
}

/* The bus and slot of one more card. */
static int add_place(struct add *d, long *ret_bus, long *ret_slot, struct err *err)
{
	if (d->conventional) {
		/* 0 to 2 are QEMU's own: bridge, chip set, the first display. */
		for (int slot = ADD_SLOT_HIGH; slot > 2; slot--) {
			if (d->slots_used & 1u << slot)
				continue;
			d->slots_used |= 1u << slot;
			*ret_bus = 0;
			*ret_slot = slot;
			return 0;
		}
		return add_no_place(d, err);
	}
	if (d->next_bus > ADD_BUS_MAX)
		return add_no_place(d, err);
	*ret_bus = d->next_bus++;
	*ret_slot = 0;
	str_addf(&d->inserted, "    <controller type='pci' index='%ld' model='pcie-root-port'/>\n", *ret_bus);
	return 0;
}

/*
 * <boot order> on one device while others have none makes it the only one the firmware tries; and
 * together with <os><boot dev> libvirt refuses it.
 */
static void add_set_boot(struct add *d, xmlNodePtr device)
{
	xmlNodePtr boot = domain_child(device, "boot");
	char order[32];

	if (!boot)
		return;
	if (d->boot_dev || (!d->boot_order && d->has_disk)) {
		xmlUnlinkNode(boot);
		xmlFreeNode(boot);
		add_note(d, _("This machine starts from its own disk as before; the boot menu of its firmware, or "
			      "virt-manager's boot options, start it from the added one."));
		return;
	}
	snprintf(order, sizeof(order), "%ld", ++d->boot_order);
	xmlSetProp(boot, (const xmlChar *)"order", (const xmlChar *)order);
}

/* What the other domain says about its device, if it does. */
static void add_print_reason(struct add *d, const xmlNode *device)
{
	const xmlNode *before = device->prev;

	while (before && xmlIsBlankNode(before))
		before = before->prev;
	if (before && before->type == XML_COMMENT_NODE)
		domain_print(&d->inserted, before, 4, false);
}

static void add_print(struct add *d, xmlNodePtr device)
{
	add_print_reason(d, device);
	domain_print(&d->inserted, device, 4, false);
	d->ret->n_added++;
}

/* The functions of one card have the same bus in the domain that gives. */
static bool add_is_of_card(const xmlNode *device, long guest_bus)
{
	return add_is_pci(device) && domain_number(domain_child(device, "address"), "bus") == guest_bus;
}

/* Done with: not to be taken for the start of the next card. */
static void add_mark(xmlNodePtr device)
{
	xmlSetProp(device, (const xmlChar *)"type", (const xmlChar *)"added");
}

/* All functions of the card that begins at FIRST. */
static int add_card(struct add *d, xmlNodePtr first, long guest_bus, struct err *err)
{
	long bus, slot;
	int r = add_place(d, &bus, &slot, err);

	for (xmlNodePtr n = first; r == 0 && n; n = domain_next(n)) {
		xmlNodePtr guest = domain_child(n, "address");

		if (!add_is_of_card(n, guest_bus))
			continue;
		add_set_hex(guest, "bus", 2, bus);
		add_set_hex(guest, "slot", 2, slot);
		add_set_boot(d, n);
		add_print(d, n);
		add_mark(n);
	}
	return r;
}

/* A card is in the machine as a whole or not at all: its functions share a slot. */
static int add_pci(struct add *d, xmlNodePtr first, struct err *err)
{
	long guest_bus = domain_number(domain_child(first, "address"), "bus");
	const char *in = NULL, *out = NULL;

	if (guest_bus < 0)
		return err_input(err, "domain.xml", 0, _("a device of the host has no address in the machine."));
	for (const xmlNode *n = first; n; n = domain_next(n)) {
		struct add_address at;

		if (!add_is_of_card(n, guest_bus) || !add_host_address(n, &at))
			continue;
		if (add_has_pci(d, &at))
			in = in ? in : add_address_text(d, &at);
		else
			out = add_address_text(d, &at);
	}
	if (in && out) {
		err_set(err, ERR_NOT_POSSIBLE, -EEXIST,
			_("%s has %s already, but not %s, which belongs to the same card."), d->file, in, out);
		return err_hint(err, _("Take that one out of the machine first; then the whole card goes in, into one slot."));
	}
	if (!in)
		return add_card(d, first, guest_bus, err);
	add_note(d, arena_printf(d->a, _("%s is in this machine already."), in));
	for (xmlNodePtr n = first; n; n = domain_next(n))
		if (add_is_of_card(n, guest_bus))
			add_mark(n);
	return 0;
}

static int add_devices(struct add *d, struct err *err)
{
	xmlNodePtr devices = domain_child(xmlDocGetRootElement(d->from), "devices");
	int r = 0;

	for (xmlNodePtr n = domain_child(devices, "hostdev"); r == 0 && n; n = domain_next(n)) {
		if (domain_attr_is(n, "type", "added"))
			continue;
		if (add_is_pci(n))
			r = add_pci(d, n, err);
		else if (add_has_other(d, n))
			add_note(d, _("A USB or mediated device that was chosen is in this machine already."));
		else
			add_print(d, n);
	}
	return r;
}

/* What libvirt refuses or VFIO makes useless, read from the machine that is there. */
static void add_hints(struct add *d)
{
	const xmlNode *root = xmlDocGetRootElement(d->doc), *balloon = domain_child(d->devices, "memballoon");
	_cleanup_attr_ char *memory = domain_text(domain_child(root, "memory"));
	_cleanup_attr_ char *current = domain_text(domain_child(root, "currentMemory"));

	if (memory && current && strcmp(str_trim(memory), str_trim(current)) != 0)
		add_note(d, _("This machine has less memory now than at most (<currentMemory>): with a PCI device of the "
			      "host all of it is taken when it starts."));
	if (!balloon || !domain_attr_is(balloon, "model", "none"))
		add_note(d, _("Its memory balloon gives nothing back any more: all memory is held while the machine "
			      "runs. <memballoon model='none'/> takes it out."));
	if (domain_child(domain_child(root, "memtune"), "hard_limit"))
		add_note(d, _("It has a <hard_limit> for memory: below the size of the machine and 1 GiB more, VFIO cannot "
			      "hold the memory and the machine does not start."));
	if (d->conventional)
		add_note(d, _("This machine is of the type i440fx, with conventional PCI: cards work in it, but some drivers "
			      "of graphics cards want PCI Express, which only the type q35 has."));
}

static int add_splice(struct add *d, const char *text, size_t len, struct err *err)
{
	_cleanup_doc_ xmlDocPtr again = NULL;
	_cleanup_str_ struct str out = { 0 };
	struct splice at;
	size_t from;

	if (!splice_find_child(text, len, "devices", &at))
		return err_input(err, d->file, 0, _("this domain has no <devices>."));
	from = at.close;
	/* The blanks before </devices> belong to that. */
	while (!at.empty && from > at.open && (text[from - 1] == ' ' || text[from - 1] == '\t'))
		from--;
	if (at.empty) {
		/* Between "<devices" and "/>". */
		str_addn(&out, text, at.open - 2);
		str_add(&out, ">\n");
	} else {
		str_addn(&out, text, from);
		if (from > 0 && text[from - 1] != '\n')
			str_addc(&out, '\n');
	}
	str_addn(&out, str_c(&d->inserted), d->inserted.len);
	if (at.empty)
		str_add(&out, "  </devices>");
	str_addn(&out, text + from, len - from);
	d->ret->len = out.len;
	d->ret->text = str_steal(&out);
	return domain_tree_parse(d->ret->text, d->ret->len, d->file, &again, err);
}

int domain_add_devices(const char *text, size_t len, const char *file, const char *from, size_t from_len,
		       struct arena *a, struct domain_addition *ret, struct err *err)
{
	_cleanup_doc_ xmlDocPtr doc = NULL, other = NULL;
	struct add d = { .file = file, .a = a, .ret = ret };
	int r = domain_tree_parse(text, len, file, &doc, err);

	*ret = (struct domain_addition){ 0 };
	if (r == 0)
		r = domain_tree_parse(from, from_len, "domain.xml", &other, err);
	if (r < 0)
		return r;
	d.doc = doc;
	d.from = other;
	if (!domain_attr_is(xmlDocGetRootElement(doc), "type", "kvm") &&
	    !domain_attr_is(xmlDocGetRootElement(doc), "type", "qemu"))
		return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			       _("%s is no machine of QEMU: there VFIO is not known."), file);
	add_look(&d);
	r = add_devices(&d, err);
	if (r == 0 && ret->n_added) {
		add_hints(&d);
		r = add_splice(&d, text, len, err);
	} else if (r == 0) {
		ret->text = xstrndup(text, len);
		ret->len = len;
	}
	str_done(&d.inserted);
	if (r < 0) {
		free(ret->text);
		ret->text = NULL;
	}
	return r;
}
