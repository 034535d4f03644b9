# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's disk image: a Debian made on the spot from packages, built once and kept.

What is kept is named by a hash over everything it is made from, so a change of the recipe makes a new
one and an old one is never used by mistake.  The folder also takes the image's first boot: its UEFI
variables, in which the real grub-install left its entry."""
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import tempfile
import time

from machine import Computer, Machine, OVMF

HERE = os.path.dirname(os.path.abspath(__file__))
RECIPE = os.path.join(HERE, 'image')
TOOLS = {  # command: Debian package
    'mmdebstrap': 'mmdebstrap', 'qemu-system-x86_64': 'qemu-system-x86', 'qemu-img': 'qemu-utils',
    'mcopy': 'mtools', 'mkfs.vfat': 'dosfstools', 'mke2fs': 'e2fsprogs', 'sfdisk': 'fdisk', 'tmux': 'tmux'}


class Missing(Exception):
    """The lab cannot work on this computer; the text says why and what to do."""


def suite():
    """The Debian whose libraries the program was linked with: it has to run in there."""
    if os.environ.get('LAB_SUITE'):
        return os.environ['LAB_SUITE']
    release = {}
    with open('/etc/os-release') as f:
        for line in f:
            key, _, value = line.strip().partition('=')
            release[key] = value.strip('"')
    if release.get('ID') == 'debian' and release.get('VERSION_CODENAME'):
        return release['VERSION_CODENAME']
    raise Missing('the program is built for %s, and the lab runs Debian: build it on Debian (a container will do), '
                  'or name a Debian that has libraries as new as here: LAB_SUITE=trixie'
                  % release.get('PRETTY_NAME', 'this system'))


def need_tools():
    os.environ['PATH'] += ':/usr/local/sbin:/usr/sbin:/sbin'
    missing = sorted({p for c, p in TOOLS.items() if not shutil.which(c)} |
                     ({'ovmf'} if not os.path.exists(OVMF + '/OVMF_CODE_4M.fd') else set()))
    if missing:
        raise Missing('not installed: %s. On Debian: apt install --no-install-recommends %s'
                      % (', '.join(missing), ' '.join(missing)))
    if os.geteuid() != 0 and not shutil.which('newuidmap'):
        raise Missing('without root, Debian is unpacked in a user namespace; for that install uidmap')


def folder():
    cache = os.environ.get('LAB_CACHE') or os.path.join(
        os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'vfio-wizard-lab')
    h = hashlib.sha256(suite().encode())
    for path in sorted(glob.glob(RECIPE + '/*')) + [os.path.join(HERE, 'image.py')]:
        with open(path, 'rb') as f:
            h.update(f.read())
    return os.path.join(cache, h.hexdigest()[:16])


def sources(name):
    """This computer's own package sources for that Debian, as sources.list lines; none: mmdebstrap's default."""
    found = set()
    if shutil.which('apt-get'):
        form = '$(SITE) $(RELEASE) $(CODENAME) $(COMPONENT)'
        out = subprocess.run(['apt-get', 'indextargets', '--format', form, 'Created-By: Packages'],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        for line in out.splitlines():
            site, release, codename, component = (line.split() + [''] * 4)[:4]
            if component == 'main' and (release.startswith(name) or codename.startswith(name)) and 'backports' not in release:
                found.add('deb %s %s main' % (site, release if release.startswith(name) else codename))
    return sorted(found)


def packages():
    with open(RECIPE + '/packages') as f:
        return [line.strip() for line in f if line.strip() and not line.startswith('#')]


def unpack(work, log, say):
    """Debian's packages -> work/disk.raw"""
    say('unpacking Debian %s from packages' % suite())
    lines = sources(suite())
    with open(work + '/sources.list', 'w') as f:
        f.write('\n'.join(lines) + '\n')
    exclude = ['--dpkgopt=path-exclude=/usr/share/%s/*' % d for d in ('doc', 'man', 'locale', 'info')]
    modules = 'nvme ext4 ahci sd_mod'.replace(' ', r'\n')
    setup = ('mkdir -p "$1/etc/initramfs-tools/conf.d"; '
             # Names what this computer needs: with "most" the image is four times as large and as slow
             # to make under emulation, and "dep" would look at the computer that builds.
             r'printf "MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\nRESUME=none\n" >"$1/etc/initramfs-tools/conf.d/lab"; '
             r'printf "%s\n" >"$1/etc/initramfs-tools/modules"' % modules)
    mode = 'root' if os.geteuid() == 0 else 'unshare'
    command = ['mmdebstrap', '--mode=' + mode, '--variant=minbase', '--format=null',
               '--aptopt=Apt::Install-Recommends "false"', *exclude, '--setup-hook=' + setup,
               '--include=' + ','.join(packages()),
               '--customize-hook=sh %s/customize.sh "$1"' % work,
               '--customize-hook=sh %s/pack.sh "$1" %s/disk.raw' % (work, work), suite(), '/dev/null']
    if lines:
        command.append(work + '/sources.list')
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log).returncode:
        raise Missing('Debian could not be unpacked; the end of %s says why' % log.name)


def provision(work, log, say):
    """The first boot: work/base.qcow2 -> work/disk.qcow2, where the IOMMU is on as Debian has it, disk-off.qcow2 on
    top of it, where the kernel's command line switches it off, and vars.fd."""
    say('first boot: installing the boot loader for real')
    shutil.copyfile(OVMF + '/OVMF_VARS_4M.fd', work + '/vars.fd')
    with Machine(Computer(iommu='none'), work + '/base.qcow2', work + '/vars.fd', work, name='provision') as m:
        m.wait()
        for name, then in (('provision.sh', 'umount /boot/efi && sync && fsfreeze -f /'), ('iommu-off.sh', '')):
            with open(os.path.join(RECIPE, name)) as f:
                status, out = m.run('(' + f.read() + ') && ' + then if then else f.read(), timeout=900)
            log.write(out)
            if status:
                raise Missing('the image could not be finished (%s):\n%s' % (name, out[-2000:]))
            if then:  # the disk stays as it is now; what follows goes to another file
                m.snapshot_disk('root', work + '/disk-off.qcow2')
                m.run('fsfreeze -u / && mount /boot/efi')
        m.power_off()
    subprocess.run(['qemu-img', 'convert', '-O', 'qcow2', work + '/base.qcow2', work + '/disk.qcow2'], check=True)
    subprocess.run(['qemu-img', 'rebase', '-u', '-F', 'qcow2', '-b', 'disk.qcow2', work + '/disk-off.qcow2'], check=True)


def forget_old(cache):
    """Images of older recipes, when no walk has used them for a month."""
    for path in glob.glob(cache + '/*/vars.fd'):
        if os.path.getmtime(path) < time.time() - 30 * 86400:
            shutil.rmtree(os.path.dirname(path), ignore_errors=True)


def ensure(say):
    """Returns the folder that holds disk.qcow2, disk-off.qcow2 and vars.fd, making them when they are not there."""
    need_tools()
    done = folder()
    if os.path.exists(done + '/disk.qcow2'):
        os.utime(done + '/vars.fd')
        return done
    os.makedirs(os.path.dirname(done), exist_ok=True)
    forget_old(os.path.dirname(done))
    with open(done + '.lock', 'w') as lock, open(done + '.log', 'w') as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(done + '/disk.qcow2'):  # made while waiting for the lock
            return done
        space = shutil.disk_usage(os.path.dirname(done))
        if space.free < 6 << 30:
            raise Missing('the image needs 6 GiB while it is made; %s has %.1f. LAB_CACHE=DIR puts it elsewhere'
                          % (os.path.dirname(done), space.free / (1 << 30)))
        # The user namespace's root is another user: it passes through here and writes below.
        work = tempfile.mkdtemp(prefix='vfio-wizard-lab.')
        try:
            os.chmod(work, 0o755 if os.geteuid() == 0 else 0o777)
            for name in ('customize.sh', 'pack.sh'):
                shutil.copy(os.path.join(RECIPE, name), work)
            unpack(work, log, say)
            subprocess.run(['qemu-img', 'convert', '-O', 'qcow2', work + '/disk.raw', work + '/base.qcow2'], check=True)
            os.unlink(work + '/disk.raw')
            provision(work, log, say)
            new = done + '.new'
            shutil.rmtree(new, ignore_errors=True)
            os.mkdir(new)
            for name in ('vars.fd', 'disk.qcow2', 'disk-off.qcow2'):
                shutil.move(os.path.join(work, name), new)
            os.rename(new, done)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        say('the image is kept in ' + done)
    return done
