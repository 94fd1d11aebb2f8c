# SPDX-License-Identifier: BSD-2-Clause
"""A GRUB image that starts Holm by multiboot2."""
import shutil
import subprocess
import tempfile
from pathlib import Path

GRUB_CFG = """\
insmod all_video
set timeout=0
serial --unit=0 --speed=115200
terminal_output serial
menuentry "Holm" {{
	multiboot2 /boot/holm.elf {hv}
	module2 /boot/vmlinuz vmlinuz {linux}
	module2 /boot/initrd initrd
}}
"""


def escape(text):
    """GRUB takes $NAME for a variable of its own."""
    return text.replace("$", "\\$")


def build(run, builder):
    """Write the image of this run; BIOS and, if installed, UEFI."""
    out = builder.iso(run)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as tmp:
        boot = Path(tmp) / "boot"
        (boot / "grub").mkdir(parents=True)
        shutil.copy(builder.holm(run), boot / "holm.elf")
        shutil.copy(builder.kernel(run), boot / "vmlinuz")
        shutil.copy(builder.initrd(run), boot / "initrd")
        (boot / "grub/grub.cfg").write_text(GRUB_CFG.format(
            hv=escape(run.hv), linux=escape(builder.linux_args(run))))
        subprocess.run(["grub-mkrescue", "-o", out, tmp], check=True,
                       capture_output=True)
