/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/kernel-log.h"

#include "base/str.h"
#include "base/strv.h"
#include "probes/probe-util.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define KERNEL_LOG_FILE "var/log/dmesg"
/* printk() cuts at 1024 bytes and early boot's "Command line:" at 2048 or 4096: what is longer was written by another. */
#define KERNEL_LOG_LINE 4096

/* A line is shown as evidence, so it is cut; not within a character of UTF-8. */
static const char *kernel_log_line(struct host *h, const char *line)
{
	size_t n = strnlen(line, KERNEL_LOG_LINE + 1);

	if (n > KERNEL_LOG_LINE)
		for (n = KERNEL_LOG_LINE; n > KERNEL_LOG_LINE - 3 && ((unsigned char)line[n] & 0xc0) == 0x80; n--)
			;
	return arena_strndup(h->arena, line, n);
}

/* Growing by one at a time would copy the vector of a long log again and again. */
static void kernel_log_store(struct host *h, char **lines, enum log_source source)
{
	struct arena_list list = { 0 };

	for (char **l = lines; l && *l; l++)
		arena_list_add(h->arena, &list, kernel_log_line(h, *l));
	if (!list.n)
		return;
	h->kernel.log = arena_alloc(h->arena, (list.n + 1) * sizeof(*h->kernel.log));
	memcpy((void *)(uintptr_t)h->kernel.log, list.items, list.n * sizeof(*list.items));
	h->kernel.log_source = source;
}

/* "<6>[    0.004000] DMAR: Host address width 39" → "DMAR: …" */
static const char *kernel_log_message(const char *line)
{
	const char *p = line;

	if (*p == '<' && p[1] >= '0' && p[1] <= '9') {
		size_t n = strspn(p + 1, "0123456789");

		if (p[1 + n] == '>')
			p += n + 2;
	}
	if (*p == '[') {
		/* "[  +0.000006]" is what dmesg --show-delta writes */
		const char *end = p + 1 + strspn(p + 1, " .+0123456789");

		/* with CONFIG_PRINTK_CALLER: "[    0.004000][    T0] DMAR: …" */
		if (*end == ']' && end[1] == '[')
			end = end + 2 + strspn(end + 2, " TC0123456789");
		if (*end == ']')
			p = end + 1 + (end[1] == ' ');
	}
	return p;
}

/*
 * One record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg):
 *	6,339,5140900,-;NET: Registered PF_INET6 protocol family
 *	 SUBSYSTEM=…
 * The first number is facility * 8 + level; what user space wrote has another facility than 0.
 * Returns the sequence number, -1 for what is no kernel message.
 */
static long long kernel_log_record(char *record, char ***lines)
{
	char *text = strchr(record, ';'), *end;
	unsigned long priority = strtoul(record, &end, 10);
	long long seq;

	if (!text || *end != ',' || priority > 7)
		return -1;
	seq = strtoll(end + 1, NULL, 10);
	text++;
	text[strcspn(text, "\n")] = '\0';
	strv_add(lines, text);
	return seq;
}

/* 0 or -errno; *RET_WHOLE says whether the ring buffer still has the beginning. */
static int kernel_log_kmsg(struct host *h, char ***lines, bool *ret_whole)
{
	char record[8192 + 1];
	long long first = -1;
	_cleanup_close_ int fd =
		fsroot_openat(h->root, "dev/kmsg", O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return fd;
	for (;;) {
		ssize_t n = read(fd, record, sizeof(record) - 1);
		long long seq;

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* overwritten while we read: goes on with the oldest */
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n <= 0)
			break;
		record[n] = '\0';
		seq = kernel_log_record(record, lines);
		if (first < 0)
			first = seq;
	}
	*ret_whole = first == 0;
	return *lines ? 0 : -ENODATA;
}

/*
 * The journal has a format of its own that only libsystemd reads.  It is loaded when it is there, so
 * that hosts without systemd need nothing of it.  Declarations: sd-journal(3).
 */
struct kernel_log_journal {
	int (*open)(void **ret, int flags);
	void (*close)(void *j);
	int (*add_match)(void *j, const void *data, size_t size);
	int (*next)(void *j);
	int (*get_data)(void *j, const char *field, const void **data, size_t *len);
};
#define KERNEL_LOG_LOCAL_ONLY 1 /* SD_JOURNAL_LOCAL_ONLY */
#define KERNEL_LOG_SYSTEM 4     /* SD_JOURNAL_SYSTEM */

/* A function is copied over the pointer to it: C has no cast from what dlsym() returns. */
static bool kernel_log_symbol(void *lib, const char *name, void *ret_function)
{
	void *symbol = dlsym(lib, name);

	if (symbol)
		memcpy(ret_function, &symbol, sizeof(symbol));
	return symbol;
}

static bool kernel_log_load(void *lib, struct kernel_log_journal *ret)
{
	return kernel_log_symbol(lib, "sd_journal_open", &ret->open) &&
	       kernel_log_symbol(lib, "sd_journal_close", &ret->close) &&
	       kernel_log_symbol(lib, "sd_journal_add_match", &ret->add_match) &&
	       kernel_log_symbol(lib, "sd_journal_next", &ret->next) &&
	       kernel_log_symbol(lib, "sd_journal_get_data", &ret->get_data);
}

static void kernel_log_read_journal(const struct kernel_log_journal *api, void *j,
				    const char *boot_id, char ***lines)
{
	char boot[64] = "_BOOT_ID=";
	size_t n = strlen(boot);

	/* 9d1f…-…-… in /proc, without dashes in the journal */
	for (const char *p = boot_id; *p && n + 1 < sizeof(boot); p++)
		if (*p != '-')
			boot[n++] = *p;
	boot[n] = '\0';
	if (api->add_match(j, "_TRANSPORT=kernel", 0) < 0 || api->add_match(j, boot, 0) < 0)
		return;
	while (api->next(j) > 0) {
		const char *data;
		const void *field;
		size_t len;

		if (api->get_data(j, "MESSAGE", &field, &len) < 0 || len < strlen("MESSAGE="))
			continue;
		data = (const char *)field + strlen("MESSAGE=");
		strv_add_owned(lines, xstrndup(data, len - strlen("MESSAGE=")));
	}
}

static int kernel_log_from_journal(struct host *h, char ***lines)
{
	struct kernel_log_journal api;
	void *lib, *j = NULL;
	int r = -ENODATA;

	if (!h->kernel.boot_id)
		return -ENODATA;
	lib = dlopen("libsystemd.so.0", RTLD_LAZY | RTLD_LOCAL);
	if (!lib)
		return -ENOENT;
	if (kernel_log_load(lib, &api))
		r = api.open(&j, KERNEL_LOG_LOCAL_ONLY | KERNEL_LOG_SYSTEM);
	if (r >= 0) {
		kernel_log_read_journal(&api, j, h->kernel.boot_id, lines);
		api.close(j);
		r = *lines ? 0 : -ENODATA;
	}
	dlclose(lib);
	return r;
}

/* A log file of this machine counts only when it was written since it started: "btime 1732170000". */
static bool kernel_log_is_this_boot(struct host *h)
{
	_cleanup_free_ char *text = NULL;
	const char *btime;
	struct stat st;

	if (!fsroot_is_live(h->root))
		return true;
	if (fsroot_stat(h->root, KERNEL_LOG_FILE, &st) < 0 ||
	    fsroot_read(h->root, "proc/stat", &text, NULL) < 0)
		return false;
	btime = strstr(text, "\nbtime ");
	return btime && st.st_mtime >= strtoll(btime + strlen("\nbtime "), NULL, 10);
}

/*
 * Does the file begin where the kernel did?  Time stamps tell: "[    0.000000] Linux version …".  A
 * recorded host has picked lines without stamps, and they tell nothing: -1.
 */
static int kernel_log_file_is_whole(const char *text)
{
	const char *line = text;

	if (strstr(text, "Linux version ") && strstr(text, "ommand line: "))
		return 1;
	/* Brackets inside of a line are no stamp: "NR_IRQS: 4352, nr_irqs: 440, preallocated irqs: [16]". */
	for (unsigned i = 0; i < 100 && *line; i++) {
		size_t n = *line == '[' ? strspn(line + 1, " .0123456789") : 0;
		double seconds;

		if (n && line[n + 1] == ']' && memchr(line + 1, '.', n) && sscanf(line + 1, "%5lf", &seconds) == 1)
			return seconds > 1 ? 0 : -1;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return -1;
}

static int kernel_log_from_file(struct host *h, char ***lines)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	size_t len = 0;
	int r = fsroot_read(h->root, KERNEL_LOG_FILE, &text, &len);

	if (r < 0)
		return r;
	if (!kernel_log_is_this_boot(h))
		return -ESTALE;
	/* A power cut leaves blocks of zeros in files; what follows them counts as well. */
	for (size_t i = 0; i < len; i++)
		if (!text[i])
			text[i] = '\n';
	h->kernel.log_whole = kernel_log_file_is_whole(text);
	rest = text;
	while ((line = probe_next_line(&rest)))
		if (*line)
			strv_add(lines, kernel_log_message(line));
	return *lines ? 0 : -ENODATA;
}

static const char *kernel_log_why_not(struct host *h, int kmsg, int file)
{
	if (!fsroot_is_live(h->root))
		return file == -ENOENT ? _("There is no copy of the kernel log below this root.")
				       : _("The copy of the kernel log cannot be read.");
	if (kmsg == -EPERM || kmsg == -EACCES)
		return _("The kernel log may only be read as root on this machine.");
	return _("The kernel log cannot be read on this machine.");
}

static const char *kernel_log_why_second(int kmsg)
{
	if (kmsg == -EPERM || kmsg == -EACCES)
		return _("only root may read the kernel's own buffer on this machine.");
	return kmsg == 0 ? _("the beginning was overwritten in the kernel's own buffer.")
			 : _("the kernel's own buffer cannot be read on this machine.");
}

/* The first line of every kernel: "Linux version 6.1.0-28-amd64 (…", on ARM behind "Booting Linux on …". */
static bool kernel_log_has_begin(const struct host *h)
{
	const char *const *l = h->kernel.log;

	for (unsigned i = 0; l && l[i] && i < 20; i++)
		if (strstr(l[i], "Linux version "))
			return true;
	return false;
}

void kernel_log_read(struct host *h)
{
	_cleanup_strv_ char **kmsg = NULL, **other = NULL;
	int kmsg_r = -ENOENT, file_r;
	bool whole = false;

	if (fsroot_is_live(h->root)) {
		kmsg_r = kernel_log_kmsg(h, &kmsg, &whole);
		if ((kmsg_r < 0 || !whole) && kernel_log_from_journal(h, &other) == 0) {
			kernel_log_store(h, other, LOG_JOURNAL);
			h->kernel.log_whole = kernel_log_has_begin(h);
			h->kernel.log_second_best = kernel_log_why_second(kmsg_r);
			return;
		}
		if (kmsg_r == 0) {
			kernel_log_store(h, kmsg, LOG_KMSG);
			h->kernel.log_whole = whole;
			return;
		}
	}
	file_r = kernel_log_from_file(h, &other);
	if (file_r == 0) {
		kernel_log_store(h, other, LOG_FILE);
		if (fsroot_is_live(h->root))
			h->kernel.log_second_best = kernel_log_why_second(kmsg_r);
	} else {
		h->kernel.log_why_not = kernel_log_why_not(h, kmsg_r, file_r);
	}
}
