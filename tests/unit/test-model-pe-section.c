/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/unit.h"

#include "model/pe-section.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* A small image: headers at 64, two sections, the text of ".cmdline" at 512. */
#define PE_AT	 64u
#define TABLE_AT (PE_AT + 24 + 16)
#define TEXT_AT	 512u
#define SIZE	 1024u

static uint8_t image[SIZE];

static void put16(size_t at, unsigned value)
{
	image[at] = (uint8_t)value;
	image[at + 1] = (uint8_t)(value >> 8);
}

static void put32(size_t at, uint32_t value)
{
	put16(at, value & 0xffff);
	put16(at + 2, value >> 16);
}

static void put_section(unsigned i, const char *name, uint32_t virtual_size, uint32_t raw_size, uint32_t offset)
{
	size_t at = TABLE_AT + (size_t)i * 40;

	memset(image + at, 0, 40);
	memcpy(image + at, name, strlen(name) < 8 ? strlen(name) : 8);
	put32(at + 8, virtual_size);
	put32(at + 16, raw_size);
	put32(at + 20, offset);
}

static void make_image(void)
{
	memset(image, 0, sizeof(image));
	memcpy(image, "MZ", 2);
	put32(60, PE_AT);
	memcpy(image + PE_AT, "PE\0\0", 4);
	put16(PE_AT + 6, 2);  /* sections */
	put16(PE_AT + 20, 16); /* optional header */
	put_section(0, ".osrel", 4, 512, TEXT_AT + 64);
	put_section(1, ".cmdline", 14, 512, TEXT_AT);
	memcpy(image + TEXT_AT, "root=x quiet\n\0rest", 18);
}

static int read_image(const char *name, size_t size, char **ret)
{
	FILE *f = tmpfile();
	int r;

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(image, 1, size, f), size);
	ck_assert_int_eq(fflush(f), 0);
	r = pe_read_section(fileno(f), name, ret);
	fclose(f);
	return r;
}

START_TEST(sound)
{
	char *text = NULL;

	make_image();
	ck_assert_int_eq(read_image(".cmdline", SIZE, &text), 0);
	ck_assert_str_eq(text, "root=x quiet\n");
	free(text);
	ck_assert_int_eq(read_image(".uname", SIZE, &text), -ENOENT);
	ck_assert_int_eq(read_image(".cmd", SIZE, &text), -ENOENT);
	/* Its size in memory can be larger than what the file has. */
	put_section(1, ".cmdline", 4096, 6, TEXT_AT);
	ck_assert_int_eq(read_image(".cmdline", SIZE, &text), 0);
	ck_assert_str_eq(text, "root=x");
	free(text);
	put_section(1, ".cmdline", 0, 0, 0xffffffff);
	ck_assert_int_eq(read_image(".cmdline", SIZE, &text), 0);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

/* Every way to be cut off: an answer, never more than is there. */
START_TEST(cut_off)
{
	make_image();
	for (size_t size = 0; size < SIZE; size++) {
		char *text = NULL;
		int r = read_image(".cmdline", size, &text);

		if (size < TEXT_AT + 14)
			ck_assert_int_eq(r, -EBADMSG);
		else
			ck_assert_str_eq(text, "root=x quiet\n");
		free(text);
	}
}
END_TEST

static void set_no_mz(void)
{
	image[1] = 'z';
}
static void set_far(void)
{
	put32(60, 0xffffffff);
}
static void set_no_signature(void)
{
	image[PE_AT] = 'N';
}
static void set_many(void)
{
	put16(PE_AT + 6, 0xffff);
}
static void set_long_optional(void)
{
	put16(PE_AT + 20, 0xffff);
}
static void set_more_than_there(void)
{
	put16(PE_AT + 6, 96);
	memcpy(image + TABLE_AT + 40, ".other\0\0", 8);
}
static void set_outside(void)
{
	put_section(1, ".cmdline", 14, 512, SIZE - 8);
}
static void set_far_outside(void)
{
	put_section(1, ".cmdline", 14, 512, 0xfffffff0);
}

static const struct {
	void (*set)(void);
	int result;
} hostile[] = {
	{ set_no_mz, -EBADMSG },	   { set_far, -EBADMSG },	  { set_no_signature, -EBADMSG },
	{ set_many, -EBADMSG },		   { set_long_optional, -EBADMSG }, { set_more_than_there, -EBADMSG },
	{ set_outside, -EBADMSG },	   { set_far_outside, -EBADMSG },
};

START_TEST(contradicting)
{
	char *text = NULL;

	make_image();
	hostile[_i].set();
	ck_assert_int_eq(read_image(".cmdline", SIZE, &text), hostile[_i].result);
	ck_assert_ptr_null(text);
}
END_TEST

START_TEST(too_long)
{
	char *text = NULL;

	make_image();
	put_section(1, ".cmdline", 0xffffffff, 0xffffffff, TEXT_AT);
	ck_assert_int_eq(read_image(".cmdline", SIZE, &text), -EFBIG);
	ck_assert_ptr_null(text);
}
END_TEST

/* Any single byte of the headers changed to anything: no crash, and never text that is not there. */
START_TEST(every_byte)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };

	for (size_t at = 0; at < TABLE_AT + 80; at++)
		for (size_t v = 0; v < sizeof(values); v++) {
			char *text = NULL;

			make_image();
			image[at] = values[v];
			if (read_image(".cmdline", SIZE, &text) == 0)
				ck_assert_uint_le(strlen(text), SIZE);
			free(text);
		}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("model-pe-section");
	TCase *t = tcase_create("pe-section");

	tcase_add_test(t, sound);
	tcase_add_test(t, cut_off);
	tcase_add_loop_test(t, contradicting, 0, sizeof(hostile) / sizeof(*hostile));
	tcase_add_test(t, too_long);
	tcase_add_test(t, every_byte);
	suite_add_tcase(s, t);
	return unit_run(s);
}
