#!/usr/bin/python3
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# terminal.py SCRIPT COMMAND [ARG]... - runs COMMAND at a terminal of its own and types what SCRIPT says.
#
# script(1) cannot do this: the terminal is a controlling one, keys send signals, the window has a size, and the script
# waits for output instead of for some time. A line of SCRIPT is one of
#
#   expect REGEX      wait until the output after the last match has REGEX in it
#   type TEXT         type TEXT and the Enter key, in each mode of the terminal
#   key ^C            type one control character
#   size ROWS COLS    change the window's size
#   end STATUS        wait until COMMAND ends with this exit status, or -N for signal N
#
# The terminal may echo typed text: so REGEX should not match the line that was typed.
# Exit status: 0; 1 with a transcript on stderr if something else came; 2 for a usage error.
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios

# Only a conversation that has failed takes so long.
WAIT_SECONDS = 100


class Terminal:
    def __init__(self, command):
        self.seen = ""
        self.transcript = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # Python ignores these signals, and an ignored signal stays ignored after execve(2).
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            try:
                os.execvp(command[0], command)
            except OSError as error:
                print(f"terminal.py: {command[0]}: {error.strerror}")
                os._exit(127)

    def read_more(self, awaited):
        if not select.select([self.fd], [], [], WAIT_SECONDS)[0]:
            raise AssertionError(f"nothing came within {WAIT_SECONDS} s; awaited: {awaited}")
        try:
            data = os.read(self.fd, 4096)
        except OSError:  # EIO: no process has the terminal open any more
            data = b""
        text = data.decode("utf-8", "replace")
        self.transcript += text
        # Removes control sequences (ECMA-48) that move the cursor or ask for its position: shells print them.
        self.seen = re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", self.seen + text)
        return bool(data)

    def expect(self, regex):
        while True:
            found = re.search(regex, self.seen, re.MULTILINE)
            if found:
                self.seen = self.seen[found.end():]
                return
            if not self.read_more(regex):
                raise AssertionError(f"the output ended; awaited: {regex}")

    def type(self, text):
        os.write(self.fd, text.encode() + b"\n")

    def key(self, name):
        os.write(self.fd, bytes([ord(name[1]) & 0x1F]))

    def size(self, text):
        rows, columns = map(int, text.split())
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def end(self, status):
        while self.read_more("the end"):
            pass
        _, waited = os.waitpid(self.pid, 0)
        got = os.waitstatus_to_exitcode(waited)
        if got != int(status):
            raise AssertionError(f"exit status: expected {status}, got {got}")


def main():
    if len(sys.argv) < 3:
        print("usage: terminal.py SCRIPT COMMAND [ARG]...", file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as script:
        steps = [line.rstrip("\n").partition(" ") for line in script if line.strip()]
    terminal = Terminal(sys.argv[2:])
    for verb, _, rest in steps:
        try:
            getattr(terminal, verb)(rest)
        except AssertionError as error:
            print(f"at the step `{verb} {rest}`: {error}", file=sys.stderr)
            print("the whole conversation:\n" + terminal.transcript, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
