/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"

#include <stdbool.h>

/* What a disc is for; the words of data/isos. */
enum iso_kind { ISO_UNKNOWN, ISO_WINDOWS, ISO_VIRTIO_WIN, ISO_INSTALLER, ISO_LIVE, ISO_TOOL, ISO_SEED, ISO_CLOUD };

/* A line of data/isos; texts in the arena it was looked up with. */
struct iso_known {
	enum iso_kind kind;
	const char *name;	/* "Debian installer" */
	const char *os;		/* the answer it suggests, several parted by commas: "windows10,windows11"; "" none */
	const char *url;	/* where the official one comes from; "" not known */
};

/*
 * What a disc with this volume LABEL is; the first line that fits, those of /etc/vfio-wizard/isos before the
 * shipped ones.  0 with .kind ISO_UNKNOWN when nothing fits; -errno when the data cannot be read.
 */
int iso_data_find(struct arena *a, const char *label, struct iso_known *ret) _must_check_;
/* The first line of a KIND that is meant for OS ("linux"; NULL any): to say where to get one. */
int iso_data_first(struct arena *a, enum iso_kind kind, const char *os, struct iso_known *ret) _must_check_;
/* '*' any text, '?' one character, '#' a digit; the case of letters does not count. */
bool iso_label_matches(const char *pattern, const char *label);
/* "windows11" is one of "windows10,windows11". */
bool iso_suggests(const struct iso_known *k, const char *os);
