/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/fsroot.h"

/*
 * What no file says and only the running system knows: who runs this program (behind sudo or pkexec
 * too), in which groups, with which limit of locked memory, and who may open /dev/kvm and /dev/vfio.
 * A recorded host keeps it as /.vfio-wizard/user; the probe reads the same text in both cases:
 *
 *	user 1000 alice sudo            (uid, name or "-", "sudo" when behind sudo or pkexec)
 *	groups kvm libvirt              (right now; no such line: not known)
 *	groups-later kvm                (by /etc/group, from the next login on)
 *	memlock 8388608 unlimited       (soft and hard, bytes)
 *	opens-kvm no                    (it was tried; no such line: it was not)
 *	container /.dockerenv
 *	dev                             (devices can be seen here: what has no line is not there)
 *	dev kvm 0660 0 104 root kvm     (path below /dev, mode, owner, group, their names or "-")
 *	dev vfio/12 0600 0 0 root root
 *
 * ANONYMOUS replaces people's names and numbers, and leaves out groups that are nobody's business.
 * free() it.  FS must be the live root.
 */
char *live_access_describe(const struct fsroot *fs, bool anonymous) _returns_nonnull_;
