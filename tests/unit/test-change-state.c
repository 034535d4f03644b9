/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/state.h"
#include "tests/lib/tree.h"
#include "tests/lib/unit.h"

#define STATE "/var/lib/vfio-wizard"
#define STATE_FILE STATE "/state.json"

static struct tree tree;
static struct err error;
static struct host *host;

static struct pci_device *add_device(const char *address, unsigned vendor, unsigned device, int group)
{
	struct pci_device *d = arena_alloc(host->arena, sizeof(*d));
	struct iommu_group *g = arena_alloc(host->arena, sizeof(*g));
	struct pci_device **grown =
		arena_alloc(host->arena, ((size_t)host->n_devices + 2) * sizeof(struct pci_device *));

	ck_assert_int_eq(pci_addr_parse(address, &d->addr), 0);
	pci_addr_format(d->addr, d->address);
	d->vendor = (uint16_t)vendor;
	d->device = (uint16_t)device;
	d->vendor_name = d->device_name = d->class_name = "a card";
	d->driver = "nouveau";
	g->id = group;
	d->group = group < 0 ? NULL : g;
	for (unsigned i = 0; i < host->n_devices; i++)
		grown[i] = host->devices[i];
	grown[host->n_devices++] = d;
	host->devices = grown;
	return d;
}

static void setup(void)
{
	tree_init(&tree);
	tree_mkdir(&tree, "/var/lib", 0755);
	error = (struct err){ 0 };
	host = host_new(tree.fs);
}

static void teardown(void)
{
	host_free(host);
	tree_done(&tree);
}

static void fill(struct run_state *s)
{
	const char *const addresses[] = { "0000:01:00.0", "10000:e1:00.1", NULL };
	_cleanup_plan_ struct plan *p = plan_new();
	struct stage *stage = plan_stage(p, "bind", "vfio-pci", STAGE_END_REBOOT);
	struct promise *promise;

	run_state_init(s);
	ck_assert_int_eq(answers_set(&s->answers, "memory", "16G", "--memory", &error), 0);
	ck_assert_int_eq(answers_set(&s->answers, "device", "0000:01:00.0", "--device", &error), 0);
	ck_assert_int_eq(answers_set(&s->answers, "device", "10000:e1:00.1", "--device", &error), 0);
	s->step = xstrdup("devices");
	promise = stage_add_promise(p, stage, PROMISE_DRIVER, "driver:0000:01:00.0", "01:00.0 is held by vfio-pci");
	promise->arg = "vfio-pci";
	promise->vendor = 0x10de;
	promise->device = 0x2504;
	ck_assert_int_eq(pci_addr_parse("01:00.0", &promise->addr), 0);
	run_state_record_stage(s, stage, "1111");
	run_state_record_stage(s, stage, "1111");
	add_device("01:00.0", 0x10de, 0x2504, 1);
	add_device("10000:e1:00.1", 0x144d, 0xa808, -1);
	run_state_record_devices(s, host, addresses);
}

START_TEST(comes_back_as_it_was_saved)
{
	_cleanup_run_state_ struct run_state s, back;
	_cleanup_free_ const char **devices = NULL;
	struct stat st;

	fill(&s);
	ck_assert_msg(run_state_save(tree.fs, STATE, &s, &error) == 0, "%s", error.msg);
	ck_assert_int_eq(fsroot_stat(tree.fs, STATE_FILE, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(fsroot_stat(tree.fs, STATE, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_msg(run_state_load(tree.fs, STATE, &back, &error) == 0, "%s", error.msg);
	ck_assert_str_eq(back.step, "devices");
	ck_assert_str_eq(back.stage, "bind");
	ck_assert_str_eq(back.boot_id, "1111");
	ck_assert_str_eq(back.saved_at, s.saved_at);
	ck_assert_int_eq(back.then, STAGE_END_REBOOT);
	ck_assert(json_equal(back.promises, s.promises));
	ck_assert(json_equal(back.devices, s.devices));
	ck_assert(json_equal(back.answers.values, s.answers.values));
	ck_assert_uint_eq(json_array_size(back.promises), 1);
	ck_assert_uint_eq(json_array_size(back.devices), 2);
	devices = answers_get_all(&back.answers, "device");
	ck_assert_str_eq(devices[1], "10000:e1:00.1");
	ck_assert_int_eq(run_state_remove(tree.fs, STATE, &error), 0);
	ck_assert(!tree_has(&tree, STATE));
	ck_assert(tree_has(&tree, "/var/lib"));
}
END_TEST

START_TEST(absent_is_empty)
{
	_cleanup_run_state_ struct run_state s;

	ck_assert_int_eq(run_state_load(tree.fs, STATE, &s, &error), 0);
	ck_assert_ptr_null(s.step);
	ck_assert_int_eq(s.then, STAGE_END_NONE);
	ck_assert_uint_eq(json_array_size(s.promises), 0);
	ck_assert_int_eq(run_state_remove(tree.fs, STATE, &error), 0);
	ck_assert(!tree_has(&tree, STATE));
}
END_TEST

START_TEST(parents_made_for_it_go_with_it)
{
	_cleanup_free_ char *lib = tree_path(&tree, "/var/lib"), *before = NULL, *after = NULL;
	_cleanup_run_state_ struct run_state s;

	ck_assert_int_eq(rmdir(lib), 0);
	before = tree_snapshot(&tree, NULL);
	run_state_init(&s);
	ck_assert_int_eq(run_state_save(tree.fs, STATE, &s, &error), 0);
	ck_assert_int_eq(run_state_save(tree.fs, STATE, &s, &error), 0);
	ck_assert_int_eq(run_state_remove(tree.fs, STATE, &error), 0);
	after = tree_snapshot(&tree, NULL);
	ck_assert_str_eq(after, before);
}
END_TEST

#define HEAD "{\n\"schema\": 1,\n\"saved_at\": null, \"step\": null, \"stage\": null, \"boot_id\": null,\n"
#define TAIL "\"answers\": {}\n}\n"

/* A text and what its error begins with, behind the file name. */
static const struct {
	const char *text, *where;
} broken[] = {
	{ "", ":1: " },
	{ "{\n\"schema\": 1,\n oops", ":3: " },
	{ "[]\n", ":1: " },
	{ "{}", ":1: " },
	{ "{\n\"schema\": 2\n}\n", ":2: This state was saved by a newer" },
	{ "{\n\n\"schema\": \"1\"\n}\n", ":3: \"schema\"" },
	{ HEAD "\"then\": \"sleep\", \"promises\": [], \"devices\": [],\n" TAIL, ":4: \"then\"" },
	{ HEAD "\"then\": \"none\", \"promises\": {},\n\"devices\": [],\n" TAIL, ":4: \"promises\"" },
	{ HEAD "\"then\": \"none\", \"promises\": [ { \"id\": \"x\" } ],\n\"devices\": [],\n" TAIL,
	  ":4: \"promises\"" },
	{ HEAD "\"then\": \"none\", \"promises\": [],\n\"devices\": [ 1 ],\n" TAIL, ":5: \"devices\"" },
	{ HEAD "\"then\": \"none\", \"promises\": [], \"devices\": [],\n\"answers\": []\n}\n", ":5: \"answers\"" },
	{ HEAD "\"then\": \"none\", \"promises\": [], \"devices\": [],\n\"answers\": {\n \"memory\": 5 } }\n",
	  ":6: \"memory\"" },
	{ HEAD "\"then\": \"none\", \"promises\": [], \"devices\": [],\n\"answers\": {\n \"memory\": \"lots\" } }\n",
	  ":6" },
	{ HEAD "\"then\": \"none\", \"promises\": [], \"devices\": [],\n\"answers\": {\n \"no-such\": \"x\" } }\n",
	  ":6" },
};

START_TEST(a_broken_state_is_named_with_its_line)
{
	_cleanup_free_ char *where = xasprintf(STATE_FILE "%s", broken[_i].where);
	struct run_state s;

	tree_write(&tree, STATE_FILE, broken[_i].text, 0600);
	ck_assert_int_lt(run_state_load(tree.fs, STATE, &s, &error), 0);
	ck_assert_int_eq(error.kind, ERR_INPUT);
	ck_assert_msg(str_starts_with(error.msg, where), "%s", error.msg);
	ck_assert_ptr_nonnull(strstr(error.hint, "mv " STATE_FILE));
}
END_TEST

START_TEST(devices_as_they_were_are_fine)
{
	_cleanup_run_state_ struct run_state s;

	fill(&s);
	ck_assert_int_eq(run_state_check_devices(&s, host, &error), 0);
	/* Chosen without an IOMMU: a group now is no surprise. */
	host->devices[1]->group = host->devices[0]->group;
	ck_assert_int_eq(run_state_check_devices(&s, host, &error), 0);
}
END_TEST

static void assert_refused(const struct run_state *s, const char *word, const char *other)
{
	ck_assert_int_lt(run_state_check_devices(s, host, &error), 0);
	ck_assert_int_eq(error.kind, ERR_NOT_POSSIBLE);
	ck_assert_msg(strstr(error.msg, word), "%s", error.msg);
	ck_assert_msg(strstr(error.msg, other), "%s", error.msg);
}

START_TEST(devices_that_changed_are_refused)
{
	_cleanup_run_state_ struct run_state s;
	static struct iommu_group other = { .id = 7 };

	fill(&s);
	switch (_i) {
	case 0: /* taken out */
		host->n_devices = 0;
		assert_refused(&s, "not there any more", "0000:01:00.0");
		break;
	case 1: /* in another slot */
		ck_assert_int_eq(pci_addr_parse("02:00.0", &host->devices[0]->addr), 0);
		pci_addr_format(host->devices[0]->addr, host->devices[0]->address);
		assert_refused(&s, "has moved", "0000:02:00.0");
		break;
	case 2: /* another card in that slot */
		host->devices[0]->device = 0x1234;
		assert_refused(&s, "Another device", "10de:1234");
		break;
	case 3: /* the other way round: ours moved, another one came */
		host->devices[0]->device = 0x1234;
		add_device("03:00.0", 0x10de, 0x2504, 1);
		assert_refused(&s, "has moved", "0000:03:00.0");
		break;
	case 4:
		host->devices[0]->group = &other;
		assert_refused(&s, "group 1", "group 7");
		break;
	default:
		host->devices[0]->group = NULL;
		assert_refused(&s, "group 1", "no group");
	}
}
END_TEST

/* Two disks of the same kind change places: only their serial numbers tell. */
START_TEST(twins_are_told_apart)
{
	struct block_device disks[2] = { { .name = "nvme0n1", .serial = "S-1" }, { .name = "nvme1n1", .serial = "S-2" } };
	struct block_device *blocks[] = { &disks[0], &disks[1] };
	const char *const addresses[] = { "0000:05:00.0", NULL };
	_cleanup_run_state_ struct run_state s;

	run_state_init(&s);
	disks[0].controller = add_device("05:00.0", 0x144d, 0xa808, 1);
	disks[1].controller = add_device("06:00.0", 0x144d, 0xa808, 2);
	disks[0].controller->class_code = disks[1].controller->class_code = 0x010802;
	host->blocks = blocks;
	host->n_blocks = 2;
	run_state_record_devices(&s, host, addresses);
	ck_assert_int_eq(run_state_check_devices(&s, host, &error), 0);
	disks[0].serial = "S-2";
	disks[1].serial = "S-1";
	assert_refused(&s, "has moved", "0000:06:00.0");
	disks[1].serial = "S-3";
	assert_refused(&s, "serial number", "0000:05:00.0");
	/* On vfio-pci it tells none, and in a recorded host it is masked. */
	disks[0].serial = NULL;
	ck_assert_int_eq(run_state_check_devices(&s, host, &error), 0);
	disks[0].serial = "SERIAL0000";
	ck_assert_int_eq(run_state_check_devices(&s, host, &error), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("change-state");
	TCase *tc = tcase_create("state");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, comes_back_as_it_was_saved);
	tcase_add_test(tc, absent_is_empty);
	tcase_add_test(tc, parents_made_for_it_go_with_it);
	tcase_add_loop_test(tc, a_broken_state_is_named_with_its_line, 0, (int)ARRAY_SIZE(broken));
	tcase_add_test(tc, devices_as_they_were_are_fine);
	tcase_add_loop_test(tc, devices_that_changed_are_refused, 0, 6);
	tcase_add_test(tc, twins_are_told_apart);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
