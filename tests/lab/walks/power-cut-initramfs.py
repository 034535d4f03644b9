# SPDX-License-Identifier: GPL-2.0-or-later
"""The power fails while the initial RAM disk is made anew: 15 times at random moments, and it starts every time."""
from power_cut import cut_again_and_again

ORDER = 81
MINUTES = 25


def walk(w):
    m = w.machine()
    cut_again_and_again(w, m, 'vfio-wizard apply --yes --device 0000:02:00.0 --bind address', 'update-initramfs',
                        '/boot/initrd.img-*.new', '/boot/initrd.img-$(uname -r)', 90)
