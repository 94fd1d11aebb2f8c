# SPDX-License-Identifier: BSD-2-Clause
"""The Intel machine as a command: console, input, and how it ended. A boot
sector plays the system."""
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import load

TOOL = load.MISC / "testbed/bochs"
LIMIT = 60
SECTOR = """
	.code16
	.globl	_start
_start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$0x7000, %sp
	movw	$0x3fb, %dx
	movb	$3, %al
	outb	%al, %dx
	incw	%dx
	outb	%al, %dx
	movw	$said, %si
1:	movw	$0x3fd, %dx
	inb	%dx, %al
	testb	$0x40, %al
	jz	1b
	movw	$0x3f8, %dx
	lodsb
	testb	%al, %al
	jz	2f
	outb	%al, %dx
	jmp	1b
2:
	{end}
put:	lodsb
	testb	%al, %al
	jz	1f
	outb	%al, %dx
	jmp	put
1:	ret
said:	.asciz	"hello\\n"
status:	.asciz	"exit 42\\n"
word:	.asciz	"Shutdown"
none:	.word	0, 0, 0
"""
SHUTDOWN = "movw $0x8900, %dx; movw $word, %si; call put; hlt"
STATUS = "movw $0xe9, %dx; movw $status, %si; call put;"
ECHO = """
1:	movw	$0x3fd, %dx
	inb	%dx, %al
	testb	$1, %al
	jz	1b
	movw	$0x3f8, %dx
	inb	%dx, %al
	outb	%al, %dx
	movw	$0x3fd, %dx
2:	inb	%dx, %al
	testb	$0x40, %al
	jz	2b
"""


@unittest.skipUnless(shutil.which("bochs") and shutil.which("xorriso"),
                     "no Bochs")
class Bochs(unittest.TestCase):
    """One machine each."""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.dir = Path(tmp.name)

    def image(self, end):
        """A CD that boots into a sector that does this."""
        disc = self.dir / "disc"
        disc.mkdir()
        (self.dir / "s.S").write_text(SECTOR.format(end=end))
        for cmd in (["gcc", "-c", "-o", "s.o", "s.S"],
                    ["ld", "-Ttext=0x7c00", "--oformat=binary",
                     "-o", "disc/boot", "s.o"],
                    ["truncate", "-s", "2048", "disc/boot"],
                    ["xorriso", "-as", "mkisofs", "-quiet", "-b", "boot",
                     "-no-emul-boot", "-boot-load-size", "4",
                     "-o", "cd.iso", "disc"]):
            subprocess.run(cmd, cwd=self.dir, check=True, capture_output=True)
        return self.dir / "cd.iso"

    def boot(self, end, keys="", *options):
        """(status, console, what else was said)"""
        out = subprocess.run(
            [TOOL, "--memory", "32", *options, self.image(end)], text=True,
            input=keys, timeout=LIMIT, check=False, capture_output=True)
        return out.returncode, out.stdout, out.stderr

    def test_shutdown(self):
        self.assertEqual(self.boot(SHUTDOWN),
                         (0, "hello\n", "bochs: ended by the guest\n"))

    def test_status(self):
        self.assertEqual(self.boot(STATUS + SHUTDOWN)[0], 42)

    def test_power_off(self):
        status, _, why = self.boot(
            "movw $0xb004, %dx; movw $0x2000, %ax; outw %ax, %dx; hlt")
        self.assertEqual((status, why), (0, "bochs: powered off\n"))

    def test_triple_fault(self):
        status, text, why = self.boot("lidt none; int3")
        self.assertEqual((status, why), (3, "bochs: triple fault\n"))
        self.assertEqual(text, "hello\n")

    def test_reset(self):
        status, text, why = self.boot(
            "movw $0xcf9, %dx; movb $2, %al; outb %al, %dx;"
            "movb $6, %al; outb %al, %dx; hlt")
        self.assertEqual((status, why), (0, "bochs: reset\n"))

    def test_keys(self):
        self.assertEqual(self.boot(ECHO + SHUTDOWN, "Z")[1], "hello\nZ")

    def test_two_at_once_and_several_cpus(self):
        cmd = [TOOL, "--cpus", "4", "--memory", "32",
               self.image(STATUS + SHUTDOWN)]
        both = [subprocess.Popen(cmd, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
                for _ in range(2)]
        for one in both:
            self.addCleanup(one.kill)
        for one in both:
            self.assertEqual(one.communicate(timeout=LIMIT)[0], b"hello\n")
            self.assertEqual(one.returncode, 42)

    def test_refused(self):
        for options in (["--memory", "4096"], ["--cpus", "9"]):
            self.assertEqual(subprocess.run(
                [TOOL, *options, "/dev/null"], check=False,
                capture_output=True).returncode, 2)


if __name__ == "__main__":
    unittest.main()
