/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"

#include <stdbool.h>

/*
 * Where the firmware setup of a board has its settings: data/boards and the person's own
 * /etc/vfio-wizard/boards, one line a board, family or maker.  data/boards describes the format.
 */

struct host;

/* Settings of a firmware setup that matter for giving devices away. */
enum firmware_setting {
	SETTING_VIRTUALIZATION,	/* VT-x, SVM */
	SETTING_IOMMU,		/* VT-d, AMD-Vi */
	SETTING_ACS,		/* ACS, AER, ARI: what decides about groups */
	SETTING_ABOVE_4G,
	SETTING_REBAR,
	SETTING_SRIOV,
	SETTING_SECURE_BOOT,	/* firmware-attributes only: data/boards has no field for it */
	SETTING_COUNT,
};
/* The field of data/boards: "virtualization", "iommu", "acs", "above4g", "rebar", "sriov"; "secureboot". */
const char *firmware_setting_name(enum firmware_setting s) _returns_nonnull_;
/*
 * Which setting NAME is, the name of a folder in /sys/class/firmware-attributes or what it displays;
 * SETTING_COUNT when it does not concern us.  Case, blanks and punctuation do not count.
 */
enum firmware_setting firmware_setting_of(const char *name);

enum board_match { BOARD_UNKNOWN, BOARD_MAKER, BOARD_FAMILY, BOARD_EXACT };

/* What is known of one board's setup.  Every setting comes from the most exact line that has it. */
struct firmware_menu {
	enum board_match match;	/* of the most exact line */
	const char *where;	/* "data/boards:12", that line; NULL none */
	const char *key;	/* "Del; F2": what opens the setup at the start; NULL not known */
	struct firmware_path {
		const char *path;   /* "Advanced > CPU Configuration > SVM Mode"; NULL not known */
		const char *source; /* of that line */
		bool confirmed;	    /* false: the source says "unconfirmed" */
		bool always_on;	    /* there is no such option, because it is always on; path is NULL */
	} settings[SETTING_COUNT];
};

struct board_line;
struct boards {
	struct arena_list lines; /* of struct board_line */
};

/*
 * Adds the lines of TEXT.  FILE is what messages call it; OWN marks the person's own, which win over shipped
 * ones.  A line that is wrong is left out and noted in host->broken.  Everything is in the host's arena.
 */
void boards_add(struct boards *b, struct host *h, const char *file, const char *text, size_t len, bool own);
/* The person's own below the host's root, where they belong to the board: a file, or a folder of files. */
#define BOARDS_OWN "etc/vfio-wizard/boards"
void boards_add_own(struct boards *b, struct host *h);
/* What B knows of the board of H; match is BOARD_UNKNOWN when nothing fits. */
struct firmware_menu *boards_find(const struct boards *b, const struct host *h, struct arena *a)
	_returns_nonnull_;
/* "Del, F2 or Esc", "Entf oder F2" in German: what opens the setup of H; in its arena. */
const char *boards_key_text(const struct host *h) _returns_nonnull_;
/* Number of lines, and one by one for tests: source of line I. */
unsigned boards_count(const struct boards *b);
const char *boards_source(const struct boards *b, unsigned i);
/*
 * A line for the board of H with its DMI strings filled in and "?" for what only its owner can see;
 * it can be read back as it is.  NULL when the DMI strings name no board.
 */
const char *boards_line_to_fill(const struct host *h, struct arena *a);
