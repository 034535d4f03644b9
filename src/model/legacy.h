/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/finding.h"
#include "model/host.h"

/*
 * Settings about VFIO that somebody made by hand or by another tool: kernel arguments and lines of
 * files.  legacy.def has one row for each kind; of several rows that fit, the first one counts.
 */

/* What taking a setting over means. */
enum legacy_take {
	LEGACY_TAKE,	/* it goes with --take-over yes: for VFIO only, or without any effect */
	LEGACY_ASK,	/* it may be there for another reason: it goes when its id is named */
	LEGACY_LEAVE,	/* a script, or another program's: only told how it goes */
};

/* One setting that is looked at. */
struct legacy_look {
	const struct host *host;
	const char *const *args;	/* the whole command line, strv; may be NULL */
	const char *arg;		/* one of them; NULL: LINE */
	const struct setting_line *line;
};

struct legacy_row {
	const char *id;		/* of the finding, and what --take-over names: "vfio-ids-addresses" */
	unsigned kinds;		/* bits of enum setting_kind */
	enum severity severity;
	enum legacy_take take;
	bool said;		/* rule-boot.c or rule-vfio.c has a finding of that id already */
	bool (*match)(const struct legacy_look *l);
	const char *text;	/* N_(): what it does in truth */
};
#define LEGACY_KIND(k) (1u << (k))

struct legacy_found {
	const struct legacy_row *row;
	const char *arg;		/* NULL: LINE */
	const struct setting_line *line;
};

extern const struct legacy_row legacy_rows[];
extern const unsigned legacy_row_count;
const struct legacy_row *legacy_row_find(const char *id);

/*
 * What is found in ARGS (the command line that is judged: the running or the configured one) and in the
 * lines of the host; in the host's arena.  The number of them.
 */
unsigned legacy_find(struct host *h, const char *const *args, const struct legacy_found **ret);
/* "/etc/modprobe.d/vfio.conf:3: options …", or "WHERE: arg" for an argument; in the host's arena. */
const char *legacy_evidence(struct host *h, const struct legacy_found *f, const char *where) _returns_nonnull_;
/*
 * RAW, the very bytes of the line (its line ends, too), without what the row is about; NULL: the whole
 * line goes.  Lists of modules keep their other words.  In arena A.
 */
const char *legacy_text_after(struct arena *a, const struct legacy_found *f, const char *raw);
/* Does this setting hand D to vfio-pci or pci-stub at the start: by id, by alias, by address? */
bool legacy_binds(const struct legacy_found *f, const struct pci_device *d);
/* The driver that driverctl or a udev rule gives D; NULL: none. */
const char *legacy_driver_of(const struct legacy_found *f, const struct pci_device *d);
