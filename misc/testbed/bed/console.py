# SPDX-License-Identifier: BSD-2-Clause
"""Judge a console: expected lines in order, forbidden lines never."""
import re
import time

ESCAPES = re.compile(rb"\x1b(\[[0-9;?=]*[a-zA-Z]|c)")
FAILED = re.compile(r"HOLM-TEST (\S+) FAIL\b(.*)")


class Console:
    """Fed with what a machine prints; knows when it is done or wrong."""

    def __init__(self, run, log=None, echo=None):
        self.expect = [re.compile(rx) for rx in run.expect]
        self.forbid = [re.compile(rx) for rx in run.forbid]
        self.marks = {n: re.compile(rx) for n, rx in run.marks.items()}
        self.sends = [(re.compile(s["on"]), s["text"]) for s in run.send]
        self.log, self.echo = log, echo
        self.start = time.monotonic()
        self.times = {}
        self.error = ""
        self.next = 0
        self.lines = []
        self.data = b""
        self.answered = b""

    def feed(self, data):
        """Take bytes; returns text to send back, or empty."""
        self.data = ESCAPES.sub(b"", self.data + data)
        *whole, self.data = self.data.split(b"\n")
        if whole:
            self.answered = b""
        reply = ""
        for raw in whole:
            line = raw.decode(errors="replace").rstrip("\r")
            self._line(line)
            reply += self._reply(line)
        return reply + self._prompt()

    def finish(self):
        """The machine is gone: judge the line it did not end."""
        if self.data:
            self._line(self.data.decode(errors="replace"))
            self.data = b""

    def complete(self):
        """All that is expected was seen."""
        return self.next == len(self.expect)

    def waiting_for(self):
        """The first expectation not yet met."""
        return self.expect[self.next].pattern

    def _line(self, line):
        now = time.monotonic() - self.start
        self.lines.append(line)
        if self.log:
            self.log.write(f"[{now:8.3f}] {line}\n")
            self.log.flush()
        if self.echo:
            self.echo(line)
        for name, rx in self.marks.items():
            if name not in self.times and rx.search(line):
                self.times[name] = now
        if not self.error:
            self._judge(line)

    def _judge(self, line):
        bad = FAILED.search(line)
        if bad:
            self.error = f"the guest's test {bad[1]} failed:{bad[2]}"
            return
        for rx in self.forbid:
            if rx.search(line):
                self.error = f"forbidden line: {line.strip()}"
                return
        if not self.complete() and self.expect[self.next].search(line):
            self.next += 1

    def _prompt(self):
        """The reply to a line that has no end yet; an escape sequence behind
        it does not ask again."""
        if self.data == self.answered:
            return ""
        reply = self._reply(self.data.decode(errors="replace"))
        if reply:
            self.answered = self.data
        return reply

    def _reply(self, text):
        if self.sends and self.sends[0][0].search(text):
            return self.sends.pop(0)[1] + "\n"
        return ""
