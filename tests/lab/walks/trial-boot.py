# SPDX-License-Identifier: GPL-2.0-or-later
"""New arguments for one start only: one that comes up and is made permanent, one that does not, and the untouched entry."""
import time

from machine import Computer

ORDER = 45
MINUTES = 9
APPLY = 'vfio-wizard apply --yes --trial yes --passthrough-mode yes'


def iommu(w, m):
    return w.json(m, 'check')['iommu']['state']


def cmdline(w, m):
    return w.run(m, 'cat /proc/cmdline').split()


def comes_up_not(w, m):
    """The entry of the trial asks for a root that is not there: the start ends in the initial RAM disk."""
    status, out = w.run(m, APPLY, None)
    w.check('a trial is set up, a restart is due', status == 1, out)
    w.run(m, "sed -i '/vfio-wizard-trial begins/,/vfio-wizard-trial ends/s/root=UUID=[^ ]*/root=UUID=ffffffff/' "
             '/boot/grub/custom.cfg && sync')
    w.doing('restarting into a trial that does not come up')
    seen, start = len(m.console()), time.monotonic()
    m.send('systemctl reboot')
    while '(initramfs)' not in m.console()[seen:] and time.monotonic() < start + 400:
        time.sleep(2)
    w.check('the trial does not come up', '(initramfs)' in m.console()[seen:], m.console()[-500:])
    m.cut()
    m.start()
    w.booted(m, 'switched on again')
    w.check('the next start is as before: the IOMMU is off', iommu(w, m) == 'off-in-kernel')
    status, out = w.run(m, 'vfio-wizard verify', None)
    w.check('verify says that the trial did not come true', status == 1 and '[!]' in out, out)


def walk(w):
    m = w.machine(Computer(), disk='disk-off')
    before = w.listing(m)
    comes_up_not(w, m)
    # The walk itself edited the entry of the trial.
    w.run(m, 'vfio-wizard undo --all --edited restore')
    changed = w.changed_files(before, w.listing(m))
    w.check('undone, file by file', not changed, changed)

    status, out = w.run(m, APPLY, None)
    w.check('the trial is set up again', status == 1, out)
    settings = w.run(m, 'cat /etc/default/grub /etc/default/grub.d/*.cfg')
    w.check("the settings of GRUB are still the old ones", 'intel_iommu=on' not in settings, settings)
    w.restart(m)
    w.check('the trial came up: the IOMMU is on', iommu(w, m) == 'on')
    status, out = w.run(m, 'vfio-wizard verify', None)
    w.check('verify: every promise came true', status == 0, out)
    status, out = w.run(m, APPLY, None)
    w.check('what came up is made permanent, without a restart', status == 0, out)
    w.restart(m)
    w.check('the start after it has the arguments too', iommu(w, m) == 'on')
    plan = w.json(m, 'plan --trial yes --passthrough-mode yes')
    w.check('nothing is left to do', not plan['stages'], plan)
    w.check('the entry of the trial is gone', 'vfio-wizard-trial' not in w.run(m, 'cat /boot/grub/custom.cfg'))

    w.run(m, 'grub-reboot vfio-wizard-before')
    w.restart(m)
    args = cmdline(w, m)
    w.check('the untouched entry starts the host as before', 'vfio-wizard=off' in args and
            'intel_iommu=on' not in args and iommu(w, m) == 'off-in-kernel', args)
    w.run(m, 'vfio-wizard undo --all')
    w.restart(m)
    changed = w.changed_files(before, w.listing(m))
    w.check('the host is as it was at the start, file by file', not changed, changed)
