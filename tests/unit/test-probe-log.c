/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel log as files have it: whole, rotated, huge, with binary in it. */
#include "recorded.h"

#define BEGIN "\t[    0.000000] Linux version 6.1.0-28-amd64\n\t[    0.000000] Command line: quiet\n"

START_TEST(log_that_begins_with_the_kernel)
{
	RECORDED(whole, "/var/log/dmesg <<\n" BEGIN "\t[    0.1] DMAR: Host address width 39\n", "kernel");
	RECORDED(rotated, "/var/log/dmesg <<\n\t[  812.500000] usb 1-1: new device\n\t[  813.0] x\n", "kernel");
	RECORDED(picked, "/var/log/dmesg <<\n\tDMAR: Host address width 39\n", "kernel");
	RECORDED(early, "/var/log/dmesg <<\n\t[    0.100000] DMAR: Host address width 39\n", "kernel");
	RECORDED(delta, "/var/log/dmesg <<\n\t[  +0.000006] DMAR: No ATSR found\n", "kernel");

	ck_assert_int_eq(whole->kernel.log_whole, 1);
	ck_assert_int_eq(rotated->kernel.log_whole, 0);
	ck_assert_int_eq(picked->kernel.log_whole, -1);
	ck_assert_int_eq(early->kernel.log_whole, -1);
	ck_assert_str_eq(delta->kernel.log[0], "DMAR: No ATSR found");
	ck_assert_ptr_null(whole->kernel.log_second_best);
}
END_TEST

/* Zeros where a power cut hit, bytes that are no UTF-8, escape sequences: all of it is text. */
START_TEST(log_with_binary)
{
	RECORDED(h,
		 "/var/log/dmesg : 5b20202020302e315d20612e0a0000001b5b324afffe0a"
		 "5b20202020302e325d20444d41523a204e6f20415453520a\n",
		 "kernel");

	ck_assert_uint_eq(strv_length(h->kernel.log), 3);
	ck_assert_str_eq(h->kernel.log[0], "a.");
	ck_assert_str_eq(h->kernel.log[2], "DMAR: No ATSR");
	ck_assert_ptr_nonnull(host_log_find(h, "DMAR: No ATSR"));
}
END_TEST

START_TEST(log_of_5_megabytes)
{
	_cleanup_str_ struct str text = { 0 };

	str_add(&text, "/var/log/dmesg <<\n" BEGIN);
	for (unsigned i = 0; text.len < 5 * 1024 * 1024; i++)
		str_addf(&text, "\t[%5u.000000] usb 1-%u: a line that is there to be skipped\n", i, i % 9);
	str_add(&text, "\t[99999.0] DMAR: [Firmware Bug]: the last line\n");
	{
		RECORDED(h, str_c(&text), "kernel");

		ck_assert_uint_gt(strv_length(h->kernel.log), 80000);
		ck_assert_ptr_nonnull(host_log_find(h, "the last line"));
		ck_assert_int_eq(h->kernel.log_whole, 1);
	}
}
END_TEST

/* One line of a megabyte, and a file of nothing but line ends. */
START_TEST(log_of_odd_shape)
{
	_cleanup_str_ struct str text = { 0 };

	str_add(&text, "/var/log/dmesg <<\n\t");
	for (unsigned i = 0; i < 1024 * 1024; i++)
		str_addc(&text, '[');
	str_addc(&text, '\n');
	{
		RECORDED(h, str_c(&text), "kernel");
		RECORDED(empty, "/var/log/dmesg : 0a0a0a\n", "kernel");

		ck_assert_uint_eq(strv_length(h->kernel.log), 1);
		ck_assert_int_eq(empty->kernel.log_source, LOG_NONE);
		ck_assert_ptr_nonnull(empty->kernel.log_why_not);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probes: kernel log");
	TCase *t = tcase_create("log");

	tcase_add_test(t, log_that_begins_with_the_kernel);
	tcase_add_test(t, log_with_binary);
	tcase_add_test(t, log_of_5_megabytes);
	tcase_add_test(t, log_of_odd_shape);
	suite_add_tcase(s, t);
	return unit_run(s);
}
