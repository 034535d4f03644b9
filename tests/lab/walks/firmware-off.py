# SPDX-License-Identifier: GPL-2.0-or-later
"""IOMMU off in the firmware: the verdict, what to look for in the set-up, and a restart that really opens it."""
from machine import Computer

ORDER = 30
VARIABLE = 'OsIndications\0'.encode('utf-16-le')  # as the firmware's flash names it


def is_asked(m):
    """The firmware's own memory has the variable that asks it to open its set-up."""
    with open(m.vars_fd, 'rb') as f:
        return VARIABLE in f.read()


def walk(w):
    m = w.machine(Computer(iommu='none'))
    check = w.json(m, 'check')
    w.check('the verdict: work', check['verdict'] == 'work', check['verdict'])
    w.check('the IOMMU is off in the firmware', check['iommu']['state'] == 'off-in-firmware', check['iommu'])
    advice = ' '.join(a for f in check['findings'] if f['id'].startswith('iommu-') for a in f['advice'])
    w.check('the advice names the setting to look for', 'set IOMMU to Enabled' in advice, advice)
    w.check('this firmware can open its set-up', check['firmware']['opens_setup'] is True, check['firmware'])
    plan = w.json(m, 'plan')
    w.check('the plan ends in the firmware', [s['then'] for s in plan['stages']] == ['firmware'], plan['stages'])
    w.snapshot(m, 'iommu-off-in-firmware')

    t = w.terminal(m)
    t.shell()
    w.doing('the wizard, by keys')
    t.type('vfio-wizard')
    t.keys('Enter')
    t.wait('This computer')
    t.keys('n')
    screen = t.wait('Firmware settings')
    w.check('the wizard offers to restart into the set-up', 'Restart into the firmware setup' in screen, screen)
    t.keys('Tab', 'Tab', 'Enter')
    screen = t.wait('Restart into the firmware setup?', 30)
    w.check('the advice is told once more before it', 'IOMMU' in screen, screen)
    w.check('OsIndications is not set before', not is_asked(m))
    # OVMF takes the console's size; its set-up looks the same on the serial line as on the monitor.
    t.keys('Tab', 'Enter')
    w.doing('waiting for the firmware set-up')
    screen = t.wait('Boot Manager', 180)
    w.check('the firmware opened its set-up', 'Device Manager' in screen or 'Boot Maintenance' in screen, screen)
    w.check('OsIndications was set', is_asked(m))
