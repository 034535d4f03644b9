#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The computer's serial console as a person has it: a terminal (tmux) that shows it and takes keys.

Run as a program, terminal.py SOCKET joins this terminal and the console, which is what tmux starts."""
import os
import shlex
import subprocess
import sys
import time


class Terminal:
    def __init__(self, machine, columns=80, rows=24):
        self.machine = machine
        self.socket = machine.folder + '/tmux.sock'
        self.columns, self.rows = columns, rows
        self.serial = 0
        relay = 'exec %s %s %s' % (shlex.quote(sys.executable), shlex.quote(os.path.abspath(__file__)),
                                   shlex.quote(machine.folder + '/terminal.sock'))
        self.tmux('new-session', '-d', '-x', str(columns), '-y', str(rows), relay)
        self.tmux('set-option', '-g', 'status', 'off')

    def tmux(self, *words):
        env = dict(os.environ, LC_ALL='C.UTF-8')
        env.pop('TMUX', None)
        return subprocess.run(['tmux', '-S', self.socket, '-f', '/dev/null', *words], env=env, check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def screen(self, colours=False):
        return self.tmux('capture-pane', '-p', *(['-e'] if colours else []))

    def keys(self, *names):
        """Keys by tmux's names: n, Enter, Down, F8. One by one, as a person does."""
        for name in names:
            self.tmux('send-keys', name)
            time.sleep(0.4)

    def type(self, text):
        self.tmux('send-keys', '-l', text)
        time.sleep(0.4)

    def wait(self, text, timeout=120):
        """Until the screen shows the text; TimeoutError with the screen otherwise."""
        end = time.monotonic() + timeout
        while True:
            screen = self.screen()
            if text in screen:
                time.sleep(0.3)
                return screen
            if time.monotonic() > end:
                raise TimeoutError('the screen never showed %r; it shows:\n%s' % (text, screen))
            time.sleep(0.3)

    def shell(self):
        """Waits for a shell on the console and makes it as large as this terminal."""
        end = time.monotonic() + 120
        while True:
            self.serial += 1
            self.type('stty rows %d cols %d; clear; echo "ready"-%d' % (self.rows, self.columns, self.serial))
            self.keys('Enter')
            try:
                return self.wait('ready-%d' % self.serial, 15)
            except TimeoutError:
                if time.monotonic() > end:
                    raise

    def close(self):
        subprocess.run(['tmux', '-S', self.socket, 'kill-server'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def relay(path, leave=None):
    import select
    import socket
    import tty
    console = socket.socket(socket.AF_UNIX)
    console.connect(path)
    tty.setraw(0)
    while True:
        ready, _, _ = select.select([0, console], [], [])
        if console in ready:
            data = console.recv(65536)
            if not data:
                time.sleep(60)  # the last screen stays to be read
                return
            os.write(1, data)
        if 0 in ready:
            data = os.read(0, 4096)
            if not data or leave and leave in data:
                return
            console.sendall(data)


if __name__ == '__main__':
    relay(sys.argv[1])
