/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/plan.h"

#include "base/str.h"

#include <string.h>

#define DIFF_CONTEXT 3
/* Cells of the table below; beyond it the differing middle is shown as replaced whole. */
#define DIFF_MAX_CELLS ((size_t)4 * 1024 * 1024)

struct diff_line {
	const char *text; /* with its newline, if it has one */
	size_t len;
};

struct diff_side {
	struct diff_line *lines;
	size_t n;
};

/* One line of the edit script: ' ', '-' or '+', and how far both sides were before it. */
struct diff_op {
	char sign;
	size_t at_a, at_b;
};

struct diff {
	struct diff_side a, b;
	struct diff_op *ops;
	size_t n_ops;
};

static void diff_split(const char *text, size_t len, struct diff_side *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n' || i + 1 == len;
	*ret = (struct diff_side){ .lines = xcalloc(n, sizeof(*ret->lines)) };
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t one = end ? (size_t)(end - text) + 1 : len;

		ret->lines[ret->n++] = (struct diff_line){ text, one };
		text += one;
		len -= one;
	}
}

static bool diff_equal(const struct diff *d, size_t i, size_t j)
{
	const struct diff_line *x = &d->a.lines[i], *y = &d->b.lines[j];

	return x->len == y->len && memcmp(x->text, y->text, x->len) == 0;
}

static void diff_emit(struct diff *d, char sign, size_t *i, size_t *j)
{
	d->ops[d->n_ops++] = (struct diff_op){ sign, *i, *j };
	*i += sign != '+';
	*j += sign != '-';
}

/* The longest common subsequence of lines I..END_A and J..END_B, the plain table way. */
static void diff_middle(struct diff *d, size_t i, size_t end_a, size_t j, size_t end_b)
{
	size_t base_a = i, base_b = j, width = end_b - j + 1;
	_cleanup_free_ uint32_t *lcs = NULL;

#define LCS(x, y) lcs[((x)-base_a) * width + ((y)-base_b)]
	if (end_a - i < DIFF_MAX_CELLS / width) {
		lcs = xcalloc((end_a - i + 1) * width, sizeof(*lcs));
		for (size_t x = end_a; x-- > base_a;)
			for (size_t y = end_b; y-- > base_b;) {
				uint32_t down = LCS(x + 1, y), right = LCS(x, y + 1);

				LCS(x, y) = diff_equal(d, x, y) ? LCS(x + 1, y + 1) + 1
					    : down > right	? down
								: right;
			}
	}
	while (i < end_a || j < end_b) {
		if (lcs && i < end_a && j < end_b && diff_equal(d, i, j))
			diff_emit(d, ' ', &i, &j);
		else if (i < end_a && (j == end_b || !lcs || LCS(i + 1, j) >= LCS(i, j + 1)))
			diff_emit(d, '-', &i, &j);
		else
			diff_emit(d, '+', &i, &j);
	}
#undef LCS
}

static void diff_script(struct diff *d)
{
	size_t i = 0, j = 0, end_a = d->a.n, end_b = d->b.n;

	d->ops = xcalloc(d->a.n + d->b.n, sizeof(*d->ops));
	while (i < end_a && j < end_b && diff_equal(d, i, j))
		diff_emit(d, ' ', &i, &j);
	while (end_a > i && end_b > j && diff_equal(d, end_a - 1, end_b - 1)) {
		end_a--;
		end_b--;
	}
	diff_middle(d, i, end_a, j, end_b);
	i = end_a;
	j = end_b;
	while (i < d->a.n)
		diff_emit(d, ' ', &i, &j);
}

/* A range without lines names the line before it: "@@ -0,0 +1,2 @@". */
static void diff_add_range(struct str *out, char sign, size_t start, size_t n)
{
	str_addf(out, n == 1 ? " %c%zu" : " %c%zu,%zu", sign, n ? start + 1 : start, n);
}

static void diff_add_hunk(struct str *out, const struct diff *d, size_t from, size_t to)
{
	size_t n_a = 0, n_b = 0;

	for (size_t k = from; k < to; k++) {
		n_a += d->ops[k].sign != '+';
		n_b += d->ops[k].sign != '-';
	}
	str_add(out, "@@");
	diff_add_range(out, '-', d->ops[from].at_a, n_a);
	diff_add_range(out, '+', d->ops[from].at_b, n_b);
	str_add(out, " @@\n");
	for (size_t k = from; k < to; k++) {
		const struct diff_op *op = &d->ops[k];
		const struct diff_line *l = op->sign == '+' ? &d->b.lines[op->at_b]
							    : &d->a.lines[op->at_a];

		str_addc(out, op->sign);
		str_addn(out, l->text, l->len);
		if (l->text[l->len - 1] != '\n')
			str_add(out, "\n\\ No newline at end of file\n");
	}
}

/* Changes up to twice the context apart share a hunk. */
static void diff_add_hunks(struct str *out, const struct diff *d)
{
	size_t k = 0;

	while (k < d->n_ops) {
		size_t from, last;

		if (d->ops[k].sign == ' ') {
			k++;
			continue;
		}
		from = k > DIFF_CONTEXT ? k - DIFF_CONTEXT : 0;
		last = k;
		for (; k < d->n_ops && k - last <= 2 * DIFF_CONTEXT; k++)
			if (d->ops[k].sign != ' ')
				last = k;
		k = last + 1 + DIFF_CONTEXT;
		if (k > d->n_ops)
			k = d->n_ops;
		diff_add_hunk(out, d, from, k);
	}
}

/* patch(1) ends a name at a blank, unless a tab follows the whole of it. */
static void diff_add_name(struct str *out, const char *sign, const char *side, const char *path)
{
	str_addf(out, "%s %s%s%s\n", sign, side, path, strchr(path, ' ') ? "\t" : "");
}

/* "-/boot/vmlinuz -> vmlinuz-6.8.0-31-generic", "+/boot/vmlinuz -> vmlinuz-6.9.3-acso" */
static void diff_add_link(struct str *out, const struct change *c)
{
	if (c->before)
		diff_add_name(out, "---", "a", c->path);
	else
		diff_add_name(out, "---", "", "/dev/null");
	diff_add_name(out, "+++", "b", c->path);
	str_add(out, c->before ? "@@ -1 +1 @@\n" : "@@ -0,0 +1 @@\n");
	if (c->before)
		str_addf(out, "-%s -> %s\n", c->path, c->before);
	str_addf(out, "+%s -> %s\n", c->path, c->after);
}

char *change_diff(const struct change *c)
{
	struct str out = { 0 };
	struct diff d = { 0 };

	if (c->kind == CHANGE_RUN)
		return str_steal(&out);
	if (c->kind == CHANGE_LINK) {
		diff_add_link(&out, c);
		return str_steal(&out);
	}
	diff_split(c->before, c->before ? c->before_len : 0, &d.a);
	diff_split(c->after, c->after_len, &d.b);
	diff_script(&d);
	if (c->before)
		diff_add_name(&out, "---", "a", c->path);
	else
		diff_add_name(&out, "---", "", "/dev/null");
	if (c->kind == CHANGE_REMOVE)
		diff_add_name(&out, "+++", "", "/dev/null");
	else
		diff_add_name(&out, "+++", "b", c->path);
	diff_add_hunks(&out, &d);
	free(d.a.lines);
	free(d.b.lines);
	free(d.ops);
	return str_steal(&out);
}
