# SPDX-License-Identifier: GPL-2.0-or-later
"""The same disk started by a BIOS instead of UEFI: read right, changed and taken back."""
from machine import Computer

ORDER = 50
MINUTES = 4
CARD = '0000:02:00.0'


def walk(w):
    m = w.machine(Computer(firmware='bios'), disk='disk-off')
    check = w.json(m, 'check')
    w.check('the firmware is a BIOS', check['firmware']['mode'] == 'bios', check['firmware'])
    w.check('Secure Boot is not there', check['firmware']['secure_boot'] == 'unsupported', check['firmware'])
    w.check('the set-up can not be asked for', check['firmware']['opens_setup'] is not True, check['firmware'])
    w.check('the IOMMU is off in the kernel', check['iommu']['state'] == 'off-in-kernel', check['iommu'])
    w.check('the loader is GRUB', check['boot']['loader'] == 'grub', check['boot'])
    w.snapshot(m, 'legacy-bios')
    before = w.listing(m)
    status, out = w.run(m, 'vfio-wizard apply --yes', None)
    w.check('the kernel stage is applied, a restart is due', status == 1, out)
    w.restart(m)
    check = w.json(m, 'check')
    w.check('the IOMMU is on', check['iommu']['state'] == 'on', check['iommu'])
    status, out = w.run(m, 'vfio-wizard verify', None)
    w.check('verify measures that', status == 0, out)
    w.run(m, 'vfio-wizard undo --all')
    changed = w.changed_files(before, w.listing(m))
    w.check('taken back, file by file', not changed, changed)
