# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole way on an AMD host, from an answers file: IOMMU off, two restarts, a machine under KVM, and back."""
from machine import Computer

ORDER = 20
MINUTES = 8
CARD, SOUND = '0000:03:00.0', '0000:03:00.1'
ANSWERS = '''
gpu: auto
bind: address
os: linux
name: guest
memory: 512M
disk: none
network: none
display: none
'''


def walk(w):
    m = w.machine(Computer(iommu='amd'), disk='disk-off')
    before = w.listing(m)
    check = w.json(m, 'check', 1)
    w.check('check: the IOMMU is off in the kernel', check['iommu']['state'] == 'off-in-kernel', check['iommu'])
    w.check('check: it is AMD', check['iommu']['kind'] == 'amd' and check['cpu']['vendor'] == 'amd', check['cpu'])
    w.snapshot(m, 'amd-off-in-kernel')
    # /tmp does not outlive a restart, the answers that were saved do.
    wizard = "cat >/tmp/answers.yaml <<'TEXT'%sTEXT\nvfio-wizard --answers /tmp/answers.yaml" % ANSWERS

    status, out = w.run(m, wizard, None)
    w.check('the wizard goes to the first restart', status == 1, out)
    w.restart(m)
    check = w.json(m, 'check')
    w.check('the IOMMU is on', check['iommu']['state'] == 'on' and check['iommu']['groups'] > 20, check['iommu'])
    w.check('amd_iommu=off is gone, amd_iommu=on did not come', 'amd_iommu' not in ' '.join(check['boot']['cmdline']),
            check['boot']['cmdline'])
    w.snapshot(m, 'amd-on')

    status, out = w.run(m, wizard, None, timeout=600)
    w.check('the wizard goes to the second restart', status == 1, out)
    w.restart(m)
    for address in (CARD, SOUND):
        w.check_driver('%s is on vfio-pci' % address, m, address, 'vfio-pci')
    status, out = w.run(m, 'vfio-wizard verify', None)
    w.check('verify: every promise came true', status == 0, out)

    status, out = w.run(m, wizard, None)
    w.check('the wizard goes to its end', status == 0, out)
    out = w.run(m, 'LC_ALL=C virt-xml-validate /etc/vfio-wizard/machines/guest.xml 2>&1 || :')
    w.check("libvirt's schema takes the domain", 'validates' in out, out)
    said = w.run_machine(m, '/etc/vfio-wizard/machines/guest.sh')
    w.check('QEMU opens the VFIO group and both functions', said.count('anon_inode:[vfio-device]') == 2, said)
    w.check('QEMU runs under KVM', '"running": true' in said, said)

    status, out = w.run(m, 'vfio-wizard undo --all', None, timeout=600)
    w.check('undo', status == 0, out)
    w.restart(m)
    check = w.json(m, 'check')
    w.check('the IOMMU is off in the kernel again', check['iommu']['state'] == 'off-in-kernel', check['iommu'])
    changed = w.changed_files(before, w.listing(m))
    w.check('the host is as it was at the start, file by file', not changed, changed)
