# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole way on an Intel host, by keys on the serial console: IOMMU off, two restarts, a machine, and back."""
ORDER = 10
CARD, SOUND = '0000:03:00.0', '0000:03:00.1'


# Starts the machine's script, and tells what QEMU holds open and says of itself once it has the devices.
RUN = r'''
%(script)s %(options)s >/tmp/machine.log 2>&1 &
script=$!
state=/var/lib/vfio-wizard/machines/%(name)s
for i in $(seq 60); do
	qemu=$(pgrep -P $script -f qemu-system-x86)
	[ "$qemu" ] && ls -l /proc/$qemu/fd | grep -q vfio-device && [ -S $state/qmp.sock ] && break
	kill -0 $script 2>/dev/null || break
	sleep 1
done
sleep 3
[ "$qemu" ] && ls -l /proc/$qemu/fd | grep -o '/dev/vfio/.*\|anon_inode:\[vfio-device\]'
printf '{"execute":"qmp_capabilities"}\n{"execute":"query-status"}\n' | timeout 5 nc -U $state/qmp.sock
kill $script
wait $script
echo "the script ended with $?"
cat /tmp/machine.log
'''


def machine_runs(w, m, script, options=''):
    name = script.rsplit('/', 1)[1].rsplit('.', 1)[0]
    return w.run(m, RUN % {'script': script, 'options': options, 'name': name}, timeout=200)


def restart_now(w, m, t):
    """On the checkpoint's screen: "Restart now", the second button."""
    t.keys('Tab', 'Enter')
    w.doing('the wizard restarts the computer')
    w.note('restarted in %.0f s' % m.wait())
    t.shell()


def walk(w):
    m = w.machine(disk='disk-off')
    before = w.listing(m)
    check = w.json(m, 'check', 1)
    w.check('check: the IOMMU is off in the kernel', check['iommu']['state'] == 'off-in-kernel', check['iommu'])
    w.check('check: the line that says so is shown',
            any('intel_iommu=off' in e for f in check['findings'] for e in f['evidence']), check['findings'])
    w.snapshot(m, 'intel-off-in-kernel')

    t = w.terminal(m)
    t.shell()
    t.type('vfio-wizard')
    t.keys('Enter')
    w.doing('the wizard, by keys')
    t.wait('This computer')
    t.keys('n')
    t.wait('Firmware settings')
    t.keys('n')
    t.wait('intel_iommu=on')
    t.keys('n')
    t.wait('Go back')
    t.keys('Tab', 'Enter')
    w.doing('writing, then update-grub')
    screen = t.wait('Restart 1 of 2', 300)
    w.check('the first checkpoint', 'update-grub' not in screen, screen)
    restart_now(w, m, t)
    check = w.json(m, 'check')
    w.check('the IOMMU is on', check['iommu']['state'] == 'on' and check['iommu']['groups'] > 20, check['iommu'])
    w.snapshot(m, 'intel-on')

    t.type('vfio-wizard')
    t.keys('Enter')
    w.doing('the wizard, by keys')
    t.wait('everything that was')
    t.keys('Enter')
    t.wait('Choose devices')
    t.keys('/')
    t.type('03:00.0')
    t.keys('Enter', 'Space')
    screen = t.wait('2 marked')
    w.check('the card is marked with its sound function', '2 marked' in screen)
    t.keys('Escape', 'n')
    t.wait('handed over')
    t.keys('Down', 'Space')
    t.wait('Write these changes')
    t.keys('n')
    t.wait('Go back')
    t.keys('Tab', 'Enter')
    w.doing('writing, then update-initramfs')
    screen = t.wait('Restart 2 of 2', 500)
    w.check('the second checkpoint', 'update-initramfs' not in screen, screen)
    restart_now(w, m, t)
    for address in (CARD, SOUND):
        w.check('%s is on vfio-pci' % address, w.driver(m, address) == 'vfio-pci', w.driver(m, address))
    log = w.run(m, 'dmesg | grep vfio-wizard:')
    w.check('the initial RAM disk did that', '%s (0x1002:0x5046) is held by vfio-pci' % CARD in log, log)
    status, out = w.run(m, 'vfio-wizard verify', None)
    w.check('verify: every promise came true', status == 0, out)
    w.snapshot(m, 'intel-bound')

    t.type('vfio-wizard')
    t.keys('Enter')
    w.doing('the wizard, by keys')
    t.wait('everything that was')
    t.keys('Enter')
    t.wait('Virtual machine')
    t.keys('Down', 'Right', 'Right')
    t.wait('< linux >')
    t.keys('F8')
    t.wait('Nothing below is written yet')
    t.keys('3')
    t.wait('<domain')
    t.keys('n')
    t.wait('Go back')
    t.keys('Tab', 'Enter')
    t.wait('The machine is written')
    t.keys('n')
    screen = t.wait('Does it work')
    w.check('the machine is written, and what was promised is measured', 'linux' in screen, screen)
    xml = w.run(m, 'cat /etc/vfio-wizard/machines/linux.xml')
    w.check('the domain has both functions', xml.count('<hostdev') == 2, xml)
    out = w.run(m, 'LC_ALL=C virt-xml-validate /etc/vfio-wizard/machines/linux.xml 2>&1 || :')
    w.check("libvirt's schema takes it", 'validates' in out, out)

    said = machine_runs(w, m, '/etc/vfio-wizard/machines/linux.sh', '--software')
    group = w.run(m, 'basename $(readlink /sys/bus/pci/devices/%s/iommu_group)' % CARD).strip()
    w.check('QEMU opens the VFIO group of the card', '/dev/vfio/%s' % group in said, said)
    w.check('QEMU has both functions as devices', said.count('anon_inode:[vfio-device]') == 2, said)
    w.check('QEMU runs', '"running": true' in said, said)

    w.doing('undo, by keys')
    t.keys('u')
    t.wait('newest first')
    t.keys('Tab', 'Tab', 'Enter')
    t.wait('byte for byte')
    t.keys('Tab', 'Enter')
    w.doing('undoing everything, with update-initramfs and update-grub')
    t.wait('changed nothing here', 500)
    t.keys('q')
    t.wait('Everything was taken back')
    t.keys('Tab', 'Enter')
    t.shell()
    w.restart(m)
    check = w.json(m, 'check')
    w.check('the IOMMU is off in the kernel again', check['iommu']['state'] == 'off-in-kernel', check['iommu'])
    changed = w.changed_files(before, w.listing(m))
    w.check('the host is as it was at the start, file by file', not changed, changed)
