/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Presets, screen, shared input, sound, and what the installed versions leave out. */
#include "unit.h"

#include "output-host.h"

#include "base/fsroot.h"
#include "output/feature.h"
#include "output/preset.h"

static char dir[] = "/tmp/vfio-wizard-test-XXXXXX";
static struct fsroot *root;
static struct test_host t;
static struct machine *m;
static struct err err;

static void setup(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(fsroot_open(dir, &root, NULL), 0);
	test_host_init(&t, root);
	t.host->software.libvirt = "12.8.0-1";
	t.host->software.qemu = "1:10.2.2";
	t.host->identity.kernel = "6.12.1";
	t.host->permissions.user = (struct user_facts){ .uid = 1000, .name = "ada" };
	t.host->confinement.run_uid = 64055;
	m = NULL;
	err = (struct err){ 0 };
}

static void teardown(void)
{
	_cleanup_free_ char *command = xasprintf("rm -r '%s'", dir);

	machine_free(m);
	test_host_done(&t);
	fsroot_free(root);
	ck_assert_int_eq(system(command), 0);
}

static void put(const char *path, const char *text)
{
	_cleanup_free_ char *make = xasprintf("mkdir -p \"$(dirname '%s/%s')\"", dir, path);
	_cleanup_free_ char *file = xasprintf("%s/%s", dir, path);
	_cleanup_fclose_ FILE *f = NULL;

	ck_assert_int_eq(system(make), 0);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
}

static void say(const char *answer)
{
	ck_assert_msg(test_host_answer(&t, answer, &err) == 0, "%s: %s", answer, err.msg);
}

static void build(unsigned devices)
{
	machine_free(m);
	m = NULL;
	err = (struct err){ 0 };
	ck_assert_msg(test_host_build(&t, devices, &m, &err) == 0, "%s", err.msg);
}

static void build_fails(enum err_kind kind, const char *words)
{
	machine_free(m);
	m = NULL;
	err = (struct err){ 0 };
	ck_assert_int_lt(test_host_build(&t, 1, &m, &err), 0);
	ck_assert_int_eq(err.kind, kind);
	ck_assert_msg(strstr(err.msg, words) != NULL, "“%s” has no “%s”", err.msg, words);
}

static const struct machine_note *note_of(const char *id)
{
	for (size_t i = 0; i < m->notes.n; i++) {
		const struct machine_note *note = m->notes.items[i];

		if (str_eq(note->id, id))
			return note;
	}
	return NULL;
}

/* "" without such a note. */
static const char *text_of(const char *id)
{
	const struct machine_note *note = note_of(id);

	return note ? note->text : "";
}

static const char *advice_of(const char *id)
{
	const struct machine_note *note = note_of(id);

	return note && note->advice ? note->advice[0] : "";
}

static const char *evidence_of(const char *id, size_t i)
{
	const struct machine_note *note = note_of(id);
	size_t n = 0;

	while (note && note->evidence && note->evidence[n])
		n++;
	return i < n ? note->evidence[i] : "";
}

static bool written_has(const char *format, const char *words)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	ck_assert_msg(machine_write(m, machine_format_find(format), NULL, &text, &len, &err) == 0, "%s", err.msg);
	return strstr(text, words) != NULL;
}

static const struct machine_default *default_of(const char *key)
{
	for (unsigned i = 0; i < m->n_defaults; i++)
		if (str_eq(m->defaults[i].key, key))
			return &m->defaults[i];
	return NULL;
}

/* Why a default was left out; "" when it was not, or there is none. */
static const char *why_not_of(const char *key)
{
	const struct machine_default *d = default_of(key);

	return d && d->why_not ? d->why_not : "";
}

/* CPU n and n + 8 share a core. */
static void put_cores(void)
{
	struct cpu_thread *list = arena_alloc(t.host->arena, 16 * sizeof(*list));

	for (int i = 0; i < 16; i++)
		list[i] = (struct cpu_thread){ .id = i, .online = true, .core = i % 8, .core_id = i % 8, .l2 = i % 8, .l3 = 0,
					       .l3_bytes = -1, .max_khz = -1, .base_khz = -1, .highest_perf = -1, .cluster = -1 };
	t.host->cpu.list = list;
	t.host->cpu.n_list = 16;
}

START_TEST(test_every_preset)
{
	static const char *const presets[] = { "gaming", "ai", "development", "content", "plain" };
	static const char *const systems[] = { "windows11", "windows10", "linux", "other" };

	put_cores();
	for (size_t i = 0; i < ARRAY_SIZE(presets); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(systems); k++) {
			_cleanup_free_ char *preset = xasprintf("preset=%s", presets[i]);
			_cleanup_free_ char *os = xasprintf("os=%s", systems[k]);

			say(preset);
			say(os);
			build(1);
			ck_assert_str_eq(m->preset, presets[i]);
			ck_assert_uint_ge(m->n_defaults, 3);
			for (unsigned d = 0; d < m->n_defaults; d++) {
				ck_assert_ptr_null(m->defaults[d].why_not);
				ck_assert(str_ends_with(m->defaults[d].why, "."));
				for (unsigned e = 0; e < d; e++)
					ck_assert_str_ne(m->defaults[d].key, m->defaults[e].key);
			}
			ck_assert(m->pins || i == 2 || i == 4);
			ck_assert((m->hugepage_bytes > 0) == (i == 1));
			ck_assert(m->tpm == (k == 0));
		}
	}
}
END_TEST

/* An answer wins; what cannot be had is left out and said; without a preset nothing is set. */
START_TEST(test_preset_gives_way)
{
	say("os=linux");
	say("preset=ai");
	say("memory=5000M"); /* no whole number of 1 GiB pages */
	build(1);
	ck_assert_ptr_nonnull(strstr(why_not_of("hugepages"), "--memory"));
	ck_assert_str_ne(why_not_of("pin"), ""); /* no topology to read */
	ck_assert_int_eq(m->hugepage_bytes, 0);
	ck_assert_int_eq(m->display, GUEST_DISPLAY_NONE);
	put_cores();
	build(1);
	ck_assert(default_of("pin") != NULL);
	ck_assert_str_eq(why_not_of("pin"), "");
	ck_assert_str_ne(why_not_of("hugepages"), "");
	say("pin=none");
	say("display=looking-glass");
	build(1);
	ck_assert_ptr_null(default_of("pin"));
	ck_assert_ptr_null(default_of("display"));
	ck_assert_ptr_null(m->pins);
	say("hugepages=1G"); /* now it was asked for */
	build_fails(ERR_USAGE, "--memory");
	answers_clear(&t.answers, "preset");
	answers_clear(&t.answers, "hugepages");
	build(1);
	ck_assert_uint_eq(m->n_defaults, 0);
	ck_assert_ptr_null(m->preset);
}
END_TEST

/* A card that only computes shows no ROM, but AMD's driver needs it. */
START_TEST(test_roms)
{
	say("os=linux");
	say("pin=none");
	say("preset=ai");
	build(1u << DEV_GPU | 1u << DEV_GPU2);
	ck_assert(!m->hostdevs[0].rom_bar && m->hostdevs[1].rom_bar);
	ck_assert(default_of("rom") != NULL && written_has("libvirt", "<rom bar='off'/>"));
	ck_assert(written_has("qemu", "rombar=0"));
	say("display=spice");
	build(1u << DEV_GPU);
	ck_assert(m->hostdevs[0].rom_bar && default_of("rom") == NULL);
	say("display=none");
	say("preset=gaming");
	build(1u << DEV_GPU);
	ck_assert(m->hostdevs[0].rom_bar);
}
END_TEST

START_TEST(test_until_installed)
{
	say("os=linux");
	say("preset=ai");
	say("pin=none");
	build(1);
	ck_assert_int_eq(m->display, GUEST_DISPLAY_NONE);
	say("install=/iso/linux.iso"); /* somebody has to see the installer */
	build(1);
	ck_assert_int_eq(m->display, GUEST_DISPLAY_SPICE);
	ck_assert(m->until_installed && written_has("libvirt", "<!-- For the installation"));
	ck_assert_ptr_nonnull(strstr(advice_of("display-until-installed"), "--installed yes"));
	say("installed=yes");
	build(1);
	ck_assert_int_eq(m->display, GUEST_DISPLAY_NONE);
	ck_assert(!written_has("libvirt", "<graphics") && !written_has("qemu", "-spice"));
	build(0);
	ck_assert_ptr_nonnull(note_of("display-serial"));
	say("os=windows11");
	say("display=none");
	build(0);
	ck_assert_ptr_nonnull(note_of("display-dark"));
}
END_TEST

START_TEST(test_looking_glass_size)
{
	static const struct {
		const char *picture;
		long long mib;
	} rows[] = { { "1920x1080", 32 },     { "1920x1200", 32 },	{ "2560x1440", 64 },	 { "3440x1440", 64 },
		     { "3840x2160", 128 },    { "1920x1080,hdr", 64 },	{ "2560x1440,hdr", 128 }, { "3840x2160,hdr", 256 },
		     { "7680x4320", 512 } };
	static const char *const wrong[] = { "1920", "1920x", "x1080", "1920x1080,sdr", "1920x1080 ", "0x0", "99999x1080",
					     "1920X1080", "-1920x1080" };

	say("os=linux");
	say("display=looking-glass");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *answer = xasprintf("looking-glass=%s", rows[i].picture);

		say(answer);
		build(1);
		ck_assert_msg(m->looking_glass_bytes >> 20 == rows[i].mib, "%s: %lld", rows[i].picture,
			      m->looking_glass_bytes >> 20);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_free_ char *answer = xasprintf("looking-glass=%s", wrong[i]);

		say(answer);
		build_fails(ERR_USAGE, "--looking-glass");
	}
	say("looking-glass=1920x1080");
	say("display=spice");
	build(1);
	ck_assert_ptr_nonnull(note_of("answer-unused"));
}
END_TEST

START_TEST(test_kvmfr)
{
	say("os=linux");
	say("display=looking-glass");
	say("looking-glass-memory=kvmfr");
	build_fails(ERR_NOT_POSSIBLE, "kvmfr");
	ck_assert_ptr_nonnull(strstr(err.hint, "static_size_mb=64"));
	put("sys/module/kvmfr/parameters/static_size_mb", "32\n");
	build_fails(ERR_NOT_POSSIBLE, "64 MiB");
	say("looking-glass-memory=auto");
	build(1);
	ck_assert(!m->looking_glass_kvmfr && note_of("looking-glass-kvmfr-small"));
	put("sys/module/kvmfr/parameters/static_size_mb", "128\n");
	build(1);
	ck_assert(m->looking_glass_kvmfr);
	ck_assert_int_eq(m->looking_glass_bytes, 128 << 20); /* the whole device */
	ck_assert_ptr_nonnull(note_of("looking-glass-kvmfr-access"));
	ck_assert(written_has("libvirt", "\"mem-path\":\"/dev/kvmfr0\",\"size\":134217728"));
	ck_assert(!written_has("libvirt", "<shmem"));
	ck_assert(written_has("qemu", "[ -c /dev/kvmfr0 ]"));
	t.host->software.libvirt = "7.0.0";
	build(1);
	ck_assert(written_has("libvirt", "mem-path=/dev/kvmfr0,size=128M"));
	say("looking-glass-memory=shm");
	build(1);
	ck_assert(written_has("libvirt", "<size unit='M'>64</size>") && !written_has("libvirt", "kvmfr"));
}
END_TEST

START_TEST(test_evdev)
{
	say("os=linux");
	say("evdev=auto");
	build_fails(ERR_NOT_POSSIBLE, "--evdev");
	put("dev/input/by-id/usb-Mouse-event-mouse", "");
	build_fails(ERR_NOT_POSSIBLE, "--evdev"); /* nothing could switch back */
	put("dev/input/by-id/usb-Keys-event-kbd", "");
	put("dev/input/by-id/usb-Keys-event-if01", "");
	put("dev/input/by-id/usb-Mouse-mouse", "");
	build(1);
	ck_assert_uint_eq(m->n_evdev, 2);
	ck_assert(m->evdev[0].keyboard && !m->evdev[1].keyboard);
	ck_assert(written_has("libvirt", "usb-Keys-event-kbd' grab='all' grabToggle='ctrl-ctrl' repeat='on'/>"));
	ck_assert(written_has("libvirt", "usb-Mouse-event-mouse'/>"));
	ck_assert(written_has("libvirt", "<input type='keyboard' bus='virtio'/>") && !written_has("libvirt", "bus='usb'/>"));
	ck_assert(written_has("qemu", "grab-toggle='ctrl-ctrl'") && !written_has("qemu", "usb-tablet"));
	say("evdev=/dev/input/by-id/usb-Keys-event-kbd"); /* the same one once more */
	build(1);
	ck_assert_uint_eq(m->n_evdev, 2);
	t.host->software.libvirt = "7.3.0";
	build(1);
	ck_assert(!written_has("libvirt", "evdev") && written_has("qemu", "input-linux"));
	ck_assert_ptr_nonnull(note_of("machine-left-out"));
	say("evdev=/dev/input/event4");
	build_fails(ERR_USAGE, "event4");
	answers_clear(&t.answers, "evdev");
	say("evdev=/dev/input/by-id/../../sda-event-kbd");
	build_fails(ERR_USAGE, "--evdev");
	answers_clear(&t.answers, "evdev");
	say("evdev=none");
	say("evdev-switch=alt-alt");
	build(1);
	ck_assert_uint_eq(m->n_evdev, 0);
	ck_assert_ptr_nonnull(note_of("answer-unused"));
}
END_TEST

START_TEST(test_audio)
{
	say("os=linux");
	build(1);
	ck_assert(written_has("libvirt", "<audio id='1' type='spice'/>"));
	say("display=none");
	build(1);
	ck_assert(!written_has("libvirt", "<sound") && !written_has("qemu", "-audiodev"));
	say("audio=spice");
	build_fails(ERR_NOT_POSSIBLE, "--audio");
	say("audio=pipewire");
	build(1);
	ck_assert(written_has("libvirt", "type='pipewire' runtimeDir='/run/user/1000'"));
	ck_assert(written_has("qemu", "-audiodev pipewire,id=audio"));
	ck_assert_ptr_nonnull(strstr(advice_of("audio-other-user"), "user = \"ada\""));
	t.host->confinement.run_uid = 1000;
	build(1);
	ck_assert_ptr_null(note_of("audio-other-user"));
	t.host->software.libvirt = "9.0.0"; /* since 9.10 */
	build(1);
	ck_assert(written_has("libvirt", "type='pulseaudio' serverName='unix:/run/user/1000/pulse/native'"));
	ck_assert_ptr_nonnull(note_of("audio-pipewire-as-pulse"));
	say("audio=jack");
	build(1);
	ck_assert(written_has("libvirt", "type='jack'"));
	t.host->permissions.user.uid = -1;
	build_fails(ERR_NOT_POSSIBLE, "--audio");
	t.host->permissions.user.uid = 0; /* root has no session of its own */
	build_fails(ERR_NOT_POSSIBLE, "--audio");
}
END_TEST

START_TEST(test_balloon)
{
	say("os=linux");
	build(1);
	ck_assert(written_has("libvirt", "<memballoon model='none'/>") && !written_has("qemu", "balloon"));
	build(0); /* nothing pins the memory */
	ck_assert(written_has("libvirt", "<memballoon model='virtio'/>") && written_has("qemu", "virtio-balloon-pci"));
}
END_TEST

/* Every edge: the version before it and the first that has it. */
START_TEST(test_versions)
{
	static const struct {
		const char *libvirt, *qemu, *kernel, *words;
		bool there;
	} rows[] = {
		{ "8.5.0", "9.0", "6.12", "<loader secure='yes'/>", true },
		{ "8.6.0", "9.0", "6.12", "<loader secure='yes'/>", false },
		{ "8.6.0", "9.0", "6.12", "<maxphysaddr", false },
		{ "8.7.0", "9.0", "6.12", "<maxphysaddr", true },
		{ "7.1.0", "9.0", "6.12", "<firmware>", false },
		{ "7.2.0", "9.0", "6.12", "<firmware>", true },
		{ "10.6.0", "9.0", "6.12", "xmm_input", false },
		{ "10.7.0", "9.0", "6.12", "xmm_input", true },
		{ "10.7.0", "7.0", "6.12", "xmm_input", false },
		{ "10.7.0", "7.1", "6.12", "xmm_input", true },
		{ "10.7.0", "9.0", "5.13", "xmm_input", false },
		{ "10.7.0", "9.0", "5.14", "xmm_input", true },
		{ "10.10.0", "9.0", "6.12", "<extended", false },
		{ "11.0.0", "9.0", "6.12", "<extended", true },
		{ "11.0.0", "9.0", "6.1", "<extended", false },
		{ "7.9.0", "9.0", "6.12", "<hyperv>", true },
		{ "8.0.0", "9.0", "6.12", "<hyperv mode='custom'>", true },
		{ "6.4.0", "9.0", "6.12", "migratable", false },
		{ "6.5.0", "9.0", "6.12", "migratable='off'", true },
		{ "6.0.0", "9.0", "6.12", "dies=", false },
		{ "6.1.0", "9.0", "6.12", "dies='1'", true },
		{ "6.9.0", "9.0", "6.12", "<audio ", false },
		{ "7.0.0", "9.0", "6.12", "<audio ", true },
		/* Not known: as 8.0 with 6.2 */
		{ NULL, NULL, NULL, "<maxphysaddr", false },
		{ "", "", "", "<firmware>", true },
		{ "12.8.0", "", "6.12", "xmm_input", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		t.host->software.libvirt = rows[i].libvirt;
		t.host->software.qemu = rows[i].qemu;
		t.host->identity.kernel = rows[i].kernel;
		build(1);
		ck_assert_msg(written_has("libvirt", rows[i].words) == rows[i].there, "row %zu: %s", i, rows[i].words);
		ck_assert(!written_has("libvirt", "clusters"));
	}
	/* The script needs only QEMU. */
	t.host->software.libvirt = "6.0.0";
	t.host->software.qemu = "1:7.2+dfsg";
	t.host->identity.kernel = "6.1.0";
	build(1);
	ck_assert(written_has("qemu", "hv_xmm_input=on") && !written_has("qemu", "hv_tlbflush_ext"));
	ck_assert(written_has("qemu", "hpet=off") && !written_has("qemu", "-no-hpet"));
	t.host->software.qemu = "1:4.2-3ubuntu6";
	build(1);
	ck_assert(!written_has("qemu", "hpet=off") && written_has("qemu", "-no-hpet"));
}
END_TEST

/* What is left out is said with the version that has it; nothing is when all is known. */
START_TEST(test_left_out)
{
	build(1);
	ck_assert_ptr_null(note_of("machine-left-out"));
	t.host->software.libvirt = "9.0.0-4+deb12u2";
	t.host->software.qemu = "1:7.2+dfsg-7";
	t.host->identity.kernel = "6.1.0-28-amd64";
	build(1);
	ck_assert_ptr_nonnull(strstr(text_of("machine-left-out"), "9.0"));
	ck_assert_str_eq(evidence_of("machine-left-out", 0), "hyperv xmm_input: libvirt 10.7");
	ck_assert_str_eq(evidence_of("machine-left-out", 2),
			 "hyperv tlbflush direct and extended: libvirt 11.0, Linux 6.2");
	ck_assert_str_eq(evidence_of("machine-left-out", 3), "");
	say("os=linux"); /* has none of that */
	build(1);
	ck_assert_ptr_null(note_of("machine-left-out"));
	t.host->software.libvirt = NULL;
	build(1);
	ck_assert_ptr_nonnull(strstr(text_of("machine-left-out"), "not known"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("output-display");
	TCase *c = tcase_create("display");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_every_preset);
	tcase_add_test(c, test_preset_gives_way);
	tcase_add_test(c, test_roms);
	tcase_add_test(c, test_until_installed);
	tcase_add_test(c, test_looking_glass_size);
	tcase_add_test(c, test_kvmfr);
	tcase_add_test(c, test_evdev);
	tcase_add_test(c, test_audio);
	tcase_add_test(c, test_balloon);
	tcase_add_test(c, test_versions);
	tcase_add_test(c, test_left_out);
	suite_add_tcase(s, c);
	return unit_run(s);
}
