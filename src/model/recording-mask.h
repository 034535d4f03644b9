/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes private data out of a recording.  The same secret becomes the same stand-in wherever it
 * occurs, so that root=UUID=… still matches fstab; masking what is masked already changes nothing.
 */
struct recording_mask;

struct recording_mask *recording_mask_new(void) _returns_nonnull_;
void recording_mask_free(struct recording_mask *m);

/* Teaches a serial number, to be replaced wherever it occurs; too short or telling nothing: ignored. */
void recording_mask_add_serial(struct recording_mask *m, const char *serial);
/* Teaches every UUID=… / PARTUUID=… value in TEXT that has not the shape of a UUID ("ABCD-1234"). */
void recording_mask_add_short_uuids(struct recording_mask *m, const char *text);
/* Teaches this machine's name, unless WORDS (os-release) use it: "debian" is nobody's secret. */
void recording_mask_add_host_name(struct recording_mask *m, const char *name, const char *words);
/* Teaches a UUID that means the same on every machine (a partition type) and stays as it is. */
void recording_mask_keep(struct recording_mask *m, const char *uuid);

/* TEXT without secrets; ADDRESSES: IP addresses, too.  free() it. */
char *recording_mask_text(struct recording_mask *m, const char *text, bool addresses) _returns_nonnull_;
