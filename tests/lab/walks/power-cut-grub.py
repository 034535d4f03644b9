# SPDX-License-Identifier: GPL-2.0-or-later
"""The power fails while kernel arguments are written: 15 times at random moments, and it starts every time."""
from power_cut import cut_again_and_again

ORDER = 80
MINUTES = 25


def walk(w):
    m = w.machine(disk='disk-off')
    cut_again_and_again(w, m, 'vfio-wizard apply --yes', 'grub-mkconfig', '/boot/grub/grub.cfg.vfio-wizard*', '/boot/grub/grub.cfg', 30)
