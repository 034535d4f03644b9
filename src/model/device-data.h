/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/host.h"

/*
 * Knowledge about devices without code.  Files of lines of four columns, data/devices describes them:
 *
 *	1002:67c0-67cf class 03 | reset-bug | Polaris 10 | gnif/vendor-reset src/device-db.h
 */
enum device_topic {
#define TOPIC(id, word, sentence) DEVICE_##id,
#include "model/device-topic.def"
#undef TOPIC
	DEVICE_TOPICS
};

/* One line; lives in the host's arena. */
struct device_line {
	uint16_t vendor;	    /* 0xffff: any */
	uint16_t first, last;	    /* device ids */
	uint32_t class_code, class_mask; /* 24 bits; mask 0: any */
	int revision;		    /* -1 any */
	bool only_virtual;	    /* only virtual functions */
	const char *driver;	    /* only while bound to it; NULL any */
	enum device_topic topic;
	bool cancels;		    /* "-reset-bug": takes back what other lines say */
	bool own;		    /* the user's, wins over those that ship */
	const char *name, *source;
	const char *file;
	unsigned number;
};

#define DEVICE_DATA_OWN "etc/vfio-wizard/devices"

/*
 * Takes the lines of TEXT in; FILE is what messages call it.  A line that is not understood is noted in
 * host->broken as "FILE:LINE: sentence" and left out.  Linear.
 */
void device_data_add(struct host *h, const char *file, const char *text, size_t len, bool own);
/* The user's own files below the host's root: DEVICE_DATA_OWN, a file or a folder of files. */
void device_data_add_own(struct host *h);
/* Sets pci_device.known of every device.  Lines are sorted once, each device is looked up in them. */
void device_data_match(struct host *h);

/* The first line about TOPIC that matches D, NULL none. */
const struct device_line *device_known(const struct pci_device *d, enum device_topic topic);
/* "reset-bug" */
const char *device_topic_word(enum device_topic topic) _returns_nonnull_;
/* The translated sentence a line stands for, in the host's arena. */
const char *device_line_text(struct arena *a, const struct device_line *line) _returns_nonnull_;
