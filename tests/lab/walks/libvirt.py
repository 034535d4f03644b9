# SPDX-License-Identifier: GPL-2.0-or-later
"""libvirt on the host: the domain is defined, started under KVM and stopped; libvirt takes the disk and gives it back."""
from machine import Computer

ORDER = 90
DISK = '0000:00:0b.0'       # the spare NVMe beside an AMD IOMMU, where the processor has SVM, so KVM is real
NODE = 'pci_0000_00_0b_0'


def walk(w):
    m = w.machine(Computer(iommu='amd'))
    w.run(m, 'systemctl start virtlogd libvirtd && virsh -c qemu:///system version')
    w.check_driver('the disk is on its own driver', m, DISK, 'nvme')
    status, out = w.run(m, 'vfio-wizard domain --nvme %s --os linux --name guest --memory 512M --disk none '
                        '--network none --display none --define' % DISK, None)
    w.check('the domain is defined', status == 0, out)
    out = w.run(m, 'virsh dumpxml guest')
    w.check('libvirt kept the device', "<hostdev mode='subsystem' type='pci' managed='yes'>" in out, out)
    status, out = w.run(m, 'virsh start guest; cat /var/log/libvirt/qemu/guest.log | tail -n 20', None, timeout=200)
    state = w.run(m, 'virsh domstate guest')
    w.check('it runs', 'running' in state, out)
    w.check_driver('libvirt took the disk', m, DISK, 'vfio-pci')
    fds = w.run(m, 'ls -l /proc/$(cat /run/libvirt/qemu/guest.pid)/fd')
    w.check('QEMU has it', 'vfio-device' in fds, fds)
    w.snapshot(m, 'libvirt-running')
    w.run(m, 'virsh destroy guest && udevadm settle')
    w.check_driver('stopped: the disk is back on its driver', m, DISK, 'nvme')
    out = w.run(m, 'for i in 1 2 3 4 5 6 7 8; do ls /dev/nvme1n1 2>/dev/null && break; sleep 1; done')
    w.check('and its disk with it', '/dev/nvme1n1' in out, out)
    w.run(m, 'virsh nodedev-detach %s' % NODE)
    w.check_driver('detached by hand', m, DISK, 'vfio-pci')
    w.run(m, 'virsh nodedev-reattach %s && udevadm settle' % NODE)
    w.check_driver('re-attached by hand', m, DISK, 'nvme')
    w.run(m, 'virsh undefine --nvram guest')
