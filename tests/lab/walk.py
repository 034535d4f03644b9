# SPDX-License-Identifier: GPL-2.0-or-later
"""What a walk has in its hands; see HACKING.md, "The lab"."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from machine import Computer, Machine, OVMF
from terminal import Terminal

# Everything that belongs to the host, file by file: type, mode, owner, size, time and content. Left
# out is what every start of a system writes, and the program's own folder of state.
LISTING = r'''
cd /
left_out='-path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./var/tmp
 -o -path ./var/log -o -path ./var/lib/systemd -o -path ./var/lib/dbus -o -path ./var/lib/lab-program
 -o -path ./var/lib/libvirt -o -path ./var/cache/libvirt -o -path ./var/cache/ldconfig -o -path ./root/.bash_history
 -o -path ./var/lib/vfio-wizard -o -path ./lost+found -o -path ./etc/machine-id -o -path ./etc/ld.so.cache'
find . \( $left_out \) -prune -o -type d -printf '%p %y %m %U %G\n' -o -type l -printf '%p %y -> %l\n' \
	-o -printf '%p %y %m %U %G %s %T@\n' | sort
find ./boot ./etc ./usr/local ./var/lib ./root \( $left_out \) -prune -o -type f -exec sha256sum {} + | sort -k 2
'''

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


class Walk:
    """One walk, in a process of its own. What it tells goes to stdout for the parent: kind, tab, text."""

    def __init__(self, name, image, program, out):
        self.name, self.image, self.program, self.out = name, image, program, out
        self.folder = tempfile.mkdtemp(prefix='lab-%s.' % name)
        self.failed = 0
        self.machines, self.terminals = [], []
        self.transcript = open(self.folder + '/transcript.txt', 'w')

    # --- telling

    def _tell(self, kind, text, detail=''):
        sys.stdout.write('%s\t%s\t%s\n' % (kind, text, json.dumps(detail)))
        sys.stdout.flush()
        self.transcript.write('%s %s: %s\n%s' % (time.strftime('%H:%M:%S'), kind, text, detail and detail + '\n'))
        self.transcript.flush()

    def note(self, text):
        self._tell('note', text)

    def doing(self, text):
        """What takes a while now; the parent shows it with the time it has been going on."""
        self._tell('doing', text)

    def check(self, name, holds, detail=''):
        """One check. detail is shown when it does not hold. Returns whether it holds."""
        if not holds:
            self.failed += 1
        self._tell('ok' if holds else 'not ok', name, '' if holds else str(detail))
        return bool(holds)

    def skip(self, name, why):
        self._tell('skip', name, why)

    # --- computers

    def machine(self, computer=None, disk='disk', name='machine'):
        """Starts a computer with a fresh disk and waits until it has booted. disk: 'disk', where the IOMMU is on by
        itself as Debian has it, or 'disk-off', where the kernel's command line switches it off."""
        computer = computer or Computer()
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        vars_fd = folder + '/vars.fd'
        shutil.copyfile(OVMF + '/OVMF_VARS_4M.ms.fd' if computer.firmware == 'uefi-secure' else self.image + '/vars.fd',
                        vars_fd)
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'qcow2',
                        '-b', '%s/%s.qcow2' % (self.image, disk), folder + '/disk.qcow2'], check=True)
        m = Machine(computer, folder + '/disk.qcow2', vars_fd, folder, name=name, stick=self.program)
        self.machines.append(m)
        self.booted(m, 'switched on')
        return m

    def booted(self, m, why):
        self.doing(why)
        self.note('%s, up in %.0f s' % (why, m.wait()))

    def restart(self, m, script='systemctl reboot'):
        self.doing('restarting')
        seconds = m.restart(script)
        self.note('restarted in %.0f s' % seconds)

    def run(self, m, script, status=0, timeout=300, doing=None):
        """Runs a script in the computer. With another exit status than expected the walk ends here; status None
        takes any and returns (status, output). doing: what people are told, else the script's first line."""
        self.doing(doing or script.strip().split('\n')[0][:100])
        got, out = m.run(script, timeout)
        self.transcript.write('%s $ %s\n%s[%d]\n' % (time.strftime('%H:%M:%S'), script, out, got))
        self.transcript.flush()
        if status is None:
            return got, out
        if got != status:
            raise AssertionError('exit status %d, expected %d: %s\n%s' % (got, status, script, out))
        return out

    def json(self, m, words, status=None):
        """What vfio-wizard WORDS --json prints."""
        script = 'vfio-wizard %s --json 2>/tmp/stderr; s=$?; cat /tmp/stderr >&2; exit $s' % words
        got, out = self.run(m, script, None, doing='vfio-wizard %s --json' % words)
        if status is not None and got != status:
            raise AssertionError('exit status %d, expected %d: vfio-wizard %s --json\n%s' % (got, status, words, out))
        try:
            return json.loads(out[out.index('{'):out.rindex('}') + 1])
        except ValueError:
            raise AssertionError('not JSON: vfio-wizard %s --json [%d]\n%s' % (words, got, out))

    def driver(self, m, address):
        return self.run(m, 'basename "$(readlink /sys/bus/pci/devices/%s/driver || echo -)"' % address,
                        doing='the driver of ' + address).strip()

    def check_driver(self, name, m, address, driver):
        got = self.driver(m, address)
        return self.check(name, got == driver, got)

    def run_machine(self, m, script, options=''):
        """Starts a machine by its script, looks at QEMU and stops it; returns what was seen."""
        name = script.rsplit('/', 1)[1].rsplit('.', 1)[0]
        return self.run(m, RUN % {'script': script, 'options': options, 'name': name}, timeout=200, doing='starting the machine')

    def listing(self, m):
        """Every file of the host; compare two with changed_files()."""
        return self.run(m, LISTING, timeout=600, doing='listing every file')

    def changed_files(self, before, after):
        """The lines by which two listings differ, '' when they are the same."""
        old, new = set(before.splitlines()), set(after.splitlines())
        return '\n'.join(['- ' + line for line in sorted(old - new)] + ['+ ' + line for line in sorted(new - old)])

    def terminal(self, m):
        t = Terminal(m)
        self.terminals.append(t)
        return t

    def snapshot(self, m, name):
        """Records the computer with the program's own `snapshot`; kept beside the results as NAME.host."""
        text = self.run(m, 'vfio-wizard snapshot -o /tmp/lab.host >&2 && cat /tmp/lab.host && rm /tmp/lab.host',
                        doing='vfio-wizard snapshot')
        folder = os.path.join(self.out, 'hosts')
        os.makedirs(folder, exist_ok=True)
        with open('%s/lab-%s.host' % (folder, name), 'w') as f:
            f.write(text[text.index('# vfio-wizard'):] if '# vfio-wizard' in text else text)

    # --- the end

    def keep(self):
        """After a failure: console logs, screens and the transcript go to the results."""
        kept = os.path.join(self.out, self.name)
        shutil.rmtree(kept, ignore_errors=True)
        os.makedirs(kept)
        self.transcript.flush()
        shutil.copy(self.folder + '/transcript.txt', kept)
        for m in self.machines:
            prefix = os.path.join(kept, m.name)
            for name in ('terminal.log', 'qemu.err'):
                if os.path.exists(os.path.join(m.folder, name)):
                    shutil.copy(os.path.join(m.folder, name), prefix + '-' + name)
            if m.process.poll() is None:
                try:
                    m.picture(prefix + '-monitor.png')
                except (OSError, ValueError):
                    pass
        for i, t in enumerate(self.terminals):
            try:
                for colours, name in ((False, 'screen-%d.txt' % i), (True, 'screen-%d.ansi' % i)):
                    with open(os.path.join(kept, name), 'w') as f:
                        f.write(t.screen(colours))
            except (OSError, subprocess.SubprocessError):
                pass
        return kept

    def close(self, keep):
        kept = self.keep() if self.failed or keep else None
        for t in self.terminals:
            t.close()
        for m in self.machines:
            m.close()
        self.transcript.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return kept
