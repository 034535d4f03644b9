/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"
#include "probes/probe.h"

/*
 * How the probes read a host.  The path is a printf format.  What is absent is NULL or -ENOENT and
 * nothing more; what is there and cannot be read, or is not what it should be, is noted in
 * host->unreadable and then treated as absent.
 */

/* Trimmed text of an attribute in the host's arena; "" is possible. */
const char *probe_attr(struct host *h, const char *fmt, ...) _printf_(2, 3);
/* The same, but "" is NULL too. */
const char *probe_word(struct host *h, const char *fmt, ...) _printf_(2, 3);
/* One number of at most MAX.  0 or -errno; *RET is written on success only. */
int probe_number(struct host *h, uint64_t max, uint64_t *ret, const char *fmt, ...) _printf_(4, 5);
/* "0" and "1" as such, -1 for anything else. */
int probe_tristate(struct host *h, const char *fmt, ...) _printf_(2, 3);
/* A whole file, free() it; NULL when absent or unreadable.  RET_LEN may be NULL. */
char *probe_text(struct host *h, size_t *ret_len, const char *fmt, ...) _printf_(3, 4);
/* Names in a directory, strv_free() them; NULL when absent, unreadable or empty. */
char **probe_list(struct host *h, const char *fmt, ...) _printf_(2, 3);
bool probe_exists(struct host *h, const char *fmt, ...) _printf_(2, 3);

/* host_note_unreadable() with the path as people write it, "/sys/…". */
void probe_note(struct host *h, const char *path, int code);

/* The last PCI address in a sysfs path: ".../0000:00:14.0/usb1/1-4/1-4:1.0" is behind 00:14.0. */
bool probe_last_address(const char *path, struct pci_addr *ret);
/* The PCI function that the sysfs directory or link leads to or lies below; NULL none. */
struct pci_device *probe_device_behind(struct host *h, const char *fmt, ...) _printf_(2, 3);

/*
 * Next line of a text that is cut up in place: returns it and moves *REST behind it, NULL at the
 * end.
 */
char *probe_next_line(char **rest);
/* Next blank-separated word, cut likewise. */
char *probe_next_word(char **rest);
