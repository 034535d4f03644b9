# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's computer: what it is made of, and a running one.

    Computer   what it is: which IOMMU, which firmware
    Machine    one that runs: commands in it, its terminal, restarts, the power cord
"""
import base64
import ctypes
import gzip
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
OVMF = '/usr/share/OVMF'


@dataclass
class Computer:
    iommu: str = 'intel'        # intel, amd, none
    firmware: str = 'uefi'      # uefi, uefi-secure (keys enrolled, Secure Boot on), bios
    memory_mib: int = 3072  # the program leaves the host 2048
    cpus: int = 2               # more than the real ones only makes emulation slower

    @property
    def maker(self):
        """Whose processor and board: emulation knows AMD's SVM and not Intel's VMX, so Intel only where it has to be."""
        return 'intel' if self.iommu == 'intel' else 'amd'


def processor(computer, accel):
    if accel == 'kvm':
        return 'host'
    # Without a fifth level of page tables emulation is faster; the bit that tells of a hypervisor is hidden, since
    # this plays a computer.
    if computer.maker == 'amd':
        return ('max,vendor=AuthenticAMD,family=23,model=113,stepping=0,'
                'model-id=AMD Ryzen 7 3700X 8-Core Processor,-la57,-hypervisor')
    return ('max,vendor=GenuineIntel,family=6,model=158,stepping=10,'
            'model-id=Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz,-la57,-svm,-hypervisor,xlevel=0x80000008')


def board(computer):
    maker, product = (('ASUSTeK COMPUTER INC.', 'PRIME X570-PRO') if computer.maker == 'amd' else
                      ('Gigabyte Technology Co., Ltd.', 'Z370 AORUS Gaming 7'))
    maker = maker.replace(',', ',,')  # how QEMU writes a comma
    return ['-smbios', 'type=0,vendor=American Megatrends Inc.,version=F12,date=03/14/2023',
            '-smbios', 'type=1,manufacturer=%s,product=%s,version=1.0' % (maker, product),
            '-smbios', 'type=2,manufacturer=%s,product=%s,version=x.x' % (maker, product),
            '-smbios', 'type=3,manufacturer=Default string']


def cards(computer, disk, folder, stick):
    """-drive and -device of everything that is plugged in; stick: a file, or None.

    What does DMA stands on bus 0 beside an AMD IOMMU: QEMU's (7.2) knows devices by the bus numbers from before the
    firmware gave them out, and translates wrongly for everything behind a bridge."""
    amd = computer.iommu == 'amd'
    args = []

    def drive(name, path, form):
        args.extend(['-drive', 'if=none,id=%s,file=%s,format=%s,cache=writeback,discard=unmap' % (name, path, form)])

    def device(text):
        args.extend(['-device', text])

    def port(name, slot):  # behind a root port, or on bus 0 beside an AMD IOMMU
        return 'bus=pcie.0,addr=%s' % slot if amd else 'bus=' + name

    # An AMD IOMMU takes the first free slot, 00:01.0, for itself.
    device('VGA,id=vga,bus=pcie.0,addr=' + ('0f.0' if amd else '01.0'))
    # Root ports with ACS: every port and what is behind it is a group of its own.
    for i in range(6):
        device('pcie-root-port,id=acs%d,bus=pcie.0,addr=02.%d,chassis=%d,slot=%d%s'
               % (i, i, i + 1, i + 1, ',multifunction=on' if i == 0 else ''))
    drive('root', disk, 'qcow2')
    device('nvme,id=nvme0,serial=LABROOT,drive=root,bootindex=0,' + port('acs0', '09.0'))
    device('e1000e,id=nic0,mac=52:54:00:1a:b0:01,bus=acs1,romfile=')
    # A graphics card with its sound function.
    device('ati-vga,id=card,bus=acs2,addr=00.0,multifunction=on')
    device('ich9-intel-hda,id=cardsound,bus=acs2,addr=00.1')
    device('hda-output,bus=cardsound.0,audiodev=silence')
    device('qemu-xhci,id=usb,' + port('acs3', '0a.0'))
    for i, what in enumerate(('usb-kbd', 'usb-mouse'), 1):
        device('%s,bus=usb.0,port=%d' % (what, i))
    if stick:
        args.extend(['-drive', 'if=none,id=stick,file=%s,format=raw,readonly=on' % stick])
        device('usb-storage,bus=usb.0,port=3,drive=stick,removable=on,serial=LABPROGRAM')
    # A second disk to give away, with virtual functions.
    drive('spare', folder + '/spare.raw', 'raw')
    args.extend(['-device', 'nvme-subsys,id=subsystem'])
    device('nvme,id=nvme1,serial=LABSPARE,subsys=subsystem,sriov_max_vfs=4,sriov_vq_flexible=8,'
           'sriov_vi_flexible=4,max_ioqpairs=10,msix_qsize=16,' + port('acs4', '0b.0'))
    device('nvme-ns,drive=spare,bus=nvme1')
    # Root ports without ACS: both and everything behind them are one group.
    device('pcie-root-port,id=open0,bus=pcie.0,addr=03.0,multifunction=on,chassis=20,slot=20,disable-acs=true')
    device('pcie-root-port,id=open1,bus=pcie.0,addr=03.1,chassis=21,slot=21,disable-acs=true')
    device('e1000e,id=nic1,mac=52:54:00:1a:b0:02,bus=open0,romfile=')
    device('nec-usb-xhci,id=usb2,' + port('open1', '0c.0'))
    # Conventional PCI behind a bridge: the bridge and all behind it are one group.
    device('pcie-root-port,id=old,bus=pcie.0,addr=04.0,chassis=30,slot=30')
    device('pcie-pci-bridge,id=pci,bus=old')
    device('rtl8139,id=nic2,mac=52:54:00:1a:b0:03,bus=pci,addr=01.0,romfile=')
    device('ES1370,bus=pci,addr=02.0,audiodev=silence')
    # A switch, whose downstream ports have no ACS.
    device('pcie-root-port,id=above,bus=pcie.0,addr=05.0,chassis=40,slot=40')
    device('x3130-upstream,id=switch,bus=above')
    device('xio3130-downstream,id=down0,bus=switch,addr=00.0,multifunction=on,chassis=41,slot=41')
    device('xio3130-downstream,id=down1,bus=switch,addr=01.0,chassis=42,slot=42')
    device('vmxnet3,id=nic3,mac=52:54:00:1a:b0:04,bus=down0,romfile=')
    device('megasas-gen2,' + port('down1', '0d.0'))
    # What sits in the chipset.
    device('ich9-intel-hda,id=sound,bus=pcie.0,addr=1b.0')
    device('hda-duplex,bus=sound.0,audiodev=silence')
    device('ich9-usb-ehci1,id=ehci,bus=pcie.0,addr=1d.7,multifunction=on')
    for i in range(3):
        device('ich9-usb-uhci%d,masterbus=ehci.0,firstport=%d,bus=pcie.0,addr=1d.%d%s'
               % (i + 1, i * 2, i, ',multifunction=on' if i == 0 else ''))
    return args


def command(computer, disk, vars_fd, folder, accel, given, stick):
    """The QEMU command. given: {name: path}, small files that the agent finds in there (the kernel reads them byte by
    byte, from the start every time); stick: what is on a USB stick, or None."""
    secure = computer.firmware == 'uefi-secure'
    args = ['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-display', 'none',
            '-machine', 'q35,usb=off,smm=%s%s' % ('on' if secure else 'off',
                                                  # interrupt remapping under KVM needs it
                                                  ',kernel-irqchip=split' if accel == 'kvm' else ''),
            '-accel', 'kvm' if accel == 'kvm' else 'tcg,thread=multi,tb-size=512',
            '-cpu', processor(computer, accel), '-smp', '%d,sockets=1,cores=%d,threads=1' % (computer.cpus, computer.cpus),
            '-m', str(computer.memory_mib), *board(computer)]
    if secure:
        args += ['-global', 'driver=cfi.pflash01,property=secure,value=on']
    if computer.firmware != 'bios':
        code = OVMF + ('/OVMF_CODE_4M.secboot.fd' if secure else '/OVMF_CODE_4M.fd')
        args += ['-drive', 'if=pflash,unit=0,format=raw,readonly=on,file=' + code,
                 '-drive', 'if=pflash,unit=1,format=raw,file=' + vars_fd]
    # Before every other device, as QEMU's manual asks.
    if computer.iommu == 'intel':
        args += ['-device', 'intel-iommu,intremap=on,caching-mode=on,device-iotlb=on']
    elif computer.iommu == 'amd':
        args += ['-device', 'amd-iommu,intremap=on,device-iotlb=on']
    elif computer.iommu != 'none':
        raise ValueError('no such IOMMU: ' + computer.iommu)
    for name in ('terminal', 'agent'):
        args += ['-chardev', 'socket,id=%s,path=%s/%s.sock,server=on,wait=off,logfile=%s/%s.log,logappend=on'
                 % (name, folder, name, folder, name), '-serial', 'chardev:' + name]
    args += ['-qmp', 'unix:%s/qmp.sock,server=on,wait=off' % folder, '-audiodev', 'none,id=silence']
    for name, path in given.items():
        args += ['-fw_cfg', 'name=opt/lab/%s,file=%s' % (name, path)]
    return args + cards(computer, disk, folder, stick)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def pick_accel(seconds=6):
    """'kvm' only where a UEFI firmware really runs on it. A /dev/kvm that opens, and even makes a machine,
    proves nothing: a KVM in software runs SeaBIOS, stops OVMF and hangs an ordinary kernel."""
    if os.environ.get('LAB_ACCEL'):
        return os.environ['LAB_ACCEL']
    if not os.access('/dev/kvm', os.R_OK | os.W_OK):
        return 'tcg'
    work = tempfile.mkdtemp(prefix='lab-kvm.')
    try:
        shutil.copyfile(OVMF + '/OVMF_VARS_4M.fd', work + '/vars.fd')
        p = subprocess.Popen(
            ['qemu-system-x86_64', '-machine', 'q35,kernel-irqchip=split', '-accel', 'kvm', '-cpu', 'host', '-m', '512',
             '-display', 'none', '-nodefaults', '-serial', 'file:' + work + '/serial',
             '-drive', 'if=pflash,unit=0,format=raw,readonly=on,file=' + OVMF + '/OVMF_CODE_4M.fd',
             '-drive', 'if=pflash,unit=1,format=raw,file=' + work + '/vars.fd'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        end = time.monotonic() + seconds
        runs = False
        while time.monotonic() < end and p.poll() is None and not runs:
            time.sleep(0.1)
            if os.path.exists(work + '/serial'):
                with open(work + '/serial', 'rb') as f:
                    runs = b'BdsDxe' in f.read()
        if p.poll() is None:
            p.kill()
        p.wait()
        return 'kvm' if runs else 'tcg'
    finally:
        shutil.rmtree(work, ignore_errors=True)


class Stopped(Exception):
    """The machine ended although nobody asked it to."""


class Machine:
    """A running computer. disk is written to; folder takes its sockets and logs."""

    def __init__(self, computer, disk, vars_fd, folder, name='machine', accel=None, stick=None):
        self.computer, self.folder, self.name = computer, folder, name
        self.accel = accel or pick_accel()
        self.disk, self.vars_fd = disk, vars_fd
        self.stick = stick
        self.given = {'agent': os.path.join(HERE, 'guest', 'agent.sh')}
        if computer.maker == 'intel' and self.accel == 'tcg':
            self.given['vmx'] = self._note('vmx')
        spare = folder + '/spare.raw'
        if not os.path.exists(spare):
            with open(spare, 'wb') as f:
                f.truncate(64 << 20)
        self.commands = 0
        self.boot_id = None
        self.process = None
        self.start()

    def _note(self, name):
        path = os.path.join(self.folder, name)
        with open(path, 'w') as f:
            f.write('yes\n')
        return path

    def start(self):
        """Switches the power on."""
        for name in ('terminal', 'agent', 'qmp'):
            if os.path.exists('%s/%s.sock' % (self.folder, name)):
                os.unlink('%s/%s.sock' % (self.folder, name))
        args = command(self.computer, self.disk, self.vars_fd, self.folder, self.accel, self.given,
                       self.stick)
        self.stderr = open(self.folder + '/qemu.err', 'w+')
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=self.stderr, stderr=self.stderr,
                                        preexec_fn=die_with_parent)
        self.received = b''
        self.agent = self._connect('agent')

    def _connect(self, name):
        end = time.monotonic() + 20
        while True:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect('%s/%s.sock' % (self.folder, name))
                return s
            except OSError:
                s.close()
                if self.process.poll() is not None or time.monotonic() > end:
                    raise Stopped('QEMU did not start: ' + self._stderr())
                time.sleep(0.05)

    def _stderr(self):
        self.stderr.flush()
        with open(self.folder + '/qemu.err', errors='replace') as f:
            return f.read()[-2000:]

    def _line(self, end):
        while b'\n' not in self.received:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError('%s gave no answer; the end of its console:\n%s' % (self.name, self.console()[-2000:]))
            if select.select([self.agent], [], [], min(left, 1))[0]:
                data = self.agent.recv(65536)
                if not data:
                    raise Stopped('%s stopped by itself: %s' % (self.name, self._stderr()))
                self.received += data
        line, self.received = self.received.split(b'\n', 1)
        return line.decode('utf-8', 'replace').strip()

    def console(self):
        """Everything the computer ever wrote on its serial console."""
        try:
            with open(self.folder + '/terminal.log', errors='replace') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def wait(self, timeout=300):
        """Until it has booted and answers; returns the seconds that took. Ends early when it cannot boot any more."""
        start, seen = time.monotonic(), len(self.console())
        while True:
            try:
                # The firmware writes on this line, too, and ends in the middle of one.
                _, ready, boot_id = self._line(min(start + timeout, time.monotonic() + 5)).partition('LAB-READY ')
            except TimeoutError:
                console = self.console()[seen:]
                stuck = [word for word in ('Kernel panic', '(initramfs)', 'grub>', 'grub rescue>', 'emergency mode')
                         if word in console]
                if stuck or time.monotonic() > start + timeout:
                    raise TimeoutError('%s does not boot (%s); the end of its console:\n%s'
                                       % (self.name, ', '.join(stuck) or '%d s' % timeout, console[-2000:]))
                continue
            if ready and boot_id != self.boot_id:
                self.boot_id = boot_id
                return time.monotonic() - start

    def send(self, script):
        self.commands += 1
        self.agent.sendall(('%d %s\n' % (self.commands, base64.b64encode(script.encode()).decode())).encode())
        return str(self.commands)

    def run(self, script, timeout=300):
        """Runs a shell script in there; returns (exit status, output)."""
        ident = self.send(script)
        end = time.monotonic() + timeout
        while True:
            words = self._line(end).split(' ')
            if words[0] == 'LAB-DONE' and words[1] == ident:
                return int(words[2]), gzip.decompress(base64.b64decode(words[3])).decode('utf-8', 'replace')

    def run_until(self, script, word, seconds):
        """Starts a script and returns at the first of: it wrote the word to /dev/ttyS1 ('word'), it ended ('end'),
        so many seconds went by ('time')."""
        ident = self.send(script)
        end = time.monotonic() + seconds
        while True:
            try:
                line = self._line(end)
            except TimeoutError:
                return 'time'
            if line.startswith('LAB-DONE %s ' % ident):
                return 'end'
            if line.strip() == word:
                return 'word'

    def restart(self, script='systemctl reboot', timeout=300):
        """A restart by the system itself; returns the seconds until it answers again."""
        self.send(script)
        return self.wait(timeout)

    def ended(self, timeout):
        """Waits until QEMU ended by itself; false when it did not."""
        try:
            self.process.wait(timeout)
            return True
        except subprocess.TimeoutExpired:
            return False

    def power_off(self, timeout=180):
        self.send('systemctl poweroff')
        return self.ended(timeout)

    def cut(self):
        """Pulls the power cord."""
        self.process.kill()
        self.process.wait()
        self.agent.close()

    def qmp(self, execute, **arguments):
        """Asks QEMU itself."""
        s = self._connect('qmp')
        try:
            f = s.makefile('rw')
            f.readline()
            for request in ({'execute': 'qmp_capabilities'}, {'execute': execute, 'arguments': arguments}):
                f.write(json.dumps(request) + '\n')
                f.flush()
                answer = json.loads(f.readline())
                while 'event' in answer:
                    answer = json.loads(f.readline())
            if 'error' in answer:
                raise OSError('%s: %s' % (execute, answer['error'].get('desc')))
            return answer['return']
        finally:
            s.close()

    def picture(self, path):
        """What its monitor shows, as PNG."""
        self.qmp('screendump', filename=path, format='png')

    def snapshot_disk(self, drive, path):
        """From now on what is written to a drive goes to a new file on top of the old one."""
        self.qmp('blockdev-snapshot-sync', device=drive, **{'snapshot-file': path, 'format': 'qcow2'})

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            if not self.ended(5):
                self.process.kill()
                self.process.wait()
        self.agent.close()
        self.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
