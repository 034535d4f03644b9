/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/kargs.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/strv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/*
 * Names of which every one on the line counts, so that a new value joins the old ones instead of
 * taking their place.  "rd." names belong to dracut, which collects all of them.
 */
static const char *const kargs_adding[] = {
	"console", "earlycon", "hugepages", "hugepagesz", "modprobe.blacklist", "video", NULL,
};

/*
 * Names whose value is a list of options that the kernel carries out one after the other, over all
 * of them on the line: "intel_iommu=igfx_off intel_iommu=on" is the same as "intel_iommu=igfx_off,on"
 * (drivers/iommu/intel/iommu.c intel_iommu_setup(), arch/x86/kernel/pci-dma.c iommu_setup()).
 */
static const char *const kargs_options[] = { "intel_iommu", "amd_iommu", "iommu", NULL };
static const char *const kargs_opposites[][2] = { { "on", "off" }, { "pt", "nopt" }, { "pt", "off" } };

void kargs_done(struct kargs *k)
{
	strv_free(k->args);
	k->args = NULL;
}

void kargs_parse(const char *line, struct kargs *ret)
{
	ret->args = NULL;
	for (;;) {
		bool quoted = false;
		size_t n = 0;

		while (isspace((unsigned char)*line))
			line++;
		if (!*line)
			return;
		for (; line[n] && (quoted || !isspace((unsigned char)line[n])); n++)
			if (line[n] == '"')
				quoted = !quoted;
		strv_add_owned(&ret->args, xstrndup(line, n));
		line += n;
	}
}

char *kargs_format(const struct kargs *k)
{
	return strv_join(strv_const(k->args), " ");
}

static char karg_name_char(char c)
{
	return c == '-' ? '_' : c;
}

bool karg_same_name(const char *a, const char *b)
{
	/* The quote of a wholly quoted argument ("dyndbg=file a +p") is no part of the name. */
	a += *a == '"';
	b += *b == '"';
	for (; *a && *a != '=' && *b && *b != '='; a++, b++)
		if (karg_name_char(*a) != karg_name_char(*b))
			return false;
	return (!*a || *a == '=') && (!*b || *b == '=');
}

static bool karg_is_one_of(const char *arg, const char *const *names)
{
	for (; *names; names++)
		if (karg_same_name(arg, *names))
			return true;
	return false;
}

static bool karg_adds_up(const char *arg)
{
	return str_starts_with(arg, "rd.") || karg_is_one_of(arg, kargs_adding);
}

/* Text behind '=', NULL for a bare word. */
static const char *karg_value(const char *arg)
{
	const char *equals = strchr(arg, '=');

	return equals ? equals + 1 : NULL;
}

static bool karg_equal(const char *a, const char *b)
{
	return karg_same_name(a, b) && str_eq(karg_value(a), karg_value(b));
}

/* Arguments behind "--" are init's and not the kernel's. */
static size_t kargs_count(const struct kargs *k)
{
	size_t n = 0;

	while (k->args && k->args[n] && strcmp(k->args[n], "--") != 0)
		n++;
	return n;
}

static void kargs_insert(struct kargs *k, size_t at, const char *arg)
{
	size_t n;

	strv_add(&k->args, arg);
	for (n = strv_length(strv_const(k->args)) - 1; n > at; n--) {
		char *swap = k->args[n];

		k->args[n] = k->args[n - 1];
		k->args[n - 1] = swap;
	}
}

static void kargs_drop(struct kargs *k, size_t at)
{
	free(k->args[at]);
	for (; k->args[at]; at++)
		k->args[at] = k->args[at + 1];
}

static void kargs_replace(struct kargs *k, size_t at, const char *arg)
{
	free(k->args[at]);
	k->args[at] = xstrdup(arg);
}

static bool karg_is_opposite(const char *word, size_t n, const char *of)
{
	for (size_t i = 0; i < ARRAY_SIZE(kargs_opposites); i++)
		for (size_t side = 0; side < 2; side++)
			if (strcmp(kargs_opposites[i][side], of) == 0 &&
			    strlen(kargs_opposites[i][!side]) == n &&
			    strncmp(kargs_opposites[i][!side], word, n) == 0)
				return true;
	return false;
}

/* Is option ARG ("intel_iommu=on") in force after all options of that name were carried out? */
static bool kargs_has_option(const struct kargs *k, const char *arg)
{
	const char *want = karg_value(arg);
	bool on = false;

	for (size_t i = 0; i < kargs_count(k); i++) {
		const char *word = karg_value(k->args[i]);

		if (!word || !karg_same_name(k->args[i], arg))
			continue;
		for (size_t n; *word; word += n + (word[n] == ',')) {
			n = strcspn(word, ",");
			if (n == strlen(want) && strncmp(word, want, n) == 0)
				on = true;
			else if (karg_is_opposite(word, n, want))
				on = false;
		}
	}
	return on;
}

/* One option, not a list of them. */
static bool karg_is_option(const char *arg)
{
	const char *value = karg_value(arg);

	return value && !strchr(value, ',') && karg_is_one_of(arg, kargs_options);
}

#define PAIR_SIZE "hugepagesz="
#define PAIR_COUNT "hugepages="

bool karg_is_pair(const char *arg)
{
	const char *blank = strchr(arg, ' ');

	return str_starts_with(arg, PAIR_SIZE) && blank && str_starts_with(blank + 1, PAIR_COUNT) &&
	       !strchr(blank + 1, ' ');
}

bool karg_replaces(const char *arg, const char *other)
{
	return karg_same_name(arg, other) || (karg_is_pair(arg) && karg_same_name(PAIR_COUNT, other));
}

/* Bytes of "1G", "2M", "2048K", as memparse() of the kernel reads them up to a blank; 0 no size. */
static unsigned long long pair_bytes(const char *text)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);
	const char *unit = *end && *end != ' ' ? strchr("kmg", tolower((unsigned char)*end)) : NULL;

	return unit ? n << (10 * (unit - "kmg" + 1)) : n;
}

/* Does SIZE mean the pages that a count before any hugepagesz= is of?  x86: 2M, or default_hugepagesz=. */
static bool pair_is_default(const struct kargs *k, const char *pair)
{
	_cleanup_free_ char *value = kargs_value(k, "default_hugepagesz");

	return pair_bytes(pair + strlen(PAIR_SIZE)) == (value ? pair_bytes(value) : 2ull << 20);
}

/*
 * Where the line has the count that is in force for the size of PAIR: its index, or -1.  *RET_SIZE: the
 * index of the size itself, -1 not named.  The first count of a size is the one that counts, and one
 * before any size is of the default size (mm/hugetlb.c, hugepages_setup()).
 */
static int pair_find(const struct kargs *k, const char *pair, int *ret_size)
{
	bool matches = pair_is_default(k, pair);
	int found = -1;

	*ret_size = -1;
	for (size_t i = 0; i < kargs_count(k); i++) {
		if (karg_same_name(k->args[i], PAIR_SIZE)) {
			const char *value = karg_value(k->args[i]);

			matches = value && pair_bytes(value) == pair_bytes(pair + strlen(PAIR_SIZE));
			if (matches && *ret_size < 0)
				*ret_size = (int)i;
		} else if (matches && found < 0 && karg_same_name(k->args[i], PAIR_COUNT)) {
			found = (int)i;
		}
	}
	return found;
}

static bool kargs_has_pair(const struct kargs *k, const char *pair)
{
	int size, at = pair_find(k, pair, &size);

	return at >= 0 && karg_equal(k->args[at], strchr(pair, ' ') + 1);
}

static bool kargs_set_pair(struct kargs *k, const char *pair)
{
	const char *count = strchr(pair, ' ') + 1;
	_cleanup_free_ char *named = xstrndup(pair, (size_t)(count - pair - 1));
	int size, at = pair_find(k, pair, &size);

	if (at >= 0 && karg_equal(k->args[at], count))
		return false;
	if (at >= 0) {
		kargs_replace(k, (size_t)at, count);
	} else if (size >= 0) {
		kargs_insert(k, (size_t)size + 1, count);
	} else {
		kargs_insert(k, kargs_count(k), named);
		kargs_insert(k, kargs_count(k), count);
	}
	return true;
}

bool kargs_has(const struct kargs *k, const char *arg)
{
	bool has = false;

	if (karg_is_pair(arg))
		return kargs_has_pair(k, arg);

	if (karg_is_option(arg))
		return kargs_has_option(k, arg);
	for (size_t i = 0; i < kargs_count(k); i++)
		if (karg_same_name(k->args[i], arg))
			has = karg_equal(k->args[i], arg) || (has && karg_adds_up(arg));
	return has;
}

char *kargs_value(const struct kargs *k, const char *name)
{
	const char *found = NULL;
	size_t n;

	for (size_t i = 0; i < kargs_count(k); i++)
		if (karg_same_name(k->args[i], name))
			found = k->args[i];
	if (!found)
		return NULL;
	found = karg_value(found);
	if (!found)
		return xstrdup("");
	/* As next_arg(): the closing quote goes whether it was opened before or behind the '='. */
	found += *found == '"';
	n = strlen(found);
	if (n && found[n - 1] == '"')
		n--;
	return xstrndup(found, n);
}

static bool kargs_set_option(struct kargs *k, const char *arg)
{
	if (kargs_has_option(k, arg))
		return false;
	for (size_t i = kargs_count(k); i-- > 0;) {
		const char *value = karg_value(k->args[i]);

		if (value && karg_same_name(k->args[i], arg) &&
		    karg_is_opposite(value, strlen(value), karg_value(arg))) {
			kargs_replace(k, i, arg);
			if (kargs_has_option(k, arg))
				return true;
		}
	}
	if (!kargs_has_option(k, arg))
		kargs_insert(k, kargs_count(k), arg);
	return true;
}

/*
 * "hugepages=" counts pages of the size named last before it; a second count for one size is ignored
 * (mm/hugetlb.c hugepages_setup()).  So a new count takes the place of the last size's, or stands
 * right behind that size.
 */
static void kargs_set_hugepages(struct kargs *k, const char *arg)
{
	for (size_t i = kargs_count(k); i-- > 0;) {
		if (karg_same_name(k->args[i], "hugepages")) {
			kargs_replace(k, i, arg);
			return;
		}
		if (karg_same_name(k->args[i], "hugepagesz")) {
			kargs_insert(k, i + 1, arg);
			return;
		}
	}
	kargs_insert(k, kargs_count(k), arg);
}

bool kargs_set(struct kargs *k, const char *arg)
{
	size_t n = kargs_count(k), last = n;

	if (karg_is_pair(arg))
		return kargs_set_pair(k, arg);
	if (kargs_has(k, arg))
		return false;
	if (karg_is_option(arg))
		return kargs_set_option(k, arg);
	if (karg_same_name(arg, "hugepages")) {
		kargs_set_hugepages(k, arg);
		return true;
	}
	for (size_t i = 0; i < n; i++)
		if (karg_same_name(k->args[i], arg))
			last = i;
	if (last == n || karg_adds_up(arg)) {
		kargs_insert(k, n, arg);
		return true;
	}
	kargs_replace(k, last, arg);
	/* The kernel never looked at those before the last one. */
	for (size_t i = last; i-- > 0;)
		if (karg_same_name(k->args[i], arg))
			kargs_drop(k, i);
	return true;
}

bool kargs_remove(struct kargs *k, const char *arg)
{
	bool changed = false;

	for (size_t i = kargs_count(k); i-- > 0;) {
		if (strchr(arg, '=') ? karg_equal(k->args[i], arg) : karg_same_name(k->args[i], arg)) {
			kargs_drop(k, i);
			changed = true;
		}
	}
	return changed;
}

/*
 * The argument goes through the shell (/etc/default/grub is sourced), GRUB's own language
 * (grub.cfg holds it unquoted) and the kernel: only what is plain in all three is let through.
 */
const char *karg_problem(const char *arg)
{
	bool pair = karg_is_pair(arg);

	if (!*arg)
		return _("A kernel argument cannot be empty.");
	if (*arg == '-' || *arg == '=' || *arg == '#')
		return _("A kernel argument must start with a letter or a digit.");
	for (; *arg; arg++) {
		if (pair && *arg == ' ')
			continue; /* the one between its halves */
		if (isspace((unsigned char)*arg))
			return _("A kernel argument cannot contain blanks.");
		if (*arg == '"' || *arg == '\'')
			return _("A kernel argument cannot contain quotes.");
		if (!isascii((unsigned char)*arg) ||
		    (!isalnum((unsigned char)*arg) && !strchr("_-.,=:/@+%~^!#", *arg)))
			return _("A kernel argument can only contain plain letters, digits and "
				 "the signs _ - . , = : / @ + % ~ ^ ! #");
	}
	return NULL;
}
