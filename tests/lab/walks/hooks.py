# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that the machine has only while it runs: by libvirt and its hook, by the script, and after QEMU was killed."""
from machine import Computer

ORDER = 95
MINUTES = 6
DISK = '0000:00:0b.0'       # the spare NVMe beside an AMD IOMMU, where the processor has SVM, so KVM is real
# A BIOS numbers the bus at once. UEFI takes longer, and a virtual interrupt of the nested machine can end QEMU 7.2
# ("tcg_handle_interrupt: assertion failed").
OPTIONS = ('--nvme %s --bind hooks --os linux --firmware bios --name guest --memory 512M --hugepages 2M --disk none '
           '--network none --display none' % DISK)
# The firmware of the machine has numbered the bus and given the disk its memory: it has seen it.
SEEN = r'''
for i in $(seq 60); do
	virsh qemu-monitor-command guest --hmp 'info pci' >/tmp/pci
	tr -d '\r' </tmp/pci | grep -A12 'PCI device 1b36:0010' | grep -q 'BAR0: .* at 0x0*[1-9a-f][0-9a-f]* \[' && break
	sleep 1
done
tr -d '\r' </tmp/pci | grep -A12 'PCI device 1b36:0010'
'''
# The machine by its script; what is asked of it comes when QEMU has the disk.
SCRIPT = r'''
/etc/vfio-wizard/machines/guest.sh %s >/tmp/machine.log 2>&1 &
script=$!
for i in $(seq 60); do
	qemu=$(pgrep -P $script -f qemu-system-x86)
	[ "$qemu" ] && ls -l /proc/$qemu/fd | grep -q vfio-device && break
	kill -0 $script 2>/dev/null || break
	sleep 1
done
basename "$(readlink /sys/bus/pci/devices/0000:00:0b.0/driver)"
kill -9 $qemu
wait $script
echo "the script ended with $?"
cat /tmp/machine.log
'''


def back(w, m, name):
    w.run(m, 'udevadm settle')
    w.check_driver(name, m, DISK, 'nvme')
    out = w.run(m, 'for i in 1 2 3 4 5 6 7 8; do ls /dev/nvme1n1 2>/dev/null && break; sleep 1; done')
    w.check(name + ', and its disk with it', '/dev/nvme1n1' in out, out)
    pages = w.run(m, 'cat /proc/sys/vm/nr_hugepages')
    w.check(name + ', and its memory pages are the host\'s again', pages.strip() == '0', pages)
    left = w.run(m, 'ls -A /run/vfio-wizard 2>/dev/null; cat /sys/bus/pci/devices/%s/driver_override' % DISK)
    w.check(name + ', and nothing is left', left.strip() == '(null)', left)


def start(w, m):
    status, out = w.run(m, 'virsh start guest; cat /var/log/libvirt/qemu/guest.log | tail -n 20', None, timeout=200)
    w.check('it runs', 'running' in w.run(m, 'virsh domstate guest'), out)
    w.check_driver('the hook gave the disk to vfio-pci', m, DISK, 'vfio-pci')
    pages = w.run(m, 'cat /proc/sys/vm/nr_hugepages')
    w.check('and made 256 pages for it', pages.strip() == '256', pages)


def walk(w):
    m = w.machine(Computer(iommu='amd'))
    w.run(m, 'systemctl start virtlogd libvirtd && virsh -c qemu:///system version')
    before = w.listing(m)
    status, out = w.run(m, 'vfio-wizard apply --yes ' + OPTIONS, None)
    w.check('the hook is installed, no restart is due', status == 0, out)
    w.check_driver('until then the disk stays with the host', m, DISK, 'nvme')
    status, out = w.run(m, 'vfio-wizard domain --define ' + OPTIONS, None)
    w.check('the domain is defined', status == 0, out)

    start(w, m)
    out = w.run(m, SEEN, None, timeout=200, doing='the firmware of the machine looks for the disk')[1]
    w.check('the firmware of the machine sees the disk', 'BAR0' in out, out)
    w.run(m, 'virsh destroy guest')
    back(w, m, 'stopped: the disk is back')

    start(w, m)
    w.run(m, 'kill -9 $(cat /run/libvirt/qemu/guest.pid); for i in $(seq 30); do '
             'virsh domstate guest | grep -q "shut off" && break; sleep 1; done')
    w.check('libvirt noticed that QEMU was killed', 'shut off' in w.run(m, 'virsh domstate guest'))
    back(w, m, 'QEMU was killed: the disk is back')
    w.run(m, 'virsh undefine --nvram guest')

    status, out = w.run(m, 'vfio-wizard domain --format qemu -o /etc/vfio-wizard/machines/guest.sh ' + OPTIONS, None)
    w.check('the script is written', status == 0, out)
    out = w.run(m, SCRIPT % '', None, timeout=300, doing='the machine by its script')[1]
    w.check('the script gave the disk to vfio-pci', out.startswith('vfio-pci'), out)
    back(w, m, 'QEMU was killed below the script: the disk is back')
    w.run(m, 'rm -r /etc/vfio-wizard/machines/guest.sh; rmdir /etc/vfio-wizard/machines /etc/vfio-wizard || :')
    status, out = w.run(m, 'vfio-wizard undo --all', None)
    w.check('undo', status == 0, out)
    changed = w.changed_files(before, w.listing(m))
    w.check('the host is as it was at the start, file by file', not changed, changed)
