# SPDX-License-Identifier: BSD-2-Clause
"""The Intel machine of a run: a CD image for Bochs and its command line."""
import re
import subprocess
import tempfile
from pathlib import Path

from . import iso, machine

TOOL = Path(__file__).resolve().parents[1] / "bochs"
# The common case first. The others lack or add what README.md says.
MODELS = ("generic-vmx", "corei7_sandy_bridge_2600k", "broadwell_ult",
          "corei7_skylake_x")
MEMORY_MAX = 2048
# A machine of 1996 with a CPU of today.
LACKS = {
    "msi": "no device has MSI",
    "iommu": "no IOMMU",
    "reset": "its BIOS does not survive a reset",
    "amd": "an Intel CPU",
}
# What single models lack beyond that.
MODEL_LACKS = {
    "corei7_sandy_bridge_2600k": {
        "x2apic": "the CPU has no x2APIC",
        "apicv": "the CPU virtualises no APIC",
    },
}
# At GRUB's own speed of 9600 the kernel would wait for the serial port most
# of the time; MWAIT loses wake-ups on several CPUs; the self-tests of the
# kernel's ciphers are half of its boot.
BASE_CMDLINE = ("console=ttyS0,115200 no_timer_check idle=halt "
                "cryptomgr.notests holm.vmargs=cryptomgr.notests")
GRUB_MODULES = ("linux multiboot2 normal serial iso9660 biosdisk terminal "
                "part_msdos boot configfile")
GRUB_HEAD = """\
set timeout=0
serial --unit=0 --speed=115200
terminal_output serial
menuentry "Holm" {
"""
# In the end, since `multiboot2` sets it; the emulator's screen has no graphics
# and ends at the attempt.
GRUB_TAIL = """\
	set gfxpayload=text
}
"""


def megabytes(text):
    """The memory of a run in MiB."""
    number, unit = re.fullmatch(r"(\d+)([MG])", text).groups()
    return int(number) * {"M": 1, "G": 1024}[unit]


class Builder(machine.Builder):
    """As the QEMU machine, but everything comes from a CD."""

    def __init__(self, build):
        super().__init__(build)
        self.logs /= "bochs"

    def monitor(self, run):
        """It has none."""
        return None

    def excuse(self, run, lines):
        """One thread runs all CPUs: whatever goes wrong is Holm's."""
        return ""

    def linux_args(self, run):
        return f"{BASE_CMDLINE} {run.cmdline}".strip()

    def lacks(self, run):
        """Why this machine cannot do the run, or nothing."""
        lacks = {**LACKS, **MODEL_LACKS.get(run.cpu, {})}
        for need in run.needs:
            if need in lacks:
                return lacks[need]
        if megabytes(run.memory) > MEMORY_MAX:
            return f"no more than {MEMORY_MAX} MiB"
        if run.firmware != "bios":
            return "no UEFI"
        if run.devices:
            return "the devices are QEMU's"
        return ""

    def tiny_args(self, run):
        """The tiny guest's command line; it is told what its CPU lacks."""
        if "x2apic" in MODEL_LACKS.get(run.cpu, {}):
            return run.cmdline + " x2apic=no"
        return run.cmdline

    def payload(self, run):
        """What GRUB loads: (command, file, arguments)."""
        if run.bed == "bare":
            return [("linux", self.kernel(run), self.linux_args(run)),
                    ("initrd", self.initrd(run), "")]
        rows = [("multiboot2", self.holm(run), run.hv)]
        if run.bed != "tiny":
            rows += [("module2", self.kernel(run),
                      "vmlinuz " + self.linux_args(run)),
                     ("module2", self.initrd(run), "initrd")]
        elif run.image:
            rows.append(("module2", self.build / run.image,
                         f"{run.image} {self.tiny_args(run)}"))
        return rows

    def prepare(self, run):
        """Write the CD image."""
        out = self.iso(run)
        out.parent.mkdir(parents=True, exist_ok=True)
        text, files = GRUB_HEAD, []
        for command, path, args in self.payload(run):
            files.append(f"/boot/{path.name}={path.resolve()}")
            text += f"\t{command} /boot/{path.name} {iso.escape(args)}\n"
        with tempfile.TemporaryDirectory() as tmp:
            grub = Path(tmp) / "boot/grub"
            grub.mkdir(parents=True)
            (grub / "grub.cfg").write_text(text + GRUB_TAIL)
            subprocess.run(
                ["grub-mkrescue", "-d", "/usr/lib/grub/i386-pc", "--fonts=",
                 "--locales=", "--themes=",
                 f"--install-modules={GRUB_MODULES}", "-o", out, tmp, *files],
                check=True, capture_output=True)

    def command(self, run, serial=()):
        """The whole command line; the serial port is standard input and
        output, always."""
        cmd = [TOOL, "--cpu", run.cpu or MODELS[0], "--cpus", run.cpus,
               "--memory", megabytes(run.memory),
               "--dir", self.build / "bochs" / run.stem()]
        if run.com2:
            cmd += ["--com2", self.com2(run)]
        if run.disk:
            cmd += ["--disk", self.build / run.disk]
        return [str(a) for a in cmd + [self.iso(run)]]
