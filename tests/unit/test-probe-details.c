/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/pci-rebar.h"
#include "recorded.h"

#define ALL "identity kernel pci details"
#define PATH(address) "/sys/bus/pci/devices/" address " -> ../../../devices/pci0000:00/" address "\n"
#define DEV "/sys/devices/pci0000:00/"

static void put32(unsigned char *config, size_t at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		config[at + i] = (unsigned char)(value >> (8 * i));
}

/* A capability of another sort at 0x100, resizable BARs at 0x200: BAR 1 and BAR 0. */
static void put_rebar(unsigned char *config, uint32_t capability, uint32_t control)
{
	memset(config, 0, 4096);
	put32(config, 0x100, 0x20010001);
	put32(config, 0x200, 0x00010015);
	put32(config, 0x204, capability);
	put32(config, 0x208, control);
}

START_TEST(rebar_as_told)
{
	unsigned char config[4096];
	struct pci_bar bars[6] = { { 0 } };

	/* 256 MiB (bit 8) to 16 GiB (bit 14), 256 MiB in force; the second entry: BAR 3, 1 MiB or 2 MiB */
	put_rebar(config, 0x7f00 << 4, 8 << 8 | 2 << 5 | 1);
	put32(config, 0x20c, 3 << 4);
	put32(config, 0x210, 1 << 8 | 3);
	ck_assert(pci_rebar_decode(config, sizeof(config), bars));
	ck_assert_uint_eq(bars[1].possible, 0x7f00);
	ck_assert_uint_eq(bars[1].size, UINT64_C(256) << 20);
	ck_assert_uint_eq(bars[3].possible, 3);
	ck_assert_uint_eq(bars[3].size, UINT64_C(2) << 20);
	ck_assert_uint_eq(bars[0].possible | bars[2].possible | bars[4].possible | bars[5].possible, 0);
	/* sizes from 256 TiB are in the upper half of control */
	put_rebar(config, 1u << 31, 27 << 8 | 1 << 5 | 1u << 16);
	ck_assert(pci_rebar_decode(config, sizeof(config), bars));
	ck_assert_uint_eq(bars[0].possible, UINT64_C(1) << 27 | UINT64_C(1) << 28);
}
END_TEST

START_TEST(rebar_absurd)
{
	static const struct {
		uint32_t capability, control;
	} absurd[] = {
		{ 0x7f00 << 4, 8 << 8 | 0 << 5 | 1 },  /* no BARs at all */
		{ 0x7f00 << 4, 8 << 8 | 1 << 5 | 6 },  /* a seventh BAR */
		{ 0x7f00 << 4, 8 << 8 | 1 << 5 | 7 },
		{ 0x7f00 << 4, 2 << 8 | 1 << 5 | 1 },  /* a size in force that cannot be had */
		{ 0x7f00 << 4, 63 << 8 | 1 << 5 | 1 }, /* a size of 2^83 */
		{ 0, 8 << 8 | 1 << 5 | 1 },	       /* no size can be had */
		{ 0xffffffff, 0xffffffff },
	};
	unsigned char config[4096];

	for (unsigned i = 0; i < ARRAY_SIZE(absurd); i++) {
		struct pci_bar bars[6] = { { 0 } };

		put_rebar(config, absurd[i].capability, absurd[i].control);
		ck_assert_msg(!pci_rebar_decode(config, sizeof(config), bars), "accepted %u", i);
		for (unsigned b = 0; b < 6; b++)
			ck_assert_uint_eq(bars[b].possible | bars[b].size, 0);
	}
	for (size_t len = 0; len <= sizeof(config); len += 4) {
		struct pci_bar bars[6] = { { 0 } };

		/* seven entries where only some are there; the space may end anywhere */
		put_rebar(config, 0x7f00 << 4, 8 << 8 | 7 << 5 | 1);
		pci_rebar_decode(config, len, bars);
		memset(config, 0xff, sizeof(config));
		ck_assert(!pci_rebar_decode(config, len, bars));
		/* a chain that bites its tail */
		memset(config, 0, sizeof(config));
		put32(config, 0x100, 0x10010001);
		ck_assert(!pci_rebar_decode(config, len, bars));
		/* the capability as the very last words */
		put32(config, 0x100, 0xffc10001);
		put32(config, 0xffc, 0x00010015);
		ck_assert(!pci_rebar_decode(config, len, bars));
	}
}
END_TEST

START_TEST(bars_of_resource)
{
	static const char *const wrong[] = {
		"", "0x0", "0x00 0x0f", "0x10 0x0f 0x200", "x y z", "0x0 0xffffffffffffffff 0x200",
		"0x0 0xf 0x200 more", "\x7f\x01",
	};
	struct pci_bar b;

	ck_assert(pci_bar_parse("0x0000000000000000 0x0000000000000000 0x0000000000000000", &b));
	ck_assert_uint_eq(b.size, 0);
	ck_assert(pci_bar_parse("0x0000004000000000 0x00000043ffffffff 0x000000000014220c", &b));
	ck_assert(b.size == UINT64_C(16) << 30 && b.start == UINT64_C(0x4000000000));
	ck_assert(b.is_64bit && b.is_prefetchable && !b.is_io && !b.unassigned);
	ck_assert(pci_bar_parse("0x000000000000f000 0x000000000000f07f 0x0000000000040101", &b));
	ck_assert(b.is_io && b.size == 128 && !b.unassigned);
	/* the firmware left 16 GiB without an address */
	ck_assert(pci_bar_parse("0x0000000000000000 0x00000003ffffffff 0x000000002014220c", &b));
	ck_assert(b.unassigned && b.size == UINT64_C(16) << 30);
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++)
		ck_assert_msg(!pci_bar_parse(wrong[i], &b), "accepted %s", wrong[i]);
}
END_TEST

#define GPU                                                                                        \
	PATH("0000:00:02.0") DEV "0000:00:02.0/modalias = pci:v000010DEd00002482sv00000000sd00000000bc03sc00i00\n"

START_TEST(details_of_a_card)
{
	RECORDED(h,
		 GPU
		 DEV "0000:00:02.0/resource <<\n"
		 "\t0x00000000f6000000 0x00000000f6ffffff 0x0000000000040200\n"
		 "\t0x00000000e0000000 0x00000000efffffff 0x000000000014220c\n"
		 "\t0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		 DEV "0000:00:02.0/resource1_resize = 0000000000007f00\n"
		 DEV "0000:00:02.0/power_state = D0\n" DEV "0000:00:02.0/d3cold_allowed = 1\n"
		 DEV "0000:00:02.0/power/runtime_status = active\n"
		 DEV "0000:00:02.0/local_cpulist = 0-7\n"
		 "/sys/class/drm/card1-DP-1 -> ../../devices/pci0000:00/0000:00:02.0/drm/card1/card1-DP-1\n"
		 DEV "0000:00:02.0/drm/card1/card1-DP-1/status = connected\n",
		 ALL);
	const struct pci_details *t = recorded_device(h, "00:02.0")->details;

	ck_assert_ptr_nonnull(t);
	ck_assert(t->bars_known);
	ck_assert_uint_eq(t->bars[0].size, 16 << 20);
	ck_assert_uint_eq(t->bars[1].size, 256 << 20);
	ck_assert_uint_eq(t->bars[1].possible, 0x7f00);
	ck_assert_uint_eq(t->bars[2].size, 0);
	ck_assert_str_eq(t->power_state, "D0");
	ck_assert_str_eq(t->runtime_status, "active");
	ck_assert_int_eq(t->d3cold_allowed, 1);
	ck_assert_str_eq(t->local_cpus, "0-7");
	ck_assert_str_eq(t->connectors[0], "DP-1 connected");
	ck_assert(!t->config_dead && !t->nvidia_vgpu);
	ck_assert_ptr_null(h->broken);
}
END_TEST

START_TEST(details_that_are_broken)
{
	RECORDED(h,
		 GPU DEV "0000:00:02.0/resource = junk\n" DEV "0000:00:02.0/resource0_resize = xyz\n"
		 DEV "0000:00:02.0/d3cold_allowed = 7\n"
		 PATH("0000:00:03.0") DEV "0000:00:03.0/vendor = 0x10de\n",
		 ALL);

	ck_assert(!recorded_device(h, "00:02.0")->details->bars_known);
	ck_assert_int_eq(recorded_device(h, "00:02.0")->details->d3cold_allowed, -1);
	ck_assert(recorded_has(h->broken, "00:02.0/resource:"));
	ck_assert(recorded_has(h->broken, "00:02.0/resource0_resize"));
	ck_assert_int_eq(recorded_device(h, "00:03.0")->details->d3cold_allowed, -1);
	ck_assert_ptr_null(recorded_device(h, "00:03.0")->details->power_state);
}
END_TEST

/* All ones: the card fell off the bus. */
START_TEST(config_of_ones)
{
	RECORDED(h,
		 GPU DEV "0000:00:02.0/config : "
		 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n",
		 ALL);
	struct pci_device *d = recorded_device(h, "00:02.0");

	ck_assert(d->details->config_dead);
	ck_assert_uint_eq(d->vendor, 0x10de);
}
END_TEST

START_TEST(drivers_made_for_a_device)
{
	RECORDED(h,
		 "/proc/sys/kernel/osrelease = 6.12.1\n"
		 PATH("0000:00:02.0") DEV "0000:00:02.0/modalias = pci:v000015B3d0000101Esv00000000sd00000000bc02sc00i00\n"
		 PATH("0000:00:03.0") DEV "0000:00:03.0/modalias = pci:v00008086d00001563sv00000000sd00000000bc02sc00i00\n"
		 "/lib/modules/6.12.1/modules.alias <<\n"
		 "\talias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
		 "\talias pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_core\n"
		 "\talias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci\n"
		 "\talias vfio_pci:\n",
		 ALL);
	const struct pci_details *t = recorded_device(h, "00:02.0")->details;

	ck_assert_uint_eq(strv_length(t->variants), 1);
	ck_assert_str_eq(t->variants[0], "mlx5_vfio_pci");
	ck_assert_ptr_null(recorded_device(h, "00:03.0")->details->variants);
}
END_TEST

/* Behind VMD: a domain of five digits, and its devices. */
START_TEST(domain_of_five_digits)
{
	RECORDED(h,
		 "/sys/bus/pci/devices/10000:e1:00.0 -> ../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:1b.0/10000:e1:00.0\n"
		 "/sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:1b.0/10000:e1:00.0/vendor = 0x144d\n"
		 "/sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:1b.0/10000:e1:00.0/power_state = D0\n"
		 PATH("0000:00:0e.0") DEV "0000:00:0e.0/vendor = 0x8086\n",
		 ALL);
	struct pci_device *d = recorded_device(h, "10000:e1:00.0");

	ck_assert_uint_eq(h->n_devices, 2);
	ck_assert_uint_eq(d->addr.domain, 0x10000);
	ck_assert_str_eq(d->details->power_state, "D0");
}
END_TEST

START_TEST(nvidia_vgpu)
{
	RECORDED(h,
		 GPU DEV "0000:00:02.0/nvidia/creatable_vgpu_types = 1428 : NVIDIA H200X-141C\n"
		 PATH("0000:00:03.0") DEV "0000:00:03.0/vendor = 0x10de\n",
		 ALL);

	ck_assert(recorded_device(h, "00:02.0")->details->nvidia_vgpu);
	ck_assert(!recorded_device(h, "00:03.0")->details->nvidia_vgpu);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probes: details of devices");
	TCase *t = tcase_create("details");

	tcase_add_test(t, rebar_as_told);
	tcase_add_test(t, rebar_absurd);
	tcase_add_test(t, bars_of_resource);
	tcase_add_test(t, details_of_a_card);
	tcase_add_test(t, details_that_are_broken);
	tcase_add_test(t, config_of_ones);
	tcase_add_test(t, drivers_made_for_a_device);
	tcase_add_test(t, domain_of_five_digits);
	tcase_add_test(t, nvidia_vgpu);
	suite_add_tcase(s, t);
	return unit_run(s);
}
