/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "base/strv.h"
#include "model/kargs.h"
#include "tests/lib/unit.h"

#include <string.h>

START_TEST(splits_as_the_kernel_does)
{
	_cleanup_kargs_ struct kargs k;
	_cleanup_free_ char *line = NULL, *dyndbg = NULL, *other = NULL;

	kargs_parse("  ro\tquiet dyndbg=\"file a.c +p; file b.c +p\" \"x=y z\"\nroot=UUID=a=b 'a b'\n", &k);
	ck_assert_uint_eq(strv_length(strv_const(k.args)), 7);
	ck_assert_str_eq(k.args[2], "dyndbg=\"file a.c +p; file b.c +p\"");
	ck_assert_str_eq(k.args[3], "\"x=y z\"");
	ck_assert_str_eq(k.args[5], "'a"); /* single quotes mean nothing to it */
	dyndbg = kargs_value(&k, "dyndbg");
	ck_assert_str_eq(dyndbg, "file a.c +p; file b.c +p");
	other = kargs_value(&k, "x");
	ck_assert_str_eq(other, "y z");
	line = kargs_format(&k);
	ck_assert_str_eq(line, "ro quiet dyndbg=\"file a.c +p; file b.c +p\" \"x=y z\" root=UUID=a=b 'a b'");
}
END_TEST

START_TEST(names)
{
	ck_assert(karg_same_name("vfio-pci.ids=1:2", "vfio_pci.ids"));
	ck_assert(karg_same_name("quiet", "quiet"));
	ck_assert(!karg_same_name("iommu=pt", "intel_iommu=on"));
	ck_assert(!karg_same_name("iommu", "iommux"));
	ck_assert(!karg_same_name("iommux", "iommu=pt"));
	ck_assert(!karg_same_name("Quiet", "quiet"));
}
END_TEST

/* BEFORE, what is set, AFTER; the same text says that nothing changes. */
static const struct {
	const char *before, *arg, *after;
} sets[] = {
	{ "", "iommu=pt", "iommu=pt" },
	{ "ro quiet", "iommu=pt", "ro quiet iommu=pt" },
	{ "ro iommu=pt quiet", "iommu=pt", "ro iommu=pt quiet" },
	{ "ro vfio-pci.ids=1:2 quiet", "vfio_pci.ids=3:4", "ro vfio_pci.ids=3:4 quiet" },
	{ "loglevel=3 a loglevel=7 b", "loglevel=4", "a loglevel=4 b" },
	{ "loglevel=3 loglevel=4", "loglevel=4", "loglevel=3 loglevel=4" },
	{ "loglevel=4 loglevel=3", "loglevel=4", "loglevel=4" },
	{ "nosplash", "splash", "nosplash splash" },
	/* Names that add up keep what was there. */
	{ "console=tty0 console=ttyS0", "console=tty1", "console=tty0 console=ttyS0 console=tty1" },
	{ "rd.driver.pre=a", "rd.driver.pre=vfio-pci", "rd.driver.pre=a rd.driver.pre=vfio-pci" },
	{ "console=tty0 console=ttyS0", "console=tty0", "console=tty0 console=ttyS0" },
	/* Options of the IOMMU drivers: an opposite is replaced, everything else stays in force. */
	{ "intel_iommu=off quiet", "intel_iommu=on", "intel_iommu=on quiet" },
	{ "intel_iommu=igfx_off", "intel_iommu=on", "intel_iommu=igfx_off intel_iommu=on" },
	{ "intel_iommu=on,igfx_off", "intel_iommu=on", "intel_iommu=on,igfx_off" },
	{ "intel_iommu=on intel_iommu=sm_on", "intel_iommu=on", "intel_iommu=on intel_iommu=sm_on" },
	{ "intel_iommu=on intel_iommu=off", "intel_iommu=on", "intel_iommu=on intel_iommu=on" },
	{ "intel_iommu=sm_on,off", "intel_iommu=on", "intel_iommu=sm_on,off intel_iommu=on" },
	{ "iommu=nopt", "iommu=pt", "iommu=pt" },
	{ "iommu=soft", "iommu=pt", "iommu=soft iommu=pt" },
	/* A count belongs to the size before it; a second one for that size would be ignored. */
	{ "hugepagesz=1G hugepages=8 quiet", "hugepages=16", "hugepagesz=1G hugepages=16 quiet" },
	{ "hugepagesz=2M hugepages=512 hugepagesz=1G quiet", "hugepages=8", "hugepagesz=2M hugepages=512 hugepagesz=1G hugepages=8 quiet" },
	{ "quiet", "hugepages=8", "quiet hugepages=8" },
	/* A size and its count in one: the count of another size is never touched */
	{ "quiet", "hugepagesz=1G hugepages=8", "quiet hugepagesz=1G hugepages=8" },
	{ "hugepagesz=1G hugepages=4 quiet", "hugepagesz=1G hugepages=8", "hugepagesz=1G hugepages=8 quiet" },
	{ "hugepagesz=1G quiet", "hugepagesz=1G hugepages=8", "hugepagesz=1G hugepages=8 quiet" },
	{ "hugepagesz=1G hugepages=8 quiet", "hugepagesz=1G hugepages=8", "hugepagesz=1G hugepages=8 quiet" },
	{ "hugepagesz=1024M hugepages=8 quiet", "hugepagesz=1G hugepages=8", "hugepagesz=1024M hugepages=8 quiet" },
	{ "hugepagesz=2M hugepages=8", "hugepagesz=1G hugepages=8", "hugepagesz=2M hugepages=8 hugepagesz=1G hugepages=8" },
	{ "hugepagesz=1G hugepages=8 hugepagesz=2M hugepages=4", "hugepagesz=1G hugepages=1:8", "hugepagesz=1G hugepages=1:8 hugepagesz=2M hugepages=4" },
	/* One before any size is of the default one, and nothing behind it can change that */
	{ "hugepages=512 quiet", "hugepagesz=2M hugepages=1024", "hugepages=1024 quiet" },
	{ "hugepages=512 quiet", "hugepagesz=1G hugepages=8", "hugepages=512 quiet hugepagesz=1G hugepages=8" },
	{ "default_hugepagesz=1G hugepages=8", "hugepagesz=1G hugepages=8", "default_hugepagesz=1G hugepages=8" },
	{ "default_hugepagesz=1G hugepages=8", "hugepagesz=2M hugepages=8", "default_hugepagesz=1G hugepages=8 hugepagesz=2M hugepages=8" },
	{ "quiet -- hugepagesz=1G hugepages=8", "hugepagesz=1G hugepages=8", "quiet hugepagesz=1G hugepages=8 -- hugepagesz=1G hugepages=8" },
	/* Behind "--" everything is for init. */
	{ "ro -- iommu=pt", "iommu=pt", "ro iommu=pt -- iommu=pt" },
};

START_TEST(setting)
{
	_cleanup_kargs_ struct kargs k;
	_cleanup_free_ char *line = NULL;
	bool changed;

	kargs_parse(sets[_i].before, &k);
	changed = kargs_set(&k, sets[_i].arg);
	line = kargs_format(&k);
	ck_assert_str_eq(line, sets[_i].after);
	ck_assert_int_eq(changed, strcmp(sets[_i].before, sets[_i].after) != 0);
	ck_assert(kargs_has(&k, sets[_i].arg));
	ck_assert_msg(!kargs_set(&k, sets[_i].arg), "the second time changes nothing");
}
END_TEST

START_TEST(removing)
{
	_cleanup_kargs_ struct kargs k;
	_cleanup_free_ char *line = NULL;

	kargs_parse("a iommu=pt vfio-pci.ids=1:2 iommu=soft a=b -- a", &k);
	ck_assert(kargs_remove(&k, "iommu=pt"));
	ck_assert(kargs_remove(&k, "vfio_pci.ids"));
	ck_assert(!kargs_remove(&k, "quiet"));
	ck_assert(kargs_remove(&k, "a"));
	line = kargs_format(&k);
	ck_assert_str_eq(line, "iommu=soft -- a");
}
END_TEST

START_TEST(what_counts_is_the_last)
{
	_cleanup_kargs_ struct kargs k;
	_cleanup_free_ char *value = NULL, *bare = NULL;

	kargs_parse("loglevel=1 quiet loglevel=2 iommu=off", &k);
	ck_assert(!kargs_has(&k, "loglevel=1"));
	ck_assert(kargs_has(&k, "loglevel=2"));
	ck_assert(!kargs_has(&k, "iommu=pt"));
	ck_assert(kargs_has(&k, "quiet"));
	ck_assert(!kargs_has(&k, "quiet=1"));
	value = kargs_value(&k, "loglevel");
	ck_assert_str_eq(value, "2");
	bare = kargs_value(&k, "quiet");
	ck_assert_str_eq(bare, "");
	ck_assert_ptr_null(kargs_value(&k, "nothing"));
}
END_TEST

START_TEST(dangerous_arguments)
{
	static const char *const good[] = { "iommu=pt", "vfio-pci.ids=10de:2204,10de:1aef", "quiet",
					    "pcie_acs_override=downstream,multifunction",
					    "hugepagesz=1G hugepages=0:8,1:8" };
	static const char *const bad[] = { "", "a b", "a\"b", "a'b", "a\nb", "a$b", "a`b`", "a;b", "a\\b",
					   "--", "=x", "a|b", "a&b", "a>b", "a{b", "\xc3\xa4", "hugepagesz=1G quiet",
					   "hugepagesz=1G hugepages=8 quiet", "hugepagesz=1G  hugepages=8" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(!karg_problem(good[i]), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(karg_problem(bad[i]), "%s", bad[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model-kargs");
	TCase *tc = tcase_create("kargs");

	tcase_add_test(tc, splits_as_the_kernel_does);
	tcase_add_test(tc, names);
	tcase_add_loop_test(tc, setting, 0, ARRAY_SIZE(sets));
	tcase_add_test(tc, removing);
	tcase_add_test(tc, what_counts_is_the_last);
	tcase_add_test(tc, dangerous_arguments);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
