/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUs of many shapes, looked at by the probes: which cores a machine gets, and the picture of that. */
#include "cpu-trees.h"
#include "output/cpu-picture.h"
#include "output/output.h"
#include "tests/lib/recorded.h"

#define GIB (1LL << 30)

static const struct cpu_tree *tree;
static struct recorded recorded;
static struct host *h;
static struct judgement judgement;
static struct answers answers;
static struct machine *m;
static struct err err;

static void look(const char *name, enum cpu_vendor vendor)
{
	_cleanup_free_ char *text = NULL;

	tree = cpu_tree_find(name);
	ck_assert_msg(tree != NULL, "%s", name);
	text = cpu_tree_text(tree);
	recorded = recorded_open(text, "topology nodes");
	h = recorded.host;
	ck_assert_ptr_null(h->broken);
	ck_assert_ptr_null(h->unreadable);
	h->cpu.vendor = vendor;
	h->cpu.threads = 0;
	for (unsigned i = 0; i < h->cpu.n_list; i++)
		h->cpu.threads += h->cpu.list[i].online;
	h->memory.total_bytes = tree->nodes * 32 * GIB;
	h->identity.kernel = "6.1.0-28-amd64";
	judgement = (struct judgement){ .host = h };
	answers_init(&answers);
	m = NULL;
	err = (struct err){ 0 };
}

static void done(void)
{
	machine_free(m);
	answers_done(&answers);
	recorded_close(&recorded);
}

/* "cpus=4" */
static void say(const char *answer)
{
	_cleanup_free_ char *key = xstrndup(answer, strcspn(answer, "="));

	ck_assert_msg(answers_set(&answers, key, answer + strlen(key) + 1, "--test", &err) == 0, "%s", err.msg);
}

/* A graphics card on the node that the tree says. */
static int build(void)
{
	static struct pci_device card;
	struct pci_device *devices[] = { &card };

	card = (struct pci_device){ .addr = { 0, 1, 0, 0 }, .address = "0000:01:00.0", .vendor = 0x10de,
				    .device = 0x2504, .class_code = 0x030000, .numa_node = tree->card_node };
	machine_free(m);
	m = NULL;
	err = (struct err){ 0 };
	return machine_build(&judgement, &answers, devices, 1, &m, &err);
}

static const char *pins(void)
{
	static char text[1024];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; m->pins && i < m->cpus; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d", i ? " " : "", m->pins[i]);
	return text;
}

static const char *note_id(size_t i)
{
	return ((const struct machine_note *)m->notes.items[i])->id;
}

static bool has_note(const char *id)
{
	for (size_t i = 0; i < m->notes.n; i++)
		if (str_eq(note_id(i), id))
			return true;
	return false;
}

/* The first thread's core is the host's in all of them, so no row may name CPU 0. */
static const struct {
	const char *tree;
	int cpus; /* 0: what comes by itself */
	const char *pins; /* "0" in front: cannot be */
	const char *shape, *emulator, *note;
} rows[] = {
	/* The last half without CPU 0 that has the three cores */
	{ "3900x", 6, "9 21 10 22 11 23", "1x1x3x2", "0-8,12-20", NULL },
	/* Six cores share no cache: two halves, a die for each, and the guest's caches come out right */
	{ "3900x", 0, "6 18 7 19 8 20 9 21 10 22 11 23", "1x2x3x2", "0-5,12-17", "pin-several-caches" },
	/* Four in two halves, two of each, from the end */
	{ "3900x", 8, "7 19 8 20 10 22 11 23", "1x2x2x2", "0-6,9,12-18,21", "pin-several-caches" },
	/* Five cores cannot be spread evenly: a full half and two of the next */
	{ "3900x", 10, "7 19 8 20 9 21 10 22 11 23", "1x1x5x2", "0-6,12-18", "pin-several-caches" },
	/* Eleven are all the host can spare: 2 + 3 + 3 + 3 */
	{ "3900x", 22, "1 13 2 14 3 15 4 16 5 17 6 18 7 19 8 20 9 21 10 22 11 23", "1x1x11x2", "0,12",
	  "pin-several-caches" },
	{ "3900x", 24, NULL, NULL, NULL, "the host keeps its first core, and 22 are left" },
	/* Odd: a core for each, its second thread idle */
	{ "3900x", 3, "9 10 11", "1x1x3x1", "0-8,12-20", NULL },
	/* Six of the chip away from the host's core */
	{ "5900x", 12, "6 18 7 19 8 20 9 21 10 22 11 23", "1x1x6x2", "0-5,12-17", NULL },
	/* The larger cache has seven cores beside the host's */
	{ "x3d", 14, "1 17 2 18 3 19 4 20 5 21 6 22 7 23", "1x1x7x2", "0,8-16,24-31", NULL },
	{ "x3d", 8, "4 20 5 21 6 22 7 23", "1x1x4x2", "0-3,8-19,24-31", NULL },
	/* Eight do not fit there: the other chip, and it is said */
	{ "x3d", 16, "8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31", "1x1x8x2", "0-7,16-23", "pin-larger-cache" },
	/* Performance cores; QEMU on the efficient ones */
	{ "12900k", 0, "4 5 6 7 8 9 10 11 12 13 14 15", "1x1x6x2", "16-23", NULL },
	{ "12900k", 14, "2 3 4 5 6 7 8 9 10 11 12 13 14 15", "1x1x7x2", "16-23", NULL },
	{ "12900k", 16, NULL, NULL, NULL, "14 CPUs on performance cores and 8 on efficient ones" },
	/* The second processor, where the card is: half of all is just its twenty */
	{ "xeons", 0, "10 30 11 31 12 32 13 33 14 34 15 35 16 36 17 37 18 38 19 39", "1x1x10x2", "0-9,20-29",
	  NULL },
	{ "xeons", 4, "18 38 19 39", "1x1x2x2", "10-17,30-37", NULL },
	/* Both: a socket and a node of the guest for each, equally many cores */
	{ "xeons", 36, "11 31 12 32 13 33 14 34 15 35 16 36 17 37 18 38 19 39 1 21 2 22 3 23 4 24 5 25 6 26 7 27 8 28 9 29",
	  "2x1x9x2", "0,10,20,30", "pin-far-from-card" },
	{ "even-odd", 0, "1 9 3 11 5 13 7 15", "1x1x4x2", "0,2,4,6,8,10,12,14", NULL },
	{ "even-odd", 4, "5 13 7 15", "1x1x2x2", "1,3,9,11", NULL },
	{ "9700k", 0, "4 5 6 7", "1x1x4x1", "0-3", NULL },
	{ "9700k", 7, "1 2 3 4 5 6 7", "1x1x7x1", "0", NULL },
	{ "9700k", 8, NULL, NULL, NULL, "7 are left" },
	{ "far", 4, "6 14 7 15", "1x1x2x2", "0-5,8-13", NULL },
	{ "adjacent", 4, "12 13 14 15", "1x1x2x2", "0-11", NULL },
	/* Cores 1 to 3 have both threads, 4 to 7 one: three pairs, or one CPU on each of four */
	{ "offline", 6, "1 9 2 10 3 11", "1x1x3x2", "0,4-8", NULL },
	{ "offline", 4, "2 10 3 11", "1x1x2x2", "0-1,4-9", NULL },
	{ "offline", 7, "1 2 3 4 5 6 7", "1x1x7x1", "0,8", NULL },
	{ "offline", 8, NULL, NULL, NULL, "do not come out in whole cores" },
	{ "four", 8, "8 9 10 11 12 13 14 15", "1x1x2x4", "0-7", NULL },
	/* Not a multiple of four: two threads of each, the others idle */
	{ "four", 6, "4 5 8 9 12 13", "1x1x3x2", "0-3", NULL },
	/* Node 2 has 32 CPUs; by itself the machine stays there although half of all is 64 */
	{ "epyc", 16, "40 104 41 105 42 106 43 107 44 108 45 109 46 110 47 111", "1x1x8x2", "32-39,96-103", NULL },
	{ "8500g", 4, "4 10 5 11", "1x1x2x2", "0-1,6-7", "pin-efficient-cores" },
	{ "8500g", 2, "1 7", "1x1x1x2", "2-5,8-11", NULL },
	/* isolcpus=1-4,9-12: those first, and QEMU elsewhere */
	{ "isolated", 4, "3 11 4 12", "1x1x2x2", "0,5-8,13-15", NULL },
	{ "isolated", 10, "3 11 4 12 5 13 6 14 7 15", "1x1x5x2", "0,8", "pin-isolated-too-few" },
	/* The cgroup of machines has cores 0 to 3 */
	{ "limited", 4, "2 10 3 11", "1x1x2x2", "0-1,8-9", NULL },
	{ "limited", 8, NULL, NULL, NULL, "6 are left" },
};

START_TEST(test_choice)
{
	const char *want = rows[_i].pins;
	char text[64];

	look(rows[_i].tree, CPU_AMD);
	say("os=linux");
	say("pin=auto");
	if (rows[_i].cpus) {
		snprintf(text, sizeof(text), "cpus=%d", rows[_i].cpus);
		say(text);
	}
	if (!want) {
		ck_assert_int_lt(build(), 0);
		ck_assert_int_eq(err.kind, ERR_NOT_POSSIBLE);
		ck_assert_msg(strstr(err.msg, rows[_i].note) != NULL, "%s", err.msg);
		ck_assert_msg(str_starts_with(err.msg, "--cpus: "), "%s", err.msg);
	} else {
		ck_assert_msg(build() == 0, "%s", err.msg);
		ck_assert_msg(str_eq(pins(), want), "%s %d: %s, not %s", rows[_i].tree, rows[_i].cpus, pins(), want);
		snprintf(text, sizeof(text), "%ux%ux%ux%u", m->sockets, m->dies, m->cores, m->threads);
		ck_assert_str_eq(text, rows[_i].shape);
		ck_assert_uint_eq(m->sockets * m->dies * m->cores * m->threads, m->cpus);
		ck_assert_str_eq(m->emulator_cpus, rows[_i].emulator);
		ck_assert_int_eq(m->amd_topoext, m->threads > 1);
		for (size_t i = 0; i < m->notes.n; i++)
			ck_assert_msg(str_eq(note_id(i), rows[_i].note) || !str_starts_with(note_id(i), "pin-"), "%s",
				      note_id(i));
		ck_assert(!rows[_i].note || has_note(rows[_i].note));
	}
	done();
}
END_TEST

/* What nobody asked for is not refused, but said. */
START_TEST(test_default)
{
	look("9700k", CPU_INTEL);
	say("os=linux");
	say("cpus=8");
	ck_assert_int_eq(build(), 0);
	ck_assert_ptr_null(m->pins);
	ck_assert(has_note("pin-none"));
	ck_assert_uint_eq(m->cores, 8);
	answers_clear(&answers, "cpus");
	ck_assert_int_eq(build(), 0);
	ck_assert_ptr_nonnull(m->pins);
	say("pin=none");
	ck_assert_int_eq(build(), 0);
	ck_assert_ptr_null(m->pins);
	for (size_t i = 0; i < m->notes.n; i++)
		ck_assert(!str_starts_with(note_id(i), "pin-"));
	answers_clear(&answers, "pin");
	/* In a machine of a hypervisor cores are what it says they are. */
	h->cpu.hypervisor = 1;
	ck_assert_int_eq(build(), 0);
	ck_assert_ptr_null(m->pins);
	/* Topology nobody knows */
	h->cpu.hypervisor = 0;
	h->cpu.list[3].core = -1;
	ck_assert_int_eq(build(), 0);
	ck_assert(has_note("pin-none"));
	say("pin=auto");
	ck_assert_int_lt(build(), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "--pin: /sys/devices/system/cpu/cpu3"));
	done();
	/* Both kinds of cores: only one thread a core is true of all */
	look("12900k", CPU_INTEL);
	say("os=linux");
	say("pin=none");
	ck_assert_int_eq(build(), 0);
	ck_assert_uint_eq(m->cpus, 12);
	ck_assert_uint_eq(m->threads, 1);
	done();
	look("epyc", CPU_AMD);
	say("os=linux");
	ck_assert_int_eq(build(), 0);
	ck_assert_uint_eq(m->cpus, 32);
	ck_assert_uint_eq(m->dies, 2);
	ck_assert_str_eq(m->memory_nodes, "2");
	done();
}
END_TEST

/* libvirt before 6.1 refuses dies. */
START_TEST(test_old_libvirt)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	look("3900x", CPU_AMD);
	h->software.libvirt = "6.0.0-0ubuntu8";
	say("os=linux");
	ck_assert_int_eq(build(), 0);
	ck_assert_uint_eq(m->dies, 1);
	ck_assert_uint_eq(m->cores, 6);
	ck_assert(has_note("pin-dies-unknown"));
	ck_assert_int_eq(machine_write(m, machine_format_find("libvirt"), NULL, &text, &len, &err), 0);
	ck_assert_ptr_nonnull(strstr(text, "<topology sockets='1' cores='6' threads='2'/>"));
	done();
}
END_TEST

static void assert_written(const char *format, const char *needle, bool there)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	ck_assert_msg(machine_write(m, machine_format_find(format), NULL, &text, &len, &err) == 0, "%s", err.msg);
	ck_assert_msg((strstr(text, needle) != NULL) == there, "%s: %s\n%s", format, needle, text);
}

/* Each node has 32 GiB and keeps 2. */
START_TEST(test_nodes)
{
	look("xeons", CPU_INTEL);
	say("os=linux");
	say("memory=30G");
	ck_assert_int_eq(build(), 0);
	assert_written("libvirt", "<memory mode='strict' nodeset='1'/>", true);
	assert_written("libvirt", "<numa>", false);
	assert_written("qemu", "host-nodes='1',policy=bind", true);
	say("memory=31G");
	ck_assert_int_eq(build(), 0);
	ck_assert(has_note("memory-larger-than-node"));
	assert_written("libvirt", "<memory mode='preferred' nodeset='1'/>", true);
	assert_written("qemu", "host-nodes='1',policy=preferred", true);
	/* 36 CPUs need both nodes: so does the guest */
	say("cpus=36");
	ck_assert_int_eq(build(), 0);
	ck_assert_uint_eq(m->n_cells, 2);
	ck_assert_int_eq(m->cells[0].memory_bytes + m->cells[1].memory_bytes, 31 * GIB);
	ck_assert_int_eq(m->cells[0].node, 1);
	assert_written("libvirt", "<cell id='0' cpus='0-17' memory='15872' unit='MiB'/>", true);
	assert_written("libvirt", "<memnode cellid='1' mode='strict' nodeset='0'/>", true);
	assert_written("qemu", "-numa node,nodeid='1',cpus='18-35',memdev=memory'1'", true);
	say("hugepages=1G");
	ck_assert_int_eq(build(), 0);
	ck_assert_int_eq(m->cells[0].memory_bytes, 15 * GIB);
	ck_assert_int_eq(m->cells[1].memory_bytes, 16 * GIB);
	done();
	/* One node: nothing to choose */
	look("far", CPU_INTEL);
	say("os=linux");
	ck_assert_int_eq(build(), 0);
	ck_assert_ptr_null(m->memory_nodes);
	assert_written("libvirt", "<numatune>", false);
	assert_written("qemu", "memory-backend", false);
	done();
}
END_TEST

START_TEST(test_pages)
{
	look("far", CPU_INTEL);
	say("os=linux");
	say("hugepages=2M");
	say("memory=4G");
	ck_assert_int_eq(build(), 0);
	ck_assert_int_eq(m->hugepages, 2048);
	ck_assert(!m->hugepages_at_boot);
	ck_assert(has_note("hugepages-at-start"));
	assert_written("qemu", "make_pages", true);
	assert_written("libvirt", "<source type='memfd'/>", true);
	/* There already: nothing to say */
	h->memory.pages[PAGES_2M] = (struct page_pool){ 3000, 2048 };
	ck_assert_int_eq(build(), 0);
	ck_assert(!has_note("hugepages-at-start"));
	/* ... and ordinary memory has that much less: 32 - 2 - 5.9 GiB */
	say("hugepages=none");
	say("memory=25G");
	ck_assert_int_lt(build(), 0);
	ck_assert_ptr_nonnull(strstr(err.hint, "6000 MiB"));
	h->memory.pages[PAGES_2M] = (struct page_pool){ 0, 0 };
	ck_assert_int_eq(build(), 0);
	say("hugepages=1G");
	ck_assert_int_eq(build(), 0);
	ck_assert_int_eq(m->hugepages, 25);
	ck_assert(m->hugepages_at_boot);
	assert_written("qemu", "make_pages", false);
	assert_written("qemu", "the kernel sets them aside", true);
	say("hugepages-at=start");
	ck_assert_int_eq(build(), 0);
	ck_assert(!m->hugepages_at_boot);
	ck_assert(has_note("hugepages-1g-at-start"));
	say("memory=1536M");
	ck_assert_int_lt(build(), 0);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	say("memory=2G");
	h->cpu.has_1g_pages = 0;
	ck_assert_int_lt(build(), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "pdpe1gb"));
	say("hugepages=none");
	ck_assert_int_lt(build(), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "--hugepages-at"));
	answers_clear(&answers, "hugepages-at");
	h->memory.available_bytes = GIB;
	ck_assert_int_eq(build(), 0);
	ck_assert(has_note("memory-not-free-now"));
	done();
}
END_TEST

/* Every picture fits, names every CPU once, and counts right. */
START_TEST(test_picture_fits)
{
	const char *const *lines;
	unsigned numbers = 0, online = 0;

	look(cpu_trees[_i].name, CPU_AMD);
	say("os=linux");
	say("cpus=3");
	say("pin=auto");
	ck_assert_msg(build() == 0, "%s", err.msg);
	lines = cpu_picture(h, m, h->arena);
	ck_assert_ptr_nonnull(*lines);
	for (const char *const *l = lines; *l; l++) {
		ck_assert_msg(strlen(*l) <= CPU_PICTURE_WIDTH, "%s", *l);
		ck_assert_msg(!str_ends_with(*l, " "), "“%s”", *l);
		if (str_starts_with(*l, "  CPU") || str_starts_with(*l, "       "))
			for (const char *c = *l + 7; *c; c++)
				numbers += *c >= '0' && *c <= '9' && c[-1] == ' ';
	}
	for (unsigned i = 0; i < h->cpu.n_list; i++)
		online += h->cpu.list[i].online;
	ck_assert_uint_eq(numbers, online);
	done();
}
END_TEST

static void assert_picture(const char *const *lines, const char *const *want)
{
	for (; *want; want++, lines++) {
		ck_assert_msg(*lines != NULL, "no line “%s”", *want);
		ck_assert_str_eq(*lines, *want);
	}
	ck_assert_ptr_null(*lines);
}

START_TEST(test_picture)
{
	static const char *const hybrid[] = {
		"Socket 0: performance cores: 8, level 3 cache 30 MiB",
		"  CPU     0  2  4  6  8 10 12 14",
		"          1  3  5  7  9 11 13 15",
		"  use     h  h  h  h  h  h  M  M",
		"Socket 0: efficient cores: 8, level 3 cache 30 MiB",
		"  CPU    16 17 18 19 20 21 22 23",
		"  use     e  e  e  e  e  e  e  e",
		"M machine: 4   e QEMU itself and the host: 8   h host: 12",
		NULL,
	};
	static const char *const odd[] = {
		"Socket 0: cores: 12, 4 level 3 caches of 16 MiB",
		"  CPU     0  1  2 |  3  4  5 |  6  7  8 |  9 10 11",
		"         12 13 14 | 15 16 17 | 18 19 20 | 21 22 23",
		"  use     e  e  e |  e  e  e |  e  e  e |  M  M  M",
		"          e  e  e |  e  e  e |  e  e  e |  -  -  -",
		"M machine: 3   e QEMU itself and the host: 18   - left idle: 3",
		NULL,
	};
	_cleanup_json_ json_t *j = NULL;

	look("12900k", CPU_INTEL);
	say("os=linux");
	say("cpus=4");
	ck_assert_int_eq(build(), 0);
	assert_picture(cpu_picture(h, m, h->arena), hybrid);
	j = cpu_picture_json(h, m);
	ck_assert_uint_eq(json_array_size(json_object_get(j, "threads")), 24);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(json_object_get(j, "threads"), 13), "use")),
			 "machine");
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(json_object_get(j, "threads"), 13), "vcpu")), 1);
	done();
	look("3900x", CPU_AMD);
	say("os=linux");
	say("cpus=3");
	ck_assert_int_eq(build(), 0);
	assert_picture(cpu_picture(h, m, h->arena), odd);
	done();
}
END_TEST

START_TEST(test_facts)
{
	const struct cpu_thread *t;

	look("x3d", CPU_AMD);
	t = host_find_cpu(h, 25);
	ck_assert_int_eq(t->core, 9);
	ck_assert_int_eq(t->l3, 8);
	ck_assert_int_eq(t->l3_bytes, 32 << 20);
	ck_assert_int_eq(t->node, 0);
	ck_assert_int_eq(t->die, -1);
	ck_assert_int_eq(t->kind, CORE_PLAIN);
	done();
	look("xeons", CPU_INTEL);
	ck_assert_int_eq(host_find_cpu(h, 35)->node, 1);
	ck_assert_int_eq(host_find_node(h, 1)->distance[0], 21);
	ck_assert_int_eq(host_find_node(h, 1)->total_bytes, 32 * GIB);
	ck_assert_int_eq(host_find_node(h, 1)->pages[PAGES_2M].total, -1);
	done();
	look("offline", CPU_INTEL);
	ck_assert(!host_find_cpu(h, 13)->online);
	ck_assert_int_eq(host_find_cpu(h, 13)->core, -1);
	done();
	look("limited", CPU_INTEL);
	ck_assert_str_eq(h->cpu.allowed, "0-3,8-11");
	done();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session-cpu");
	TCase *c = tcase_create("cpu");

	tcase_add_loop_test(c, test_choice, 0, ARRAY_SIZE(rows));
	tcase_add_test(c, test_default);
	tcase_add_test(c, test_old_libvirt);
	tcase_add_test(c, test_nodes);
	tcase_add_test(c, test_pages);
	tcase_add_loop_test(c, test_picture_fits, 0, ARRAY_SIZE(cpu_trees));
	tcase_add_test(c, test_picture);
	tcase_add_test(c, test_facts);
	suite_add_tcase(s, c);
	return unit_run(s);
}
