# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual functions on an NVMe disk: told apart from their card, and one of them given away."""
ORDER = 70
CARD = '0000:05:00.0'


def walk(w):
    m = w.machine()
    devices = {d['address']: d for d in w.json(m, 'devices')['devices']}
    w.check('the disk can have virtual functions', devices[CARD]['sriov'] == {'total': 4, 'enabled': 0},
            devices[CARD]['sriov'])
    w.run(m, 'echo 4 >/sys/bus/pci/devices/%s/sriov_numvfs && udevadm settle' % CARD)
    functions = w.run(m, 'for f in /sys/bus/pci/devices/%s/virtfn*; do basename "$(readlink "$f")"; done'
                      % CARD).split()
    w.check('there are four', len(functions) == 4, functions)
    devices = {d['address']: d for d in w.json(m, 'devices')['devices']}
    groups = {a: g for g in w.json(m, 'groups')['groups'] for a in g['devices']}
    w.check('the card knows how many are on', devices[CARD]['sriov'] == {'total': 4, 'enabled': 4}, devices[CARD])
    w.check('the card now is to be left alone', devices[CARD]['assignable'] != 'yes', devices[CARD])
    for f in functions:
        w.check('%s is isolated' % f, groups[f]['verdict'] == 'isolated' and groups[f]['devices'] == [f], groups[f])
    w.snapshot(m, 'sr-iov')
    one = functions[1]
    # A virtual function is made long after the initial RAM disk ran: binding it there promises what cannot be.
    status, out = w.run(m, 'vfio-wizard plan --device %s --bind address' % one, None)
    w.check('at every start by address: refused, and why', status == 2 and 'virtual function' in out, out)
    status, out = w.run(m, 'vfio-wizard domain --device %s --os linux --name guest --memory 512M --disk none '
                        '--network none --display none --format qemu -o /root/guest.sh' % one, None)
    w.check('the machine is written', status == 0, out)
    script = w.run(m, 'cat /root/guest.sh')
    w.check('with that function alone', script.count('vfio-pci,host=') == 1 and 'host=%s' % one in
            script.replace("'", ''), script)
    said = w.run_machine(m, '/root/guest.sh', '--software')
    w.check('QEMU opens its group', '/dev/vfio/%d' % groups[one]['id'] in said, said)
    w.check('QEMU runs with it', '"running": true' in said, said)
    # Its own driver never had it ("not ready" under this QEMU), so it goes back to nobody.
    w.check('given back', w.driver(m, one) != 'vfio-pci', w.driver(m, one))
    w.check_driver('the card and its disk stayed', m, CARD, 'nvme')
