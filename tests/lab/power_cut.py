# SPDX-License-Identifier: GPL-2.0-or-later
"""The two power-cut walks: QEMU is killed at random moments of `apply`, again and again, on the same disk."""
import os
import random
import time

# Moments a person cannot hit and a power cut can: the guest itself says when it is there. What it
# looks for, and up to how many seconds after it the power goes.
MOMENTS = (
    ('while copies are kept', 'ls /var/lib/vfio-wizard/journal/*/* ', 0.05),
    ('while files are renamed', 'find /etc/default /etc/initramfs-tools -newer /run/lab-start -type f | grep -q . ', 0.05),
    ('after the files, before the command', 'pgrep -f "%(command)s" ', 0.3),
    ('inside the command', 'pgrep -f "%(command)s" ', None),
    ('while its output is written', 'ls %(output)s ', 0.5),
    ('right after its output', '[ %(final)s -nt /run/lab-start ] ', 0.3),
)


def cut_again_and_again(w, m, apply, command, output, final, seconds):
    """apply: the command line; command: what it runs, as pgrep sees it; output: the temporary file that makes;
    final: what that becomes; seconds: how long all of it takes at most."""
    cuts = int(os.environ.get('LAB_CUTS', '15'))
    seed = int(os.environ.get('LAB_SEED', random.randrange(1 << 32)))
    w.note('%d cuts, LAB_SEED=%d' % (cuts, seed))
    dice = random.Random(seed)
    before = w.listing(m)
    all_new = 0
    for i in range(1, cuts + 1):
        if i % 2:
            name, look, most = dice.choice(MOMENTS)
            delay = dice.uniform(0, seconds if most is None else most)
            look = look % {'command': command, 'output': output, 'final': final}
            script = ('touch /run/lab-start; sleep 0.02; (until %s >/dev/null 2>&1; do :; done; echo LAB-NOW >/dev/ttyS1) & '
                      '%s; kill $! 2>/dev/null; wait' % (look, apply))
            w.doing('cut %d of %d: %s + %.2f s' % (i, cuts, name, delay))
            reached = m.run_until(script, 'LAB-NOW', 400)
            if reached == 'word':
                time.sleep(delay)
        else:
            name, delay = 'at any time', dice.uniform(0, seconds)
            w.doing('cut %d of %d: after %.1f s' % (i, cuts, delay))
            m.run_until(apply, 'LAB-NOW', delay)
        m.cut()
        where = '%s, %.2f s' % (name, delay)
        m.start()
        try:
            up = m.wait()
        except Exception as e:
            w.check('cut %d (%s): it boots' % (i, where), False, e)
            return
        # The next start of the program, by someone who wants to know what happened.
        said = w.run(m, 'vfio-wizard check 2>&1 | head -n 5', None)[1]
        if w.json(m, 'undo --list')['changes']:
            all_new += 1
            status, out = w.run(m, 'vfio-wizard verify', None)
            w.check('cut %d (%s), up in %.0f s: all new, and it works' % (i, where, up), status == 0, out)
            w.run(m, 'vfio-wizard undo --all', timeout=600)
            changed = w.changed_files(before, w.listing(m))
            w.check('cut %d: and taken back' % i, not changed, changed)
        else:
            changed = w.changed_files(before, w.listing(m))
            w.check('cut %d (%s), up in %.0f s: all old' % (i, where, up), not changed, changed + '\n' + said)
        if changed:
            return
    w.note('%d cuts: %d all old, %d all new' % (cuts, cuts - all_new, all_new))
