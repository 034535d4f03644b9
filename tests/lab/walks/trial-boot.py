# SPDX-License-Identifier: GPL-2.0-or-later
"""New arguments for one start only: one that comes up and is made permanent, one that does not, and the untouched entry."""
import re

from machine import Computer
from trial import as_before, comes_up, comes_up_not

ORDER = 45
MINUTES = 9


def listing(w, m):
    """GRUB and grub-editenv write the environment block in place, so its time is no longer the old one."""
    return re.sub(r'^(\./boot/grub/grubenv .*) \S+$', r'\1', w.listing(m), flags=re.M)


def walk(w):
    m = w.machine(Computer(), disk='disk-off')
    before = listing(w, m)
    comes_up_not(w, m, "sed -i '/vfio-wizard-trial begins/,/vfio-wizard-trial ends/s/root=UUID=[^ ]*/root=UUID=ffffffff/' "
                       '/boot/grub/custom.cfg && sync')
    # The walk itself edited the entry of the trial.
    w.run(m, 'vfio-wizard undo --all --edited restore')
    changed = w.changed_files(before, listing(w, m))
    w.check('undone, file by file', not changed, changed)
    comes_up(w, m, '/etc/default/grub /etc/default/grub.d/*.cfg', 'grep -q vfio-wizard-trial /boot/grub/custom.cfg')
    as_before(w, m, 'grub-reboot vfio-wizard-before')
    w.run(m, 'vfio-wizard undo --all')
    w.restart(m)
    changed = w.changed_files(before, listing(w, m))
    w.check('the host is as it was at the start, file by file', not changed, changed)
