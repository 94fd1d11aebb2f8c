# SPDX-License-Identifier: BSD-2-Clause
"""A machine under QEMU's instruction counter, or Bochs', if it names a CPU.

One thread runs all CPUs in turn, a virtual nanosecond is an instruction, and
where all CPUs are halted the clock jumps to the next timer. The clock starts
at a fixed date and random numbers come from a fixed seed: so a machine does
the same, instruction by instruction, each time.
"""
import re
import subprocess

from bed.machine import BASE_CMDLINE, CPU, escape

from . import intel

COUNTED = ["-icount", "shift=0,sleep=off", "-seed", "7",
           "-rtc", "base=2024-01-01T00:00:00,clock=vm"]
ACCEL = "tcg,thread=single"
# QEMU 10 gives up ("Bad icount read") when a guest writes the x2APIC's timer
# in the middle of a block; so it must translate one by one, which is slow.
ONE_BY_ONE = ",one-insn-per-tb=on"
BOARD = ["-M", "q35", "-nodefaults", "-display", "none", "-serial", "stdio",
         "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
FIGURE = re.compile(r"BENCH ([^:]+): (\d+)")
TIMEOUT = 600
DEFAULTS = {"cpus": 1, "memory": "", "hv": "", "cmdline": "", "image": "",
            "initrd": "", "test": "", "counted": True, "slow": False,
            "cpu": ""}


class RunError(Exception):
    """A machine did not do what it should."""


class Machine:
    """Boots runs and reads what they print."""

    def __init__(self, build, kernel):
        self.build = build
        self.kernel = kernel

    def _linux(self, run):
        """Kernel, initrd and command line of the Service VM's kernel."""
        words = [BASE_CMDLINE, run["cmdline"] or "quiet"]
        if run["test"]:
            words.append(f"holm.test={run['test']}")
        initrd = run["initrd"] or f"images/bench-{self.kernel}.cpio"
        return (self.build / f"cache/kernel-{self.kernel}/vmlinuz",
                self.build / initrd, " ".join(words))

    def _payload(self, run):
        if run["bed"] == "bare":
            kernel, initrd, words = self._linux(run)
            return ["-kernel", kernel, "-initrd", initrd, "-append", words]
        holm = ["-kernel", self.build / "hypervisor/holm.elf",
                "-append", f"panic=reset {run['hv']}".strip(), "-initrd"]
        if run["bed"] == "tiny":
            return holm + [f"{self.build / run['image']} bench"]
        kernel, initrd, words = self._linux(run)
        return holm + [f"{kernel} {escape(words)},{initrd}"]

    def command(self, run):
        """The whole command line."""
        run = DEFAULTS | run
        if run["cpu"]:
            return intel.command(self.build, run)
        memory = run["memory"] or ("512M" if run["bed"] == "tiny" else "2G")
        accel = ["-accel", ACCEL + (ONE_BY_ONE if run["slow"] else "")]
        if run["counted"]:
            accel += COUNTED
        cmd = ["qemu-system-x86_64", *accel, *BOARD, "-cpu", CPU,
               "-smp", run["cpus"], "-m", memory, *self._payload(run)]
        return [str(a) for a in cmd]

    def figures(self, run):
        """Boot; the figures that were printed, as a dictionary."""
        log = self.build / f"logs/bench-{run['name']}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        if run.get("cpu"):
            intel.prepare(self.build, DEFAULTS | run)
        with open(log, "w") as out:
            try:
                subprocess.run(self.command(run), stdin=subprocess.DEVNULL,
                               stdout=out, stderr=subprocess.STDOUT,
                               timeout=TIMEOUT, check=False)
            except subprocess.TimeoutExpired as err:
                raise RunError(f"{run['name']}: no end after {TIMEOUT} s, "
                               f"see {log}") from err
        text = log.read_text(errors="replace")
        why = verdict(DEFAULTS | run, text)
        if why:
            raise RunError(f"{run['name']}: {why}, see {log}")
        return {name: int(n) for name, n in FIGURE.findall(text)}


def verdict(run, text):
    """What is wrong with the console's output, or nothing."""
    if re.search(r"^\S*FAIL|Kernel panic|Holm: ERROR", text, re.M):
        return "it failed"
    if run["bed"] == "tiny" and not re.search(r"passed, 0 failed", text):
        return "it did not end well"
    if run["test"] and f"HOLM-TEST {run['test']} PASS" not in text:
        return "its test did not pass"
    return "" if FIGURE.search(text) else "it printed no figure"
