/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/unit.h"

#include "base/macro.h"
#include "base/version.h"

START_TEST(test_reaches)
{
	static const struct {
		const char *text;
		unsigned major, minor;
		int want;
	} rows[] = {
		{ "9.0.0-4+deb12u2", 9, 0, 1 },	 { "9.0.0-4+deb12u2", 9, 1, 0 }, { "1:7.2+dfsg-7", 7, 2, 1 },
		{ "1:7.2+dfsg-7", 6, 9, 1 },	 { "1:7.2+dfsg-7", 8, 0, 0 },	 { "6.1.0-28-amd64", 5, 16, 1 },
		{ "6.12", 6, 9, 1 },		 { "10.0", 9, 10, 1 },		 { "", 1, 0, -1 },
		{ "rolling", 1, 0, -1 },	 { "9", 9, 0, -1 },		 { NULL, 1, 0, -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(version_reaches(rows[i].text, rows[i].major, rows[i].minor) == rows[i].want, "%s %u.%u",
			      rows[i].text ? rows[i].text : "NULL", rows[i].major, rows[i].minor);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("version");
	TCase *t = tcase_create("version");

	tcase_add_test(t, test_reaches);
	suite_add_tcase(s, t);
	return unit_run(s);
}
