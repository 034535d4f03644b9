# SPDX-License-Identifier: GPL-2.0-or-later
"""A host that systemd-boot starts: first set-up with a card bound at boot, a trial that does not come up, one that does."""
import re

from machine import Computer
from trial import as_before, comes_up, comes_up_not

ORDER = 46
MINUTES = 12
CARD = '0000:02:00.0'

# As Debian has it: the package installs itself and hands it the kernels that are there.
MOVE = r'''
rm /etc/default/grub
printf '%s\n' "root=UUID=$(findmnt -no UUID /) ro quiet console=tty0 console=ttyS0,115200 no_timer_check intel_iommu=off" \
	>/etc/kernel/cmdline
dpkg -i /opt/lab/systemd-boot*.deb
printf 'timeout 1\n' >/boot/efi/loader/loader.conf
bootctl --no-pager status
bootctl --no-pager list
sync
'''


def listing(w, m):
    """kernel-install runs depmod after every image: its tables get another time, and have to hold the same."""
    text = re.sub(r'^(\./usr/lib/modules/[^/]+/modules\.\S+ .*) \S+$', r'\1', w.listing(m), flags=re.M)
    return text + w.run(m, 'sha256sum /usr/lib/modules/*/modules.*', doing='the tables of depmod')


def walk(w):
    m = w.machine(Computer(), disk='disk-off')
    w.run(m, MOVE, timeout=900, doing='moving to systemd-boot')
    w.restart(m)
    check = w.json(m, 'check')
    w.check('the loader is systemd-boot', check['boot']['loader'] == 'systemd-boot', check['boot'])
    w.check('the IOMMU is off in the kernel', check['iommu']['state'] == 'off-in-kernel', check['iommu'])
    w.snapshot(m, 'systemd-boot')
    before = listing(w, m)
    comes_up_not(w, m, "sed -i 's/root=UUID=[^ ]*/root=UUID=ffffffff/' /boot/efi/loader/entries/*trial*.conf && sync")
    # The walk itself edited the entry of the trial.
    w.run(m, 'vfio-wizard undo --all --edited restore')
    changed = w.changed_files(before, listing(w, m))
    w.check('undone, file by file', not changed, changed)
    comes_up(w, m, '/etc/kernel/cmdline', 'ls /boot/efi/loader/entries/*trial*.conf')

    status, out = w.run(m, 'vfio-wizard apply --yes --bind address --device ' + CARD, None, timeout=900)
    w.check('a card is bound at boot, a restart is due', status == 1, out)
    w.restart(m)
    w.check_driver('the card is at vfio-pci', m, CARD, 'vfio-pci')
    status, out = w.run(m, 'vfio-wizard verify', None)
    w.check('verify: every promise came true', status == 0, out)
    as_before(w, m, 'bootctl set-oneshot vfio-wizard-before.conf')
    driver = w.driver(m, CARD)
    w.check('and leaves the card alone', driver != 'vfio-pci', driver)
    w.run(m, 'vfio-wizard undo --all', timeout=900)
    w.restart(m)
    changed = w.changed_files(before, listing(w, m))
    w.check('the host is as it was at the start, file by file', not changed, changed)
