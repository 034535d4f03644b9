# SPDX-License-Identifier: GPL-2.0-or-later
"""Secure Boot with enrolled keys: read right, the kernel's lockdown too, and a card goes to vfio-pci all the same."""
from machine import Computer

ORDER = 40
MINUTES = 3
CARD = '0000:02:00.0'  # e1000e behind a root port with ACS


def walk(w):
    m = w.machine(Computer(firmware='uefi-secure'))
    check = w.json(m, 'check')
    w.check('Secure Boot is on', check['firmware']['secure_boot'] == 'on', check['firmware'])
    w.check('the kernel is locked down: integrity', check['firmware']['lockdown'] == 'integrity', check['firmware'])
    lockdown = w.run(m, 'cat /sys/kernel/security/lockdown')
    w.check('the kernel says so, too', '[integrity]' in lockdown, lockdown)
    w.check('the IOMMU is on', check['iommu']['state'] == 'on', check['iommu'])
    w.snapshot(m, 'secure-boot')
    w.check_driver('the card is on its own driver', m, CARD, 'e1000e')
    status, out = w.run(m, 'vfio-wizard apply --device %s --bind address --yes' % CARD, None, timeout=600)
    w.check('applied, a restart is due', status == 1, out)
    w.restart(m)
    w.check_driver('after the restart the card is on vfio-pci', m, CARD, 'vfio-pci')
    status, out = w.run(m, 'vfio-wizard verify', None)
    w.check('verify measures that', status == 0, out)
