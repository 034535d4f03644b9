/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A host from recorded text, looked at by some probes. */
#include "base/str.h"
#include "base/strv.h"
#include "model/recording.h"
#include "probes/probe.h"
#include "unit.h"

#include <string.h>

struct recorded {
	struct recording *recording;
	struct host *host;
};

/* NAMES are probes, "pci groups"; dependencies must be among them. */
static inline struct recorded recorded_open_file(const char *file, const char *names)
{
	struct recorded r = { 0 };
	struct err err = { 0 };
	_cleanup_strv_ char **list = strv_split(names, " ");

	ck_assert_msg(recording_open(file, &r.recording, &err) == 0, "%s", err.msg);
	r.host = host_new(recording_root(r.recording));
	ck_assert_msg(probe_run_some(r.host, strv_const(list), &err) == 0, "%s", err.msg);
	return r;
}

static inline struct recorded recorded_open(const char *text, const char *names)
{
	char file[] = "/tmp/recorded-XXXXXX";
	int fd = mkstemp(file);
	_cleanup_free_ char *whole = xasprintf("# vfio-wizard recorded host 1\n%s", text);
	struct recorded r;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, whole, strlen(whole)), (ssize_t)strlen(whole));
	close(fd);
	r = recorded_open_file(file, names);
	unlink(file);
	return r;
}

static inline void recorded_close(struct recorded *r)
{
	host_free(r->host);
	recording_close(r->recording);
}

#define RECORDED(r, text, names)                                                                   \
	_cleanup_(recorded_close) struct recorded r##_recorded = recorded_open(text, names);       \
	struct host *r = r##_recorded.host

static inline struct pci_device *recorded_device(struct host *h, const char *address)
{
	struct pci_addr addr;
	struct pci_device *d;

	ck_assert_int_eq(pci_addr_parse(address, &addr), 0);
	d = host_find_device(h, addr);
	ck_assert_msg(d != NULL, "no device %s", address);
	return d;
}

static inline bool recorded_has(const char *const *notes, const char *needle)
{
	for (; notes && *notes; notes++)
		if (strstr(*notes, needle))
			return true;
	return false;
}
