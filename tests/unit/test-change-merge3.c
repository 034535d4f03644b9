/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/macro.h"
#include "change/merge3.h"
#include "tests/lib/unit.h"

#include <string.h>

/* base = what we wrote, ours = what was before, theirs = what is there now. */
static const struct {
	const char *base, *ours, *theirs, *want; /* want NULL: conflict */
} merges[] = {
	/* Nobody changed anything; one side; the other; both the same. */
	{ "a\nb\nc\n", "a\nb\nc\n", "a\nb\nc\n", "a\nb\nc\n" },
	{ "a\nX\nc\n", "a\nb\nc\n", "a\nX\nc\n", "a\nb\nc\n" },
	{ "a\nX\nc\n", "a\nX\nc\n", "a\nY\nc\n", "a\nY\nc\n" },
	{ "a\nX\nc\n", "a\nb\nc\n", "a\nb\nc\n", "a\nb\nc\n" },
	/* Our line goes, their edits above and below stay. */
	{ "1\n2\nX\n4\n5\n", "1\n2\n3\n4\n5\n", "one\n2\nX\n4\nfive\n", "one\n2\n3\n4\nfive\n" },
	/* We had added a line; they added others elsewhere, at the very start and end. */
	{ "1\n2\nnew\n", "1\n2\n", "0\n1\n2\nnew\n", "0\n1\n2\n" },
	{ "new\n1\n2\n", "1\n2\n", "new\n1\n2\n3\n", "1\n2\n3\n" },
	/* They deleted a line far from ours. */
	{ "1\n2\n3\nX\n", "1\n2\n3\nx\n", "2\n3\nX\n", "2\n3\nx\n" },
	/* The same or neighbouring lines in different ways. */
	{ "a\nX\nc\n", "a\nb\nc\n", "a\nY\nc\n", NULL },
	{ "a\nX\nc\n", "a\nb\nc\n", "a\nX\nC\n", NULL },
	{ "a\nX\nc\n", "a\nb\nc\n", "", NULL },
	{ "1\n2\n", "", "1\n2\n3\n", NULL },
	/* No newline at the end counts. */
	{ "1\n2\nX", "1\n2\nx", "one\n2\nX", "one\n2\nx" },
	{ "1\n2\nX\n", "1\n2\nX", "one\n2\nX\n", "one\n2\nX" },
	/* CR LF and repeated lines. */
	{ "a\r\nX\r\nb\r\n", "a\r\nx\r\nb\r\n", "a\r\nX\r\nb\r\nc\r\n", "a\r\nx\r\nb\r\nc\r\n" },
	{ "}\n\n}\na\nX\n}\n", "}\n\n}\na\n}\n", "}\n\n}\n\n}\na\nX\n}\n", "}\n\n}\n\n}\na\n}\n" },
	{ "", "", "", "" },
	{ "", "", "x\n", "x\n" },
};

START_TEST(merges_lines)
{
	struct merge3_text b = { merges[_i].base, strlen(merges[_i].base) };
	struct merge3_text o = { merges[_i].ours, strlen(merges[_i].ours) };
	struct merge3_text t = { merges[_i].theirs, strlen(merges[_i].theirs) };
	char *got = NULL;
	size_t len;
	bool ok = merge3(b, o, t, &got, &len);

	ck_assert_int_eq(ok, merges[_i].want != NULL);
	if (ok) {
		ck_assert_str_eq(got, merges[_i].want);
		ck_assert_uint_eq(len, strlen(got));
	}
	free(got);
	/* Which side is whose makes no difference to the result. */
	got = NULL;
	ck_assert_int_eq(merge3(b, t, o, &got, &len), ok);
	if (ok)
		ck_assert_str_eq(got, merges[_i].want);
	free(got);
}
END_TEST

START_TEST(keeps_null_bytes)
{
	static const char base[] = "a\0b\nX\nc\nd\n", ours[] = "a\0b\nx\nc\nd\n", theirs[] = "a\0b\nX\nc\nD\n";
	static const char want[] = "a\0b\nx\nc\nD\n";
	char *got;
	size_t len;

	ck_assert(merge3((struct merge3_text){ base, sizeof(base) - 1 },
			 (struct merge3_text){ ours, sizeof(ours) - 1 },
			 (struct merge3_text){ theirs, sizeof(theirs) - 1 }, &got, &len));
	ck_assert_uint_eq(len, sizeof(want) - 1);
	ck_assert_mem_eq(got, want, len);
	free(got);
}
END_TEST

/* Tens of thousands of lines that differ: refused, not computed for an hour. */
START_TEST(refuses_what_is_too_different)
{
	enum { LINES = 20000 };
	_cleanup_free_ char *base = malloc(LINES * 8), *theirs = malloc(LINES * 8);
	char *got = NULL;
	size_t b = 0, t = 0, len;

	for (int i = 0; i < LINES; i++) {
		b += (size_t)sprintf(base + b, "b%d\n", i);
		t += (size_t)sprintf(theirs + t, "t%d\n", i);
	}
	ck_assert(!merge3((struct merge3_text){ base, b }, (struct merge3_text){ "x\n", 2 },
			  (struct merge3_text){ theirs, t }, &got, &len));
	/* The same size with one edit each is quick. */
	memcpy(theirs, base, b);
	theirs[0] = 'B';
	ck_assert(merge3((struct merge3_text){ base, b }, (struct merge3_text){ base, b - 7 },
			 (struct merge3_text){ theirs, b }, &got, &len));
	ck_assert_uint_eq(len, b - 7);
	free(got);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("change-merge3");
	TCase *tc = tcase_create("merge3");

	tcase_add_loop_test(tc, merges_lines, 0, (int)ARRAY_SIZE(merges));
	tcase_add_test(tc, keeps_null_bytes);
	tcase_add_test(tc, refuses_what_is_too_different);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
