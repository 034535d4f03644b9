/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/str.h"
#include "output/domain-splice.h"
#include "output/domain.h"

#include <errno.h>
#include <string.h>

/* What this program writes: a card of two functions, an NVMe disk to start from, a USB device. */
#define GIVER_CARD                                                                                      \
	"<controller type='pci' index='1' model='pcie-root-port'/>"                                     \
	"<!-- the card -->"                                                                             \
	"<hostdev mode='subsystem' type='pci' managed='yes'>"                                           \
	"<source><address domain='0x0000' bus='0x0a' slot='0x00' function='0x0'/></source>"             \
	"<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0' multifunction='on'/>" \
	"</hostdev>"                                                                                    \
	"<hostdev mode='subsystem' type='pci' managed='yes'>"                                           \
	"<source><address domain='0x0000' bus='0x0a' slot='0x00' function='0x1'/></source>"             \
	"<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x1'/></hostdev>"
#define GIVER_NVME                                                                                      \
	"<hostdev mode='subsystem' type='pci' managed='yes'>"                                           \
	"<source><address domain='0x0000' bus='0x04' slot='0x00' function='0x0'/></source>"             \
	"<boot order='1'/>"                                                                             \
	"<address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/></hostdev>"
#define GIVER_USB                                                                                       \
	"<hostdev mode='subsystem' type='usb' managed='yes'>"                                           \
	"<source startupPolicy='optional'><vendor id='0x1234'/><product id='0xabcd'/></source></hostdev>"
#define DOMAIN(os, devices) \
	"<domain type='kvm'><name>x</name><os>" os "</os><devices>" devices "</devices></domain>"
#define Q35 "<type arch='x86_64' machine='pc-q35-7.2'>hvm</type>"
#define I440FX "<type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>"
#define HAS_CARD                                                                                       \
	"<hostdev mode='subsystem' type='pci'><source>"                                                 \
	"<address domain='0x0000' bus='0x0a' slot='0x00' function='0x0'/></source></hostdev>"

static const struct add_case {
	const char *what, *text, *devices;
	unsigned n_added;
	const char *has[4], *has_not;
} add_cases[] = {
	{ "behind the last root port",
	  DOMAIN(Q35, "<controller type='pci' index='0' model='pcie-root'/>"
		      "<controller type='pci' index='7' model='pcie-root-port'/>"),
	  GIVER_CARD, 2,
	  { "index='8' model='pcie-root-port'/>", "bus='0x08' slot='0x00' function='0x0' multifunction='on'",
	    "bus='0x08' slot='0x00' function='0x1'/>", "<!-- the card -->" }, NULL },
	{ "a bus that only an address names", DOMAIN(Q35, "<sound><address type='pci' bus='0x09' slot='0'/></sound>"),
	  GIVER_CARD, 2, { "index='10'", "bus='0x0a' slot='0x00' function='0x1'/>" }, NULL },
	{ "no controllers yet", DOMAIN(Q35, ""), GIVER_CARD, 2, { "index='1'" }, NULL },
	{ "conventional PCI has slots",
	  DOMAIN(I440FX, "<sound><address type='pci' domain='0' bus='0x00' slot='0x1e' function='0'/></sound>"),
	  GIVER_CARD, 2,
	  { "bus='0x00' slot='0x1d' function='0x0' multifunction='on'", "slot='0x1d' function='0x1'/>" },
	  "pcie-root-port" },
	{ "libvirt's usual machine is i440fx", DOMAIN("<type>hvm</type>", ""), GIVER_CARD, 2, { "slot='0x1e'" },
	  "pcie-root-port" },
	{ "boot order behind the others", DOMAIN(Q35, "<disk device='disk'><boot order='3'/></disk>"), GIVER_NVME, 1,
	  { "<boot order='4'/>" }, NULL },
	{ "no boot order beside <boot dev>", DOMAIN(Q35 "<boot dev='hd'/>", ""), GIVER_NVME, 1, { NULL },
	  "<boot order" },
	{ "the old disk keeps starting it", DOMAIN(Q35, "<disk device='disk'/>"), GIVER_NVME, 1, { NULL },
	  "<boot order" },
	{ "the only disk starts it", DOMAIN(Q35, "<disk device='cdrom'/>"), GIVER_NVME, 1, { "<boot order='1'/>" },
	  NULL },
	{ "a card that is there", DOMAIN(Q35, HAS_CARD
		"<hostdev type='pci'><source><address bus='10' slot='0' function='1'/></source></hostdev>"),
	  GIVER_CARD, 0, { NULL }, "multifunction" },
	{ "an interface that is that card", DOMAIN(Q35, "<interface type='hostdev'><source>"
		"<address type='pci' domain='0' bus='4' slot='0' function='0'/></source></interface>"),
	  GIVER_NVME, 0, { NULL }, "<hostdev" },
	{ "USB", DOMAIN(Q35, ""), GIVER_USB, 1, { "<vendor id='0x1234'/>" }, "pcie-root-port" },
	{ "USB that is there", DOMAIN(Q35, "<hostdev mode='subsystem' type='usb'><source startupPolicy='optional'>"
		"<vendor id='0x1234'/> <product id='0xabcd'/></source></hostdev>"),
	  GIVER_USB, 0, { NULL }, "managed" },
	{ "empty devices", "<domain type='qemu'><os>" Q35 "</os><devices/></domain>", GIVER_USB, 1,
	  { "</devices></domain>" }, "<devices/>" },
	{ "what hides a tag",
	  "<domain type='kvm'><!-- <devices> --><os>" Q35 "</os><description><![CDATA[</devices>]]></description>"
	  "<metadata><devices/></metadata><devices a='>'>\n\t<!-- </devices> -->\n  </devices>\n</domain>\n",
	  GIVER_USB, 1, { "</devices> -->\n    <hostdev ", "</hostdev>\n  </devices>\n</domain>\n" }, NULL },
};

/* Without what was inserted, the text is what it was. */
static void check_kept(const char *before, const char *after)
{
	size_t head = 0, tail = 0, n = strlen(before), m = strlen(after);

	while (before[head] && before[head] == after[head])
		head++;
	while (tail < n - head && before[n - 1 - tail] == after[m - 1 - tail])
		tail++;
	ck_assert_msg(head + tail >= n - strlen("/"), "%s", after);
}

START_TEST(test_add)
{
	const struct add_case *c = &add_cases[_i];
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_free_ char *giver = xasprintf(DOMAIN(Q35, "%s"), c->devices);
	struct domain_addition ret;
	struct err err = { 0 };
	int r = domain_add_devices(c->text, strlen(c->text), "m", giver, strlen(giver), a, &ret, &err);

	ck_assert_msg(r == 0, "%s: %s", c->what, err.msg);
	ck_assert_msg(ret.n_added == c->n_added, "%s: %u", c->what, ret.n_added);
	for (unsigned i = 0; i < ARRAY_SIZE(c->has) && c->has[i]; i++)
		ck_assert_msg(strstr(ret.text, c->has[i]), "%s: %s", c->what, ret.text);
	ck_assert_msg(!c->has_not || !strstr(ret.text, c->has_not), "%s: %s", c->what, ret.text);
	if (!c->n_added) {
		ck_assert_str_eq(ret.text, c->text);
		ck_assert_ptr_nonnull(ret.notes);
	}
	check_kept(c->text, ret.text);
	free(ret.text);
}
END_TEST

static const struct refuse_case {
	const char *text;
	int code;
	const char *says;
} refuse_cases[] = {
	{ DOMAIN(Q35, HAS_CARD), -EEXIST, "0000:0a:00.1" },
	{ DOMAIN(Q35, "<controller type='pci' index='255' model='pcie-root-port'/>"), -ENOSPC, "no free slot" },
	{ "<domain type='xen'><devices/></domain>", -ENOTSUP, "QEMU" },
	{ "<domain type='kvm'/>", -EBADMSG, "<devices>" },
	{ "<network/>", -EBADMSG, "m:1: " },
	{ "<domain>\n<a>\n</domain>", -EBADMSG, "m:3: " },
};

START_TEST(test_refuse)
{
	const struct refuse_case *c = &refuse_cases[_i];
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct domain_addition ret;
	struct err err = { 0 };
	const char *giver = DOMAIN(Q35, GIVER_CARD);

	ck_assert_int_eq(domain_add_devices(c->text, strlen(c->text), "m", giver, strlen(giver), a, &ret, &err),
			 c->code);
	ck_assert_msg(strstr(err.msg, c->says), "%s", err.msg);
	ck_assert_ptr_null(ret.text);
}
END_TEST

/* Pairs that libvirt would not tell apart, and pairs that it would. */
static const struct normal_case {
	bool same;
	const char *a, *b;
} normal_cases[] = {
	{ true, "<domain><memory unit='GiB'>2</memory></domain>",
	  "<domain>\n <memory unit='KiB'>2097152</memory>\n <currentMemory unit='KiB'>2097152</currentMemory></domain>" },
	{ false, "<domain><memory unit='GiB'>2</memory></domain>",
	  "<domain><memory unit='GiB'>2</memory><currentMemory unit='GiB'>1</currentMemory></domain>" },
	{ true, "<domain><os><type machine='q35'>hvm</type></os></domain>",
	  "<domain id='3'><os><type machine='pc-q35-9.2'>hvm</type></os></domain>" },
	{ false, "<domain><os><type machine='pc'>hvm</type></os></domain>",
	  "<domain><os><type machine='pc-q35-9.2'>hvm</type></os></domain>" },
	{ true, "<domain><os firmware='efi'/></domain>",
	  "<domain><os firmware='efi'><loader readonly='yes'>/x</loader><nvram>/y</nvram></os></domain>" },
	{ false, "<domain><os/></domain>", "<domain><os><loader readonly='yes'>/x</loader></os></domain>" },
	{ true, "<domain><devices><sound model='ich9'/></devices></domain>",
	  "<domain><devices><emulator>/usr/bin/qemu-system-x86_64</emulator><sound model='ich9'>\n"
	  "<alias name='a'/><address type='pci' bus='0' slot='3'/>\n</sound>"
	  "<controller type='pci' index='3' model='pcie-root-port'/></devices></domain>" },
	{ false, "<domain><devices/></domain>",
	  "<domain><devices><emulator>/opt/my-qemu</emulator></devices></domain>" },
	{ true, "<domain><devices><rng/><tpm a='1' b='2'/></devices></domain>",
	  "<domain><!-- why --><devices><tpm b='2' a='1'/><rng></rng></devices></domain>" },
	{ false, "<domain><devices><hostdev><address bus='1'/></hostdev></devices></domain>",
	  "<domain><devices><hostdev><address bus='2'/></hostdev></devices></domain>" },
	{ false, "<domain><name>a</name></domain>", "<domain><name>b</name></domain>" },
	{ false, "<domain xmlns:qemu='q'><qemu:commandline><qemu:arg value='1'/></qemu:commandline></domain>",
	  "<domain/>" },
	{ false, "<domain><os><boot dev='hd'/><boot dev='cdrom'/></os></domain>",
	  "<domain><os><boot dev='cdrom'/><boot dev='hd'/></os></domain>" },
};

START_TEST(test_normal)
{
	const struct normal_case *c = &normal_cases[_i];
	_cleanup_free_ char *a = NULL, *b = NULL;
	struct err err = { 0 };

	ck_assert_int_eq(domain_normal(c->a, strlen(c->a), "a", &a, &err), 0);
	ck_assert_int_eq(domain_normal(c->b, strlen(c->b), "b", &b, &err), 0);
	ck_assert_msg((strcmp(a, b) == 0) == c->same, "%s\n%s", a, b);
}
END_TEST

START_TEST(test_identify)
{
	static const char text[] = "<domain><name>it's &lt;a&gt;</name><uuid>u-1</uuid><memory>1024</memory></domain>";
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_free_ char *other = domain_with_uuid(text, "u-1", "u-2");
	_cleanup_free_ char *given = domain_with_uuid("<domain><name>a</name></domain>", NULL, "u-3");
	struct domain_identity id;
	struct err err = { 0 };

	ck_assert_int_eq(domain_identify(text, strlen(text), "x", a, &id, &err), 0);
	ck_assert_str_eq(id.name, "it's <a>");
	ck_assert_str_eq(id.uuid, "u-1");
	ck_assert_int_eq(id.memory_bytes, 1 << 20);
	ck_assert_ptr_nonnull(strstr(other, "</name><uuid>u-2</uuid><memory>"));
	ck_assert_str_eq(given, "<domain><name>a</name><uuid>u-3</uuid></domain>");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("output-domain");
	TCase *t = tcase_create("domain");

	tcase_add_loop_test(t, test_add, 0, ARRAY_SIZE(add_cases));
	tcase_add_loop_test(t, test_refuse, 0, ARRAY_SIZE(refuse_cases));
	tcase_add_loop_test(t, test_normal, 0, ARRAY_SIZE(normal_cases));
	tcase_add_test(t, test_identify);
	suite_add_tcase(s, t);
	return unit_run(s);
}
