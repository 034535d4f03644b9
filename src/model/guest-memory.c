/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/guest-memory.h"

#include "base/str.h"
#include "base/version.h"
#include "model/kargs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GIB (1LL << 30)
#define MIB (1LL << 20)

const char *guest_page_name(long long page_bytes)
{
	return page_bytes == GIB ? "1G" : "2M";
}

/* Huge pages of other sizes are set aside for someone else: ordinary memory is not made of them. */
static long long memory_set_aside(const struct host *h, long long page_bytes)
{
	long long bytes = 0;

	for (unsigned i = 0; i < PAGE_SIZES; i++)
		if (h->memory.pages[i].total > 0 && PAGE_SIZE_BYTES(i) != page_bytes)
			bytes += h->memory.pages[i].total * PAGE_SIZE_BYTES(i);
	return bytes;
}

/* What a machine can have; -1 not known. */
static long long memory_spare(const struct host *h, long long page_bytes)
{
	if (h->memory.total_bytes < 0)
		return -1;
	return h->memory.total_bytes - memory_set_aside(h, page_bytes) - GUEST_MEMORY_HOST_KEEPS;
}

/* Half of the memory, 4 to 16 GiB where there is that much; the host keeps its part in any case. */
static long long memory_default(long long total, long long spare)
{
	long long bytes = total / 2;

	if (total < 0)
		return 4 * GIB;
	if (bytes > 16 * GIB)
		bytes = 16 * GIB;
	if (bytes < 4 * GIB)
		bytes = 4 * GIB;
	if (bytes > spare)
		bytes = spare;
	return bytes >= GIB ? bytes / GIB * GIB : bytes / MIB * MIB;
}

static int memory_pages(const struct host *h, const struct answers *a, struct guest_memory *m,
			struct err *err)
{
	const char *pages = answers_get(a, "hugepages"), *at = answers_get(a, "hugepages-at");

	if (!pages || str_eq(pages, "none")) {
		if (at)
			return err_set(err, ERR_USAGE, -EINVAL,
				       _("--hugepages-at: say which pages as well: --hugepages 2M or 1G."));
		return 0;
	}
	m->page_bytes = str_eq(pages, "1G") ? GIB : 2 * MIB;
	if (m->page_bytes == GIB && h->cpu.has_1g_pages == 0) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("--hugepages: this processor has no pages of 1G (no flag pdpe1gb in /proc/cpuinfo)."));
		return err_hint(err, _("Use --hugepages 2M."));
	}
	/* A free gibibyte in one piece is there at the start of the host, and hardly ever later. */
	m->at_boot = at ? str_eq(at, "boot") : m->page_bytes == GIB;
	return 0;
}

int guest_memory_plan(const struct host *h, const struct answers *a, struct guest_memory *ret,
		      struct err *err)
{
	struct guest_memory m = { 0 };
	long long total = h->memory.total_bytes, asked = answers_get_number(a, "memory"), bytes, spare;
	int r = memory_pages(h, a, &m, err);

	if (r < 0)
		return r;
	spare = memory_spare(h, m.page_bytes);
	bytes = asked < 0 ? memory_default(total, spare) : asked;
	if (asked >= 0 && asked < GUEST_MEMORY_LEAST)
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--memory: a machine with UEFI firmware needs 512 MiB at least."));
	if (bytes < GUEST_MEMORY_LEAST || (total >= 0 && bytes > spare)) {
		r = err_set(err, ERR_NOT_POSSIBLE, -ENOMEM,
			    _("--memory: this host has %lld MiB and must keep 2048 MiB; there is not "
			      "enough left for a machine with %lld MiB."),
			    total / MIB, (bytes < GUEST_MEMORY_LEAST ? GUEST_MEMORY_LEAST : bytes) / MIB);
		if (memory_set_aside(h, m.page_bytes) > 0)
			err_hint(err, _("%lld MiB of it are set aside as huge pages that this machine does not use."),
				 memory_set_aside(h, m.page_bytes) / MIB);
		return r;
	}
	m.bytes = bytes / MIB * MIB;
	if (m.page_bytes && m.bytes % m.page_bytes)
		return err_set(err, ERR_USAGE, -EINVAL, _("--memory: %lld MiB cannot be divided into pages of %s."),
			       m.bytes / MIB, guest_page_name(m.page_bytes));
	m.pages = m.page_bytes ? m.bytes / m.page_bytes : 0;
	*ret = m;
	return 0;
}

int guest_memory_node(const struct host *h, const struct guest_memory *m, int node)
{
	const struct numa_node *n = host_find_node(h, node);

	if (h->memory.n_nodes < 2 || !n || n->total_bytes < 0)
		return -1;
	return m->bytes + GUEST_MEMORY_HOST_KEEPS <= n->total_bytes ? node : -1;
}

/* "6.1.0-28-amd64"; the form with nodes came with 5.16 (mm/hugetlb.c, hugepages_setup()). */
bool guest_memory_knows_nodes(const struct host *h)
{
	return version_reaches(h->identity.kernel, 5, 16) == 1;
}

/* The value of hugepages= behind the size of M on the running kernel's line; NULL none. */
static char *memory_running_count(const struct host *h, const struct guest_memory *m)
{
	_cleanup_kargs_ struct kargs line = { 0 };
	/* Without a size a count is of the default one. */
	_cleanup_free_ char *standard = NULL;
	unsigned long long size;
	char *found = NULL;
	bool matches;

	kargs_parse(h->kernel.cmdline ? h->kernel.cmdline : "", &line);
	standard = kargs_value(&line, "default_hugepagesz");
	matches = (standard && size_parse(standard, &size) == 0 ? (long long)size : 2 * MIB) == m->page_bytes;
	for (char **a = line.args; a && *a && !found; a++) {
		if (str_starts_with(*a, "hugepagesz="))
			matches = size_parse(strchr(*a, '=') + 1, &size) == 0 && (long long)size == m->page_bytes;
		else if (matches && str_starts_with(*a, "hugepages="))
			found = xstrdup(strchr(*a, '=') + 1);
	}
	return found;
}

/* "0:8,1:4" with NODE at PAGES at least. */
static const char *memory_merge_nodes(struct arena *arena, const char *list, int node, long long pages)
{
	_cleanup_str_ struct str out = { 0 };
	bool seen = false;

	while (*list) {
		char *end;
		long n = strtol(list, &end, 10);
		long long count = *end == ':' ? strtoll(end + 1, &end, 10) : 0;

		if (n == node) {
			seen = true;
			count = count > pages ? count : pages;
		}
		str_addf(&out, "%s%ld:%lld", out.len ? "," : "", n, count);
		list = end + strcspn(end, ",");
		list += *list == ',';
	}
	if (!seen)
		str_addf(&out, "%s%d:%lld", out.len ? "," : "", node, pages);
	return arena_strdup(arena, str_c(&out));
}

const char *guest_memory_karg(const struct host *h, const struct guest_memory *m, int node)
{
	const char *size = guest_page_name(m->page_bytes);
	_cleanup_free_ char *running = memory_running_count(h, m);
	bool by_node = running && strchr(running, ':');
	long long count = running && !by_node ? strtoll(running, NULL, 10) : 0, pages = m->pages;

	/* A plain count is spread over all nodes. */
	if (node >= 0 && count / (h->memory.n_nodes ? h->memory.n_nodes : 1) < pages)
		return arena_printf(h->arena, "hugepagesz=%s hugepages=%s", size,
				    memory_merge_nodes(h->arena, by_node ? running : "", node, pages));
	if (by_node) /* someone chose the nodes with care, and this machine may take any: one gets them all */
		return arena_printf(h->arena, "hugepagesz=%s hugepages=%s", size,
				    memory_merge_nodes(h->arena, running, atoi(running), pages));
	return arena_printf(h->arena, "hugepagesz=%s hugepages=%lld", size, count > pages ? count : pages);
}
