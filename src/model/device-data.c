/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/device-data.h"

#include "base/str.h"
#include "model/data-lines.h"

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

static const char *data_take(struct host *h, void *user _unused_, const struct data_line *line)
{
	struct device_line *l = arena_alloc(h->arena, sizeof(*l));

	l->revision = -1;
	l->own = line->own;
	l->file = line->file;
	l->number = line->number;
	if (line->n != 4)
		return _("A line has four columns, MATCH | WHAT | NAME | SOURCE.");
	if (!data_parse_match(h, line->columns[0], l))
		return _("The first column is no match: vvvv:dddd, vvvv:dddd-dddd, vvvv:* or *:*, and "
			 "behind it class, revision, driver or vf.");
	if (!data_parse_topic(line->columns[1], l))
		return _("The second column is none of the words that data/devices lists.");
	if (str_is_empty(line->columns[2]))
		return _("The third column, the name, is empty.");
	if (str_is_empty(line->columns[3]))
		return _("The fourth column, the source, is empty.");
	l->name = arena_strdup(h->arena, line->columns[2]);
	l->source = arena_strdup(h->arena, line->columns[3]);
	arena_list_add(h->arena, &h->device_data->lines, l);
	return NULL;
}

static void data_start(struct host *h)
{
	if (!h->device_data)
		h->device_data = arena_alloc(h->arena, sizeof(*h->device_data));
	h->device_data->sorted = false;
}

void device_data_add(struct host *h, const char *file, const char *text, size_t len, bool own)
{
	data_start(h);
	data_lines_add(h, file, text, len, own, data_take, NULL);
}

void device_data_add_own(struct host *h)
{
	data_start(h);
	data_lines_add_own(h, DEVICE_DATA_OWN, data_take, NULL);
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
