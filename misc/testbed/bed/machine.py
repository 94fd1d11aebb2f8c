# SPDX-License-Identifier: BSD-2-Clause
"""The emulated machine of a run as a QEMU command line."""
from pathlib import Path

from . import autopsy, iso, stale

# What TCG can do of an EPYC, without its warnings; see the SVM notes in doc/.
CPU = "EPYC,+vgif,+x2apic,-fxsr-opt,-misalignsse,-osvw,-topoext,-nrip-save,-xsavec"
# no_timer_check: a loaded machine may be late for the kernel's stopwatch.
# OVMF's code, and the variables that it starts with.
UEFI = (Path("/usr/share/OVMF/OVMF_CODE_4M.fd"),
        Path("/usr/share/OVMF/OVMF_VARS_4M.fd"))
BASE_CMDLINE = "console=ttyS0 no_timer_check"


class Builder:
    """Knows where the build put things."""

    def __init__(self, build):
        self.build = Path(build)
        self.logs = self.build / "logs"

    def kernel(self, run):
        """The Service VM's kernel image."""
        return self.build / f"cache/kernel-{run.kernel}/vmlinuz"

    def initrd(self, run):
        """The Service VM's initrd."""
        return self.build / f"images/service-{run.kernel}.cpio"

    def holm(self, run):
        """The hypervisor image."""
        which = "hypervisor-debug" if run.debug else "hypervisor"
        return self.build / which / "holm.elf"

    def iso(self, run):
        """The GRUB image of this run's test, built per run."""
        return self.build / f"iso/{run.stem()}.iso"

    def com2(self, run):
        """Where what is written to the second serial port goes."""
        return self.logs / f"{run.stem()}.com2"

    def monitor(self, run):
        """(QEMU's monitor, whose symbols); None if its name is too long."""
        path = self.logs.absolute() / f"{run.stem()}.monitor"
        return None if len(str(path)) > autopsy.LONGEST else (
            path, self.holm(run))

    def monitor_args(self, run):
        """The options that make it."""
        found = self.monitor(run)
        return ["-monitor", f"unix:{escape(str(found[0]))},server,nowait"] \
            if found else []

    def linux_args(self, run):
        """The Service VM's kernel command line."""
        return f"{BASE_CMDLINE} {run.cmdline}".strip()

    def lacks(self, run):
        """Why this machine cannot do the run, or nothing."""
        return "an AMD CPU" if "intel" in run.needs else ""

    def excuse(self, run, lines):
        """How the emulator itself spoilt the run that left these lines, or
        nothing."""
        return stale.find(lines, run.forbid)

    def prepare(self, run):
        """Make what the run boots from, if it is more than files."""
        if run.bed == "iso":
            iso.build(run, self)

    def payload(self, run):
        """The options that say what is loaded."""
        if run.bed == "bare":
            return ["-kernel", self.kernel(run), "-initrd", self.initrd(run),
                    "-append", self.linux_args(run)]
        if run.bed == "iso":
            return ["-cdrom", self.iso(run), "-boot", "d"]
        if run.bed == "tiny":
            args = ["-kernel", self.holm(run), "-append", run.hv]
            if run.image:
                args += ["-initrd", f"{self.build / run.image} "
                         f"{escape(run.cmdline)}"]
            return args + ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        modules = (f"{self.kernel(run)} {escape(self.linux_args(run))},"
                   f"{self.initrd(run)}")
        return ["-kernel", self.holm(run), "-append", run.hv,
                "-initrd", modules]

    def firmware(self, run):
        """The options that replace the BIOS; what is written is forgotten."""
        if run.firmware != "uefi":
            return []
        return [o for i, (path, mode) in enumerate(
            zip(UEFI, ("readonly=on", "snapshot=on")))
            for o in ("-drive", f"if=pflash,format=raw,unit={i},{mode},"
                                f"file={path}")]

    def devices(self, run):
        """Options of the test's own."""
        out = list(run.devices)
        if run.com2:
            out += ["-chardev", f"file,id=com2,path={self.com2(run)}",
                    "-device", "isa-serial,chardev=com2,index=1"]
        if run.disk:
            out += ["-drive", f"file={self.build / run.disk},if=virtio,"
                              "format=raw,snapshot=on"]
        return out

    def command(self, run, serial=("-serial", "stdio")):
        """The whole command line."""
        cmd = ["qemu-system-x86_64", "-M", "q35",
               "-accel", "tcg,thread=multi", "-cpu", CPU,
               "-smp", run.cpus, "-m", run.memory,
               "-nodefaults", "-display", "none", *serial,
               *self.monitor_args(run)]
        if run.end != "match":
            cmd.append("-no-reboot")
        return [str(a) for a in cmd + self.firmware(run) +
                self.payload(run) + self.devices(run)]

    def missing(self, run):
        """Files the run needs and the build has not made."""
        need = []
        if run.bed != "bare":
            need.append(self.holm(run))
        if run.image:
            need.append(self.build / run.image)
        if run.kernel:
            need += [self.kernel(run), self.initrd(run)]
        if run.firmware == "uefi":
            need += UEFI
        if run.disk:
            need.append(self.build / run.disk)
        return [str(p) for p in need if not p.exists()]


def escape(text):
    """A comma separates modules in -initrd; two stand for one."""
    return text.replace(",", ",,")
