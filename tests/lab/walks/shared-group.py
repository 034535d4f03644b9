# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared groups and isolated ones: our verdict, the port we name, and what QEMU says when it is tried."""
import json

ORDER = 60
BEHIND_BRIDGE = '0000:0a:01.0'      # RTL8139 on conventional PCI
BEHIND_OPEN_PORT = '0000:07:00.0'   # e1000e behind a root port without ACS
ISOLATED = '0000:02:00.0'           # e1000e behind a root port with ACS

# QEMU alone, with the device as it is: what the kernel says of the group is what QEMU says.
TRY = r'''
d=/sys/bus/pci/devices/%(address)s
modprobe vfio-pci
old=$(basename "$(readlink $d/driver)")
echo vfio-pci >$d/driver_override
echo %(address)s >$d/driver/unbind
echo %(address)s >/sys/bus/pci/drivers_probe
timeout -k 5 20 qemu-system-x86_64 -accel tcg -machine q35 -m 64 -nodefaults -display none -S \
	-device vfio-pci,host=%(address)s >/tmp/qemu.out 2>&1 &
qemu=$!
sleep 8
ls -l /proc/$(pgrep -P $qemu -f qemu-system || echo $qemu)/fd 2>/dev/null | grep -o '/dev/vfio/[0-9]*'
kill $qemu 2>/dev/null
wait $qemu
cat /tmp/qemu.out
echo >$d/driver_override
echo %(address)s >$d/driver/unbind
echo %(address)s >/sys/bus/pci/drivers_probe
'''


def try_with_qemu(w, m, address):
    return w.run(m, TRY % {'address': address}, None)[1]


def walk(w):
    m = w.machine()
    w.snapshot(m, 'shared-group')
    groups = w.json(m, 'groups')
    of = {a: g for g in groups['groups'] for a in g['devices']}
    kernel = w.run(m, 'for g in /sys/kernel/iommu_groups/*/devices/*; do echo "$g"; done')
    for address, what, port in ((BEHIND_BRIDGE, 'behind a conventional bridge', None),
                                (BEHIND_OPEN_PORT, 'behind a root port without ACS', '0000:00:03.0')):
        g = of[address]
        w.check('%s: in the group the kernel says' % what,
                '/%s/devices/%s' % (g['id'], address) in kernel, kernel)
        w.check('%s: shared' % what, g['verdict'] == 'shared', g)
        if port:
            w.check('%s: the verdict names the port' % what,
                    port in (g['ports_without_acs'] or []) and port[5:] in json.dumps(g['reason']), g)
        else:
            w.check('%s: the verdict names the bridge' % what, '0000:09:00.0'[5:] in json.dumps(g), g)
        status, out = w.run(m, 'vfio-wizard plan --device %s' % address, None)
        w.check('%s: the plan refuses' % what, status == 2, out)
        said = try_with_qemu(w, m, address)
        w.check('%s: QEMU refuses, too' % what, 'not viable' in said, said)
    g = of[ISOLATED]
    w.check('behind a root port with ACS: isolated', g['verdict'] == 'isolated', g)
    status, out = w.run(m, 'vfio-wizard plan --device %s' % ISOLATED, None)
    w.check('behind a root port with ACS: the plan takes it', status == 1 and ISOLATED in out, out)
    said = try_with_qemu(w, m, ISOLATED)
    w.check('behind a root port with ACS: QEMU opens the group',
            '/dev/vfio/%s' % g['id'] in said and 'not viable' not in said, said)
