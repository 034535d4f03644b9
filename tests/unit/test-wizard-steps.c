/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/fake-frontend.h"
#include "tests/lib/unit.h"
#include "wizard/wizard.h"

#include "base/strv.h"

#include <sys/stat.h>
#include <unistd.h>

static struct fake fake;
static struct session *session;
static char *dir; /* NULL: a recorded host, nothing is written */
static char *file; /* the session only borrows the path */

static char *host_path(const char *host)
{
	return xasprintf("%s/tests/hosts/%s.host", unit_srcdir(), host);
}

static void open_host(const char *host)
{
	struct err err = { 0 };

	file = host_path(host);
	ck_assert_msg(session_open(&(struct session_options){ .host_file = file }, &session, &err) == 0, "%s", err.msg);
}

static void open_root(void)
{
	struct err err = { 0 };

	ck_assert_msg(session_open(&(struct session_options){ .root = dir }, &session, &err) == 0, "%s", err.msg);
}

/* A host as files, so that it can be changed. */
static void lay_out(const char *host)
{
	_cleanup_free_ char *path = host_path(host), *text = NULL;
	char name[] = "/tmp/vfio-wizard-unit-XXXXXX";
	struct err err = { 0 };
	FILE *f = fopen(path, "r");
	size_t cap = 0;
	ssize_t len = getdelim(&text, &cap, '\0', f);

	fclose(f);
	ck_assert_int_gt(len, 0);
	ck_assert_ptr_nonnull(mkdtemp(name));
	dir = xstrdup(name);
	ck_assert_msg(recording_unpack(text, (size_t)len, path, dir, &err) == 0, "%s", err.msg);
}

static int walk(const struct event *script, unsigned n)
{
	struct err err = { 0 };
	int r;

	fake_done(&fake);
	fake = (struct fake){ .base.ops = &fake_ops, .script = script, .n = n };
	r = wizard_run(session, &fake.base, &err);
	ck_assert_msg(r >= 0, "%s", err.msg);
	return r;
}
#define WALK(...)                                                     \
	({                                                            \
		static const struct event walk_script[] = { __VA_ARGS__ }; \
		walk(walk_script, ARRAY_SIZE(walk_script));           \
	})

static char *answered(const char *key)
{
	const char **all = answers_get_all(&session->answers, key);
	struct str s = { 0 };

	for (const char **a = all; *a; a++)
		str_addf(&s, "%s%s", s.len ? " " : "", *a);
	free(all);
	return str_steal(&s);
}

static void check_answer(const char *key, const char *value)
{
	_cleanup_free_ char *now = answered(key);

	ck_assert_str_eq(now ? now : "", value);
}

static char *read_file(const char *path)
{
	_cleanup_free_ char *whole = xasprintf("%s%s", dir, path);
	char *text = NULL;
	size_t cap = 0;
	FILE *f = fopen(whole, "r");

	if (!f)
		return NULL;
	if (getdelim(&text, &cap, '\0', f) < 0) {
		free(text);
		text = xstrdup("");
	}
	fclose(f);
	return text;
}

static void done(void)
{
	fake_done(&fake);
	fake = (struct fake){ 0 };
	session_close(session);
	session = NULL;
	free(file);
	file = NULL;
	if (dir) {
		_cleanup_free_ char *command = xasprintf("rm -rf '%s'", dir);

		ck_assert_int_eq(system(command), 0);
		free(dir);
		dir = NULL;
	}
}

START_TEST(steps_that_do_not_apply_are_passed_over)
{
	open_host("intel-on-after-reboot");
	/* host, firmware, kernel, then devices: no restart is due; and back the same way */
	WALK(NEXT, NEXT, NEXT, BACK, BACK, BACK);
	ck_assert_shows(fake_screen(&fake, 3), "devices:");
	ck_assert_shows(fake_screen(&fake, 4), "kernel:");
	ck_assert_shows(fake_screen(&fake, 6), "host:");
	done();
}
END_TEST

START_TEST(a_card_is_marked_with_all_its_functions)
{
	open_host("intel-on-after-reboot");
	WALK(NEXT, NEXT, NEXT, TOGGLE("0000:01:00.1"));
	ck_assert_shows(fake_screen(&fake, 3), "focus 0000:01:00.0");
	ck_assert_shows(fake_last(&fake), "[x] 01:00.0 Graphics");
	ck_assert_shows(fake_last(&fake), "[x] 01:00.1 Audio");
	ck_assert_shows(fake_last(&fake), "Marked 1 more function");
	ck_assert_shows(fake_last(&fake), "<Continue with 2 devices>");
	WALK(NEXT, NEXT, NEXT, TOGGLE("0000:01:00.0"));
	ck_assert_shows(fake_last(&fake), "[ ] 01:00.0 Graphics");
	ck_assert_shows(fake_last(&fake), "[ ] 01:00.1 Audio");
	check_answer("device", "");
	done();
}
END_TEST

START_TEST(a_group_is_marked_as_a_whole)
{
	open_host("intel-on-after-reboot");
	WALK(NEXT, NEXT, NEXT, TOGGLE("group-1"));
	check_answer("device", "0000:01:00.0 0000:01:00.1");
	WALK(NEXT, NEXT, NEXT, TOGGLE("group-1"), TOGGLE("0000:00:01.0"));
	check_answer("device", "");
	ck_assert_shows(fake_last(&fake), "is a bridge");
	done();
}
END_TEST

/* An installed kernel that knows the override is offered, and the plan shows its links turned. */
START_TEST(another_kernel_for_the_override)
{
	open_host("pop-kernelstub-shared-group");
	WALK(NEXT, NEXT, SET("acs-override", "downstream"), SET("kernel", "5.3.0-acso"), SET("kernel", "auto"));
	ck_assert_shows(fake_screen(&fake, 2), "Kernel|auto|");
	ck_assert_shows(fake_screen(&fake, 3), "does not know pcie_acs_override");
	ck_assert_shows(fake_screen(&fake, 4), "Link /boot/vmlinuz");
	ck_assert_shows(fake_screen(&fake, 4), "+/boot/vmlinuz -> vmlinuz-5.3.0-acso");
	ck_assert_shows(fake_screen(&fake, 4), "Link /boot/initrd.img");
	ck_assert_shows(fake_screen(&fake, 5), "does not know pcie_acs_override");
	done();
}
END_TEST

START_TEST(an_auto_answer_is_shown_as_marks)
{
	struct err err = { 0 };

	open_host("intel-on-after-reboot");
	ck_assert_int_eq(answers_set(&session->answers, "gpu", "auto", "--gpu", &err), 0);
	WALK(NEXT, NEXT, NEXT, TOGGLE("0000:03:00.0"));
	ck_assert_shows(fake_screen(&fake, 3), "[x] 01:00.0 Graphics");
	check_answer("gpu", "");
	check_answer("device", "0000:01:00.0 0000:01:00.1 0000:03:00.0");
	done();
}
END_TEST

START_TEST(groups_fold_and_everything_can_be_shown)
{
	open_host("intel-on-after-reboot");
	WALK(NEXT, NEXT, NEXT, OPEN("group-1"), KEY('f'));
	ck_assert_hides(fake_screen(&fake, 4), "01:00.1 Audio");
	ck_assert_hides(fake_screen(&fake, 4), "Group 0");
	ck_assert_shows(fake_last(&fake), "Group 0");
	done();
}
END_TEST

START_TEST(what_the_host_needs_is_refused_and_nothing_is_marked)
{
	open_host("laptop-one-gpu");
	WALK(NEXT, NEXT, NEXT, OPEN("group-0"), TOGGLE("0000:00:02.0"), NEXT);
	ck_assert_shows(fake_screen(&fake, 3), "No graphics card can be given away here");
	ck_assert_shows(fake_screen(&fake, 5), "Error: Not possible:");
	ck_assert_shows(fake_last(&fake), "devices:");
	ck_assert_shows(fake_last(&fake), "Error: No device is marked");
	check_answer("device", "");
	done();
}
END_TEST

START_TEST(a_shared_group_names_the_other_card_and_the_port)
{
	open_host("z370-shared-group-ubuntu");
	WALK(NEXT, NEXT, NEXT, TOGGLE("0000:01:00.0"));
	ck_assert_shows(fake_last(&fake), "0000:02:00.0");
	ck_assert_shows(fake_last(&fake), "0000:00:01.0");
	check_answer("device", "");
	done();
}
END_TEST

START_TEST(what_costs_the_host_something_has_to_be_typed)
{
	open_host("intel-on-after-reboot");
	WALK(NEXT, NEXT, NEXT, TOGGLE("0000:00:02.0"), TYPED("yes"), TOGGLE("0000:00:02.0"), CLOSE);
	ck_assert_shows(fake_screen(&fake, 4), "ask-typed:");
	check_answer("device", "");
	WALK(NEXT, NEXT, NEXT, TOGGLE("0000:00:02.0"), TYPED("give"));
	check_answer("device", "0000:00:02.0");
	done();
}
END_TEST

START_TEST(the_way_of_binding_changes_the_plan)
{
	open_host("intel-on-after-reboot");
	WALK(NEXT, NEXT, NEXT, TOGGLE("0000:01:00.0"), NEXT, TOGGLE("address"));
	ck_assert_shows(fake_screen(&fake, 5), "Nothing has to be written");
	ck_assert_hides(fake_screen(&fake, 5), "/etc/initramfs-tools");
	ck_assert_shows(fake_last(&fake), "[x] At every start, by address");
	ck_assert_shows(fake_last(&fake), "/etc/initramfs-tools");
	ck_assert_shows(fake_last(&fake), "<Write these changes>");
	done();
}
END_TEST

START_TEST(a_wrong_field_keeps_its_text_and_the_answer_its_value)
{
	open_host("intel-on-after-reboot");
	WALK(NEXT, NEXT, NEXT, TOGGLE("0000:01:00.0"), NEXT, NEXT, SET("memory", "8G"), SET("memory", "lots"), NEXT,
	     SET("memory", "12G"), NEXT);
	ck_assert_shows(fake_screen(&fake, 8), "Memory|lots|");
	ck_assert_shows(fake_screen(&fake, 8), "Error: \"lots\" is not a size");
	ck_assert_shows(fake_screen(&fake, 8), "focus memory");
	ck_assert_shows(fake_screen(&fake, 9), "Error: \"lots\" is not a size");
	ck_assert_shows(fake_screen(&fake, 10), "Memory|12G|");
	ck_assert_hides(fake_screen(&fake, 10), "Error");
	ck_assert_shows(fake_last(&fake), "review:");
	check_answer("memory", "12G");
	WALK(NEXT, NEXT, NEXT, NEXT, NEXT, SET("memory", "lots"));
	check_answer("memory", "12G");
	done();
}
END_TEST

START_TEST(the_processor_is_shown_with_who_gets_what)
{
	open_host("intel-on-after-reboot");
	WALK(NEXT, NEXT, NEXT, TOGGLE("0000:01:00.0"), NEXT, NEXT, BUTTON("cpu"), SET("cpus", "4"), SET("pin", "auto"),
	     SET("cpus", "16"), SET("hugepages", "2M"), CLOSE, BUTTON("cpu"), SET("hugepages", "1G"), CLOSE,
	     BUTTON("confirm"));
	ck_assert_shows(fake_screen(&fake, 7), "cpu: Processor and memory");
	ck_assert_shows(fake_screen(&fake, 7), "Tie them|auto|");
	ck_assert_shows(fake_screen(&fake, 7), "  use     e  e  e  e  M  M  M  M");
	ck_assert_hides(fake_screen(&fake, 7), "Made|");
	ck_assert_shows(fake_screen(&fake, 8), "  use     e  e  e  e  e  e  M  M");
	/* The host keeps its first core: what cannot be is refused, and the old number stays. */
	ck_assert_shows(fake_screen(&fake, 10), "Error: --cpus: 16 CPUs cannot be tied");
	ck_assert_shows(fake_screen(&fake, 10), "Processors|4|");
	check_answer("cpus", "4");
	ck_assert_shows(fake_screen(&fake, 11), "Made|start|");
	ck_assert_shows(fake_screen(&fake, 12), "machine:");
	ck_assert_shows(fake_screen(&fake, 14), "Made|boot|");
	/* What the kernel has to be told is another step. */
	ck_assert_shows(fake_screen(&fake, 15), "<Go to the kernel options>");
	ck_assert_shows(fake_last(&fake), "kernel:");
	ck_assert_shows(fake_last(&fake), "hugepagesz=1G");
	done();
}
END_TEST

START_TEST(the_review_has_four_views_and_opens_the_steps)
{
	open_host("intel-on-after-reboot");
	WALK(NEXT, NEXT, NEXT, TOGGLE("0000:01:00.0"), NEXT, NEXT, NEXT, KEY('2'), KEY('3'), KEY('4'), KEY('1'),
	     OPEN("network"), NEXT, OPEN("device-0000:01:00.0"));
	ck_assert_shows(fake_screen(&fake, 7), "Devices|01:00.0");
	ck_assert_shows(fake_screen(&fake, 8), "New file /etc/vfio-wizard/machines/win11.xml");
	ck_assert_shows(fake_screen(&fake, 9), "<domain type='kvm'");
	ck_assert_shows(fake_screen(&fake, 10), "qemu-img create");
	ck_assert_shows(fake_screen(&fake, 12), "machine:");
	ck_assert_shows(fake_last(&fake), "devices:");
	done();
}
END_TEST

START_TEST(a_recorded_host_is_walked_to_its_end)
{
	open_host("intel-on-after-reboot");
	ck_assert_int_eq(WALK(NEXT, NEXT, NEXT, TOGGLE("0000:01:00.0"), NEXT, NEXT, NEXT, NEXT, NEXT, BUTTON("finish")),
			 0);
	ck_assert_shows(fake_screen(&fake, 8), "apply:");
	ck_assert_shows(fake_last(&fake), "test:");
	ck_assert_uint_eq(fake.n_progress, 0);
	done();
}
END_TEST

START_TEST(without_an_iommu_the_walk_ends_and_says_why)
{
	open_host("no-iommu");
	ck_assert_int_eq(WALK(NEXT, NEXT, NEXT, BUTTON("again"), BUTTON("leave")), 1);
	ck_assert_shows(fake_screen(&fake, 1), "cannot give a device to a virtual machine as it is");
	ck_assert_shows(fake_screen(&fake, 2), "<Leave>");
	ck_assert_shows(fake_screen(&fake, 3), "there is no next step");
	ck_assert_shows(fake_screen(&fake, 4), "Looked again");
	done();
}
END_TEST

START_TEST(quitting_asks_and_quitting_twice_leaves)
{
	open_host("intel-on-after-reboot");
	ck_assert_int_eq(WALK(NEXT, QUIT, BUTTON("0"), QUIT, CLOSE, BACK, BACK, BUTTON("1")), 1);
	ck_assert_shows(fake_last(&fake), "quit:");
	ck_assert_uint_eq(fake.at, 8);
	WALK(QUIT, QUIT);
	ck_assert_uint_eq(fake.n_screens, 2);
	/* Ctrl-C in any other question asks, too */
	WALK(BUTTON("findings"), QUIT, BUTTON("1"));
	ck_assert_shows(fake_last(&fake), "quit:");
	ck_assert_uint_eq(fake.at, 3);
	done();
}
END_TEST

START_TEST(a_hang_up_in_any_question_leaves)
{
	open_host("intel-on-after-reboot");
	ck_assert_int_eq(WALK(QUIT, HANGUP), 129);
	ck_assert_int_eq(WALK(UNDO, HANGUP), 129);
	ck_assert_int_eq(WALK(UNDO, QUIT, HANGUP), 129);
	ck_assert_int_eq(WALK(NEXT, NEXT, NEXT, TOGGLE("0000:00:02.0"), HANGUP), 129);
	check_answer("device", "");
	ck_assert_ptr_null(fake.last_words);
	done();
}
END_TEST

/* What the restart screen says goes by what was done, not by what was asked for. */
START_TEST(a_trial_is_called_one_only_where_it_is_one)
{
	lay_out("intel-off-in-kernel-debian");
	open_root();
	WALK(NEXT, NEXT, TOGGLE("trial"), NEXT, BUTTON("confirm"));
	ck_assert_shows(fake_last(&fake), "restart_kernel:");
	ck_assert_shows(fake_last(&fake), "only this one start gets the new options");
	done();
	lay_out("vm-cloudimg-grub-dropin");
	open_root();
	WALK(NEXT, NEXT, TOGGLE("trial"), NEXT, BUTTON("confirm"));
	ck_assert_shows(fake_last(&fake), "restart_kernel:");
	ck_assert_ptr_null(strstr(fake_last(&fake), "only this one start gets the new options"));
	done();
}
END_TEST

START_TEST(the_kernel_options_are_written_resumed_and_undone)
{
	_cleanup_free_ char *before = NULL, *after = NULL, *undone = NULL, *state = NULL;

	lay_out("intel-off-in-kernel-debian");
	before = read_file("/etc/default/grub");
	open_root();
	/* looked at twice before it is written: "Go back" is the first button */
	WALK(NEXT, NEXT, TOGGLE("passthrough-mode"), NEXT, BUTTON("cancel"), NEXT, BUTTON("confirm"));
	ck_assert_shows(fake_screen(&fake, 4), "<Go back>");
	ck_assert_shows(fake_last(&fake), "restart_kernel:");
	ck_assert_shows(fake_last(&fake), "Run there|update-grub");
	ck_assert_uint_gt(fake.n_progress, 0);
	after = read_file("/etc/default/grub");
	ck_assert_ptr_nonnull(after);
	ck_assert_ptr_nonnull(strstr(after, "intel_iommu=on iommu=pt"));
	session_close(session);
	open_root();
	/* the next step needs the restart; undo from the question that resumes */
	WALK(CLOSE, NEXT);
	ck_assert_shows(fake_screen(&fake, 0), "resume:");
	ck_assert_shows(fake_screen(&fake, 0), "has not been restarted");
	ck_assert_shows(fake_last(&fake), "The next step needs the restart");
	ck_assert_int_eq(WALK(BUTTON("3"), KEY('d'), CLOSE, BUTTON("undo-newest"), BUTTON("confirm"), BACK, QUIT, BUTTON("1")),
			 1);
	ck_assert_shows(fake_screen(&fake, 1), "in place");
	ck_assert_shows(fake_screen(&fake, 2), "-GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on iommu=pt\"");
	ck_assert_shows(fake_last(&fake), "Everything was taken back");
	undone = read_file("/etc/default/grub");
	ck_assert_str_eq(undone, before);
	state = read_file("/var/lib/vfio-wizard/state.json");
	ck_assert_ptr_null(state);
	done();
}
END_TEST

START_TEST(an_edit_in_the_same_line_is_asked_about)
{
	_cleanup_free_ char *path = NULL, *kept = NULL;
	FILE *f;

	lay_out("intel-off-in-kernel-debian");
	open_root();
	WALK(NEXT, NEXT, NEXT, BUTTON("confirm"));
	path = xasprintf("%s/etc/default/grub", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("GRUB_CMDLINE_LINUX_DEFAULT=\"mine\"\n", f);
	fclose(f);
	WALK(CLOSE, UNDO, BUTTON("undo-newest"), BUTTON("1"), CLOSE, BUTTON("0"), BUTTON("undo-newest"), BUTTON("2"));
	ck_assert_shows(fake_screen(&fake, 1), "restart_kernel:");
	ck_assert_shows(fake_screen(&fake, 2), "edited since");
	ck_assert_shows(fake_screen(&fake, 3), "undo-conflict:");
	ck_assert_shows(fake_screen(&fake, 4), "lines:");
	ck_assert_shows(fake_last(&fake), "This program has changed nothing here");
	kept = read_file("/etc/default/grub");
	ck_assert_str_eq(kept, "GRUB_CMDLINE_LINUX_DEFAULT=\"mine\"\n");
	done();
}
END_TEST

START_TEST(a_failed_apply_says_what_happened_and_stays)
{
	_cleanup_free_ char *block = NULL, *after = NULL, *before = NULL;

	lay_out("intel-on-after-reboot");
	before = read_file("/etc/default/grub");
	/* a file where a folder has to be */
	block = xasprintf("%s/etc/vfio-wizard", dir);
	fclose(fopen(block, "w"));
	open_root();
	WALK(NEXT, NEXT, NEXT, TOGGLE("0000:01:00.0"), NEXT, NEXT, NEXT, NEXT, BUTTON("confirm"), CLOSE);
	ck_assert_shows(fake_screen(&fake, 9), "It was not done");
	ck_assert_shows(fake_last(&fake), "review:");
	ck_assert_shows(fake_last(&fake), "Error:");
	after = read_file("/etc/default/grub");
	ck_assert_str_eq(after, before);
	done();
}
END_TEST

START_TEST(a_hang_up_saves_and_the_next_start_goes_on_there)
{
	lay_out("intel-on-after-reboot");
	open_root();
	ck_assert_int_eq(WALK(NEXT, NEXT, NEXT, TOGGLE("0000:01:00.0"), NEXT, NEXT, SET("name", "gaming"), HANGUP), 129);
	session_close(session);
	open_root();
	WALK(BUTTON("0"));
	ck_assert_shows(fake_screen(&fake, 0), "Next   Virtual machine");
	ck_assert_shows(fake_last(&fake), "machine:");
	ck_assert_shows(fake_last(&fake), "Name|gaming|");
	/* the finished steps can be looked at; starting again forgets the answers */
	WALK(BUTTON("1"));
	ck_assert_shows(fake_last(&fake), "host:");
	check_answer("name", "gaming");
	WALK(BUTTON("4"), CLOSE, BUTTON("2"));
	ck_assert_shows(fake_screen(&fake, 1), "Nothing was promised");
	ck_assert_shows(fake_last(&fake), "host:");
	check_answer("name", "");
	done();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wizard steps");
	TCase *recorded = tcase_create("recorded"), *laid_out = tcase_create("laid out");

	tcase_set_timeout(recorded, 60);
	tcase_set_timeout(laid_out, 60);
	tcase_add_test(recorded, steps_that_do_not_apply_are_passed_over);
	tcase_add_test(recorded, a_card_is_marked_with_all_its_functions);
	tcase_add_test(recorded, a_group_is_marked_as_a_whole);
	tcase_add_test(recorded, another_kernel_for_the_override);
	tcase_add_test(recorded, an_auto_answer_is_shown_as_marks);
	tcase_add_test(recorded, groups_fold_and_everything_can_be_shown);
	tcase_add_test(recorded, what_the_host_needs_is_refused_and_nothing_is_marked);
	tcase_add_test(recorded, a_shared_group_names_the_other_card_and_the_port);
	tcase_add_test(recorded, what_costs_the_host_something_has_to_be_typed);
	tcase_add_test(recorded, the_way_of_binding_changes_the_plan);
	tcase_add_test(recorded, a_wrong_field_keeps_its_text_and_the_answer_its_value);
	tcase_add_test(recorded, the_processor_is_shown_with_who_gets_what);
	tcase_add_test(recorded, the_review_has_four_views_and_opens_the_steps);
	tcase_add_test(recorded, a_recorded_host_is_walked_to_its_end);
	tcase_add_test(recorded, without_an_iommu_the_walk_ends_and_says_why);
	tcase_add_test(recorded, quitting_asks_and_quitting_twice_leaves);
	tcase_add_test(recorded, a_hang_up_in_any_question_leaves);
	tcase_add_test(laid_out, a_trial_is_called_one_only_where_it_is_one);
	tcase_add_test(laid_out, the_kernel_options_are_written_resumed_and_undone);
	tcase_add_test(laid_out, an_edit_in_the_same_line_is_asked_about);
	tcase_add_test(laid_out, a_failed_apply_says_what_happened_and_stays);
	tcase_add_test(laid_out, a_hang_up_saves_and_the_next_start_goes_on_there);
	suite_add_tcase(suite, recorded);
	suite_add_tcase(suite, laid_out);
	return unit_run(suite);
}
