/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/merge3.h"

#include "base/arena.h"
#include "base/str.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

/* Above this the two texts have hardly anything in common: a person should look. */
#define MERGE3_MAX_CELLS ((size_t)16 * 1024 * 1024)
#define MERGE3_NONE SIZE_MAX

struct merge3_lines {
	struct merge3_text *line;
	size_t n;
};

static struct merge3_lines merge3_split(struct merge3_text text)
{
	struct merge3_lines l = { 0 };
	size_t cap = 0;

	while (text.len > 0) {
		const char *end = memchr(text.data, '\n', text.len);
		size_t len = end ? (size_t)(end - text.data) + 1 : text.len;

		if (l.n == cap) {
			cap = cap ? cap * 2 : 64;
			l.line = xrealloc(l.line, cap * sizeof(*l.line));
		}
		l.line[l.n++] = (struct merge3_text){ text.data, len };
		text.data += len;
		text.len -= len;
	}
	return l;
}

static bool merge3_same(struct merge3_text a, struct merge3_text b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* The longest common subsequence of the middle parts, by the textbook table. */
static bool merge3_match_middle(const struct merge3_text *a, size_t n, const struct merge3_text *b,
				size_t m, size_t offset, size_t *match)
{
	size_t width = m + 1, i = 0, k = 0;
	_cleanup_free_ unsigned *table = NULL;

	if (n && width > MERGE3_MAX_CELLS / (n + 1))
		return false;
	table = xcalloc((n + 1) * width, sizeof(*table));
	for (i = n; i-- > 0;)
		for (k = m; k-- > 0;) {
			unsigned down = table[(i + 1) * width + k], right = table[i * width + k + 1];

			table[i * width + k] = merge3_same(a[i], b[k]) ?
						       table[(i + 1) * width + k + 1] + 1 :
					       down > right ? down :
							      right;
		}
	for (i = 0, k = 0; i < n && k < m;) {
		if (merge3_same(a[i], b[k]))
			match[i++] = offset + k++;
		else if (table[(i + 1) * width + k] >= table[i * width + k + 1])
			i++;
		else
			k++;
	}
	return true;
}

/* For each line of A the line of B it is, or MERGE3_NONE.  NULL when they are too different. */
static size_t *merge3_match(const struct merge3_lines *a, const struct merge3_lines *b)
{
	_cleanup_free_ size_t *match = xcalloc(a->n + 1, sizeof(*match));
	size_t head = 0, tail = 0;

	while (head < a->n && head < b->n && merge3_same(a->line[head], b->line[head])) {
		match[head] = head;
		head++;
	}
	while (tail < a->n - head && tail < b->n - head &&
	       merge3_same(a->line[a->n - 1 - tail], b->line[b->n - 1 - tail])) {
		match[a->n - 1 - tail] = b->n - 1 - tail;
		tail++;
	}
	for (size_t i = head; i < a->n - tail; i++)
		match[i] = MERGE3_NONE;
	/* With nothing between on one side there is nothing to match (and line may be NULL). */
	if (head + tail < a->n && head + tail < b->n &&
	    !merge3_match_middle(a->line + head, a->n - head - tail, b->line + head,
				 b->n - head - tail, head, match + head))
		return NULL;
	return TAKE_PTR(match);
}

/* A run of lines of one text. */
struct merge3_range {
	const struct merge3_lines *l;
	size_t from, to;
};

static bool merge3_range_same(struct merge3_range a, struct merge3_range b)
{
	if (a.to - a.from != b.to - b.from)
		return false;
	for (size_t i = 0; i < a.to - a.from; i++)
		if (!merge3_same(a.l->line[a.from + i], b.l->line[b.from + i]))
			return false;
	return true;
}

static bool merge3_add_chunk(struct str *out, struct merge3_range base, struct merge3_range ours,
			     struct merge3_range theirs)
{
	struct merge3_range take;

	if (merge3_range_same(ours, base))
		take = theirs;
	else if (merge3_range_same(theirs, base) || merge3_range_same(ours, theirs))
		take = ours;
	else
		return false;
	for (size_t i = take.from; i < take.to; i++)
		str_addn(out, take.l->line[i].data, take.l->line[i].len);
	return true;
}

/* Lines that both sides kept cut the texts into chunks, each of which is decided alone. */
static bool merge3_chunks(struct str *out, const struct merge3_lines *base,
			  const struct merge3_lines *ours, const struct merge3_lines *theirs,
			  const size_t *in_ours, const size_t *in_theirs)
{
	size_t b = 0, o = 0, t = 0;

	for (size_t i = 0; i <= base->n; i++) {
		size_t next_o = i < base->n ? in_ours[i] : ours->n;
		size_t next_t = i < base->n ? in_theirs[i] : theirs->n;

		if (next_o == MERGE3_NONE || next_t == MERGE3_NONE)
			continue;
		if (!merge3_add_chunk(out, (struct merge3_range){ base, b, i },
				      (struct merge3_range){ ours, o, next_o },
				      (struct merge3_range){ theirs, t, next_t }))
			return false;
		if (i < base->n)
			str_addn(out, base->line[i].data, base->line[i].len);
		b = i + 1;
		o = next_o + 1;
		t = next_t + 1;
	}
	return true;
}

bool merge3(struct merge3_text base, struct merge3_text ours, struct merge3_text theirs, char **ret,
	    size_t *ret_len)
{
	struct merge3_lines b = merge3_split(base), o = merge3_split(ours), t = merge3_split(theirs);
	_cleanup_free_ size_t *in_ours = merge3_match(&b, &o), *in_theirs = merge3_match(&b, &t);
	struct str out = { 0 };
	bool ok = in_ours && in_theirs && merge3_chunks(&out, &b, &o, &t, in_ours, in_theirs);

	free(b.line);
	free(o.line);
	free(t.line);
	if (!ok) {
		str_done(&out);
		return false;
	}
	*ret_len = out.len;
	*ret = str_steal(&out);
	return true;
}
