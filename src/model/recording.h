/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "base/fsroot.h"

/*
 * A recorded host: one text file that replays a machine.  Made by `vfio-wizard snapshot`, read by
 * --host.  Readable before it is sent; masked as it is made.  Format (see HACKING.md):
 *
 *	# vfio-wizard recorded host 1
 *	/proc/cmdline = BOOT_IMAGE=/vmlinuz root=UUID=… ro quiet
 *	/sys/bus/pci/devices/0000:01:00.0 -> ../../../devices/pci0000:00/0000:01:00.0
 *	/sys/firmware/efi/efivars/SecureBoot-… : 0600000000          (hex bytes)
 *	/sys/…/0000:00:00.0/config : 8680c029 +4092                  (hex bytes, then so many zeros)
 *	/etc/default/grub <<                                         (text, each line after one tab,
 *		GRUB_DEFAULT=0                                       ends at the first line without)
 *		GRUB_TIMEOUT=5
 *	/sys/kernel/iommu_groups/                                    (an empty directory)
 *	/etc/shadow ! EACCES                                         (there, but could not be read)
 *
 * "=" and "<<" contents end with a newline; "=\" and "<<\" ones do not.  A path may end in
 * " [0600]" or " [0600 0:0]" before the sign to give a mode and owner other than 0644 of the reader.
 * Blanks in paths are written \x20.  '#' starts a comment line.
 * What cannot be a file is kept below /.vfio-wizard/: /.vfio-wizard/cpuid holds
 * "vendor=GenuineIntel vmx=1 svm=0 hypervisor=0", /.vfio-wizard/user what live-access.h describes.
 */

/* Replays TEXT into the existing empty directory DIR.  ERR_INPUT with file and line. */
int recording_unpack(const char *text, size_t len, const char *name, const char *dir, struct err *err)
	_must_check_;

/*
 * Opens a recorded host as a root: unpacks it below a private directory in $TMPDIR (or /dev/shm),
 * which recording_close() removes.  NAME is the file, or "-".
 */
struct recording;
int recording_open(const char *file, struct recording **ret, struct err *err) _must_check_;
const struct fsroot *recording_root(const struct recording *r);
void recording_close(struct recording *r); /* NULL is fine */
static inline void recording_closep(struct recording **r)
{
	recording_close(*r);
}
#define _cleanup_recording_ _cleanup_(recording_closep)

/* Records what the probes read below FS as text; free() it.  Private data is masked (see snapshot). */
int recording_take(const struct fsroot *fs, char **ret, size_t *ret_len, struct err *err) _must_check_;
