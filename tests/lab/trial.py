# SPDX-License-Identifier: GPL-2.0-or-later
"""What the trial walks share: new arguments for one start only, one that does not come up, one that does, and back."""
import time

APPLY = 'vfio-wizard apply --yes --trial yes --passthrough-mode yes'


def iommu(w, m):
    return w.json(m, 'check')['iommu']['state']


def comes_up_not(w, m, spoil):
    """spoil makes the entry of the trial ask for a root that is not there: the start ends in the initial RAM disk."""
    status, out = w.run(m, APPLY, None)
    w.check('a trial is set up, a restart is due', status == 1, out)
    w.run(m, spoil)
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


def comes_up(w, m, settings, entry):
    """settings: the files that feed the usual entry; entry: a command that succeeds while the trial's entry is there."""
    status, out = w.run(m, APPLY, None)
    w.check('the trial is set up again', status == 1, out)
    text = w.run(m, 'cat ' + settings)
    w.check('the settings are still the old ones', 'intel_iommu=on' not in text, text)
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
    w.check('the entry of the trial is gone', w.run(m, entry, None)[0] != 0)


def as_before(w, m, choose):
    """choose: a command that makes the next start take the untouched entry."""
    w.run(m, choose)
    w.restart(m)
    args = w.run(m, 'cat /proc/cmdline').split()
    w.check('the untouched entry starts the host as before', 'vfio-wizard=off' in args and
            'intel_iommu=on' not in args and iommu(w, m) == 'off-in-kernel', args)
