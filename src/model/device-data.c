/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/device-data.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VENDOR_ANY 0xffff

struct device_data {
	struct arena_list lines;
	bool sorted;
};

static const struct {
	const char *word, *sentence;
} data_topics[] = {
#define TOPIC(id, word, sentence) { word, sentence },
#include "model/device-topic.def"
#undef TOPIC
};

const char *device_topic_word(enum device_topic topic)
{
	return data_topics[topic].word;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
/* Each sentence has exactly one %s, which device-topic.def promises. */
const char *device_line_text(struct arena *a, const struct device_line *line)
{
	return arena_printf(a, gettext(data_topics[line->topic].sentence), line->name);
}
#pragma GCC diagnostic pop

/* Cuts the next column off at '|', trimmed; *REST is NULL behind the last. */
static char *data_column(char **rest)
{
	char *start = *rest, *end;

	if (!start)
		return NULL;
	end = strchr(start, '|');
	if (end)
		*end++ = '\0';
	*rest = end;
	return str_trim(start);
}

static char *data_word(char **rest)
{
	char *word = *rest;

	word += strspn(word, " \t");
	if (!*word)
		return NULL;
	*rest = word + strcspn(word, " \t");
	if (**rest)
		*(*rest)++ = '\0';
	return word;
}

static bool data_hex4(const char *text, uint16_t *ret)
{
	uint64_t n;

	if (strlen(text) != 4 || text[1] == 'x' || text[1] == 'X' || str_to_hex(text, 0xffff, &n) < 0)
		return false;
	*ret = (uint16_t)n;
	return true;
}

/* "10de:2684", "1002:67c0-67cf", "10de:*", "*:*" */
static bool data_parse_ids(char *word, struct device_line *l)
{
	char *device = strchr(word, ':'), *last;

	if (!device)
		return false;
	*device++ = '\0';
	if (str_eq(word, "*"))
		l->vendor = VENDOR_ANY;
	else if (!data_hex4(word, &l->vendor))
		return false;
	if (str_eq(device, "*")) {
		l->last = 0xffff;
		return true;
	}
	last = strchr(device, '-');
	if (last)
		*last++ = '\0';
	return data_hex4(device, &l->first) && data_hex4(last ? last : device, &l->last) &&
	       l->first <= l->last;
}

/* "03", "0300" or "030000": the front of a class code */
static bool data_parse_class(const char *text, struct device_line *l)
{
	size_t digits = text ? strlen(text) : 0;
	unsigned shift = 24 - 4 * (unsigned)digits;
	uint64_t n;

	if ((digits != 2 && digits != 4 && digits != 6) || str_to_hex(text, 0xffffff, &n) < 0)
		return false;
	l->class_code = (uint32_t)n << shift;
	l->class_mask = 0xffffffu << shift & 0xffffff;
	return true;
}

static bool data_parse_match(struct host *h, char *text, struct device_line *l)
{
	char *word = data_word(&text);

	if (!word || !data_parse_ids(word, l))
		return false;
	while ((word = data_word(&text))) {
		uint64_t n;

		if (str_eq(word, "vf")) {
			l->only_virtual = true;
			continue;
		}
		if (str_eq(word, "class")) {
			if (!data_parse_class(data_word(&text), l))
				return false;
			continue;
		}
		if (str_eq(word, "driver")) {
			l->driver = arena_strdup(h->arena, data_word(&text));
			if (!l->driver)
				return false;
			continue;
		}
		if (!str_eq(word, "revision"))
			return false;
		word = data_word(&text);
		if (!word || str_to_hex(word, 0xff, &n) < 0)
			return false;
		l->revision = (int)n;
	}
	/* Everything there is would be said of every device. */
	return l->vendor != VENDOR_ANY || l->class_mask || l->driver;
}

static bool data_parse_topic(const char *word, struct device_line *l)
{
	l->cancels = *word == '-';
	for (unsigned i = 0; i < ARRAY_SIZE(data_topics); i++)
		if (str_eq(word + l->cancels, data_topics[i].word)) {
			l->topic = (enum device_topic)i;
			return true;
		}
	return false;
}

/* NULL, or what is wrong with the line. */
static const char *data_parse_line(struct host *h, char *text, struct device_line *l)
{
	char *rest = text;
	char *match = data_column(&rest), *topic = data_column(&rest), *name = data_column(&rest),
	     *source = data_column(&rest);

	if (!source || rest)
		return _("A line has four columns, MATCH | WHAT | NAME | SOURCE.");
	if (!data_parse_match(h, match, l))
		return _("The first column is no match: vvvv:dddd, vvvv:dddd-dddd, vvvv:* or *:*, and "
			 "behind it class, revision, driver or vf.");
	if (!data_parse_topic(topic, l))
		return _("The second column is none of the words that data/devices lists.");
	if (str_is_empty(name))
		return _("The third column, the name, is empty.");
	if (str_is_empty(source))
		return _("The fourth column, the source, is empty.");
	l->name = arena_strdup(h->arena, name);
	l->source = arena_strdup(h->arena, source);
	return NULL;
}

static void data_add_line(struct host *h, const char *file, unsigned number, char *text, bool own)
{
	struct device_line *l;
	const char *wrong;

	text = str_trim(text);
	if (!*text || *text == '#')
		return;
	l = arena_alloc(h->arena, sizeof(*l));
	l->revision = -1;
	l->own = own;
	l->file = file;
	l->number = number;
	wrong = data_parse_line(h, text, l);
	if (wrong)
		host_note_broken(h, arena_printf(h->arena, "%s:%u: %s", file, number, wrong));
	else
		arena_list_add(h->arena, &h->device_data->lines, l);
}

void device_data_add(struct host *h, const char *file, const char *text, size_t len, bool own)
{
	unsigned number = 0;
	char *copy;

	if (!h->device_data)
		h->device_data = arena_alloc(h->arena, sizeof(*h->device_data));
	h->device_data->sorted = false;
	file = arena_strdup(h->arena, file);
	if (memchr(text, '\0', len)) {
		host_note_broken(h, arena_printf(h->arena, _("%s:1: This is no text."), file));
		return;
	}
	copy = arena_strndup(h->arena, text, len);
	for (char *line = copy, *end; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		data_add_line(h, file, ++number, line, own);
	}
}

static void data_add_own_file(struct host *h, const char *path)
{
	_cleanup_free_ char *text = NULL;
	const char *shown = arena_printf(h->arena, "/%s", path);
	size_t len;
	int r = fsroot_read(h->root, path, &text, &len);

	if (r == 0)
		device_data_add(h, shown, text, len, true);
	else if (r != -ENOENT && r != -EISDIR)
		host_note_unreadable(h, shown, r);
}

void device_data_add_own(struct host *h)
{
	_cleanup_strv_ char **names = NULL;
	int r = fsroot_list(h->root, DEVICE_DATA_OWN, &names);

	if (r == -ENOTDIR)
		data_add_own_file(h, DEVICE_DATA_OWN);
	else if (r < 0 && r != -ENOENT)
		host_note_unreadable(h, "/" DEVICE_DATA_OWN, r);
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *path = xasprintf(DEVICE_DATA_OWN "/%s", *name);

		if (**name != '.' && !str_ends_with(*name, "~")) /* editors leave such files */
			data_add_own_file(h, path);
	}
}

/* By vendor and first id; a user's lines first, else as they were read. */
static int data_compare(const void *a, const void *b)
{
	const struct device_line *const *left = a, *const *right = b;
	const struct device_line *l = *left, *r = *right;

	if (l->vendor != r->vendor)
		return l->vendor < r->vendor ? -1 : 1;
	if (l->first != r->first)
		return l->first < r->first ? -1 : 1;
	if (l->own != r->own)
		return l->own ? -1 : 1;
	return l->number < r->number ? -1 : l->number > r->number;
}

static bool data_applies(const struct device_line *l, const struct pci_device *d)
{
	return d->device >= l->first && d->device <= l->last &&
	       (d->class_code & l->class_mask) == l->class_code &&
	       (l->revision < 0 || l->revision == d->revision) && (!l->only_virtual || d->physfn) &&
	       (!l->driver || str_eq(l->driver, d->driver));
}

/* The lines of one vendor, of any for VENDOR_ANY, that apply to D, added to FOUND. */
static void data_collect(struct host *h, const struct pci_device *d, uint16_t vendor,
			 struct arena_list *found)
{
	const struct arena_list *lines = &h->device_data->lines;
	size_t low = 0, high = lines->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (((const struct device_line *)lines->items[middle])->vendor < vendor)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < lines->n; low++) {
		const struct device_line *l = lines->items[low];

		if (l->vendor != vendor || l->first > d->device)
			break;
		if (data_applies(l, d))
			arena_list_add(h->arena, found, l);
	}
}

/* A user's own line about the same, saying it or taking it back, hides what ships. */
static bool data_is_hidden(const struct arena_list *found, const struct device_line *l)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct device_line *o = found->items[i];

		if (o->topic == l->topic && o != l && ((o->own && !l->own) || (o->cancels && o->own >= l->own)))
			return true;
	}
	return false;
}

static void data_match_device(struct host *h, struct pci_device *d)
{
	struct arena_list found = { 0 };
	unsigned n = 0;

	d->known = NULL;
	d->n_known = 0;
	data_collect(h, d, d->vendor, &found);
	if (d->vendor != VENDOR_ANY)
		data_collect(h, d, VENDOR_ANY, &found);
	if (!found.n)
		return;
	d->known = arena_alloc(h->arena, found.n * sizeof(struct device_line *));
	for (size_t i = 0; i < found.n; i++) {
		const struct device_line *l = found.items[i];

		if (!l->cancels && !data_is_hidden(&found, l))
			d->known[n++] = l;
	}
	d->n_known = n;
}

void device_data_match(struct host *h)
{
	struct device_data *data = h->device_data;

	if (!data || !data->lines.n)
		return;
	if (!data->sorted)
		qsort(data->lines.items, data->lines.n, sizeof(void *), data_compare);
	data->sorted = true;
	for (unsigned i = 0; i < h->n_devices; i++)
		data_match_device(h, h->devices[i]);
}

const struct device_line *device_known(const struct pci_device *d, enum device_topic topic)
{
	for (unsigned i = 0; i < d->n_known; i++)
		if (d->known[i]->topic == topic)
			return d->known[i];
	return NULL;
}
