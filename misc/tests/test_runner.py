# SPDX-License-Identifier: BSD-2-Clause
"""The runner fails what must fail. Shell scripts play the machines."""
import argparse
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import load

load.package("testbed")
from bed import (autopsy, bochs, console, execute, iso, machine,  # noqa: E402
                 stale, summary, table)

RUNNER = load.script("testbed/runner")

DEFAULTS = {"bed": "bare", "cpus": 1, "kernels": "default", "memory": "1G",
            "timeout": 20, "forbid": ["panic"]}


def make_run(**more):
    """A run with what the test cares about."""
    entry = {"name": "t", "expect": ["one", "two"], **more}
    table.check_keys("t", {**DEFAULTS, **entry})
    return next(table.expand(entry, DEFAULTS, ["6.1"]))


REGISTERS = b"""\
CPU#0\r
EAX=00000000 EBX=00000000\r
EIP=0000fff0 EFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0\r
CPU#1\r
RIP=ffffffff81e0b5ee RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\r
"""


def play_monitor(server):
    """QEMU's, for one caller."""
    try:
        peer = server.accept()[0]
    except OSError:
        return
    with peer:
        peer.sendall(b"QEMU 10 monitor\r\n(qemu) ")
        while peer.recv(100) == b"info registers -a\n":
            peer.sendall(REGISTERS + b"(qemu) ")


class Execute(unittest.TestCase):
    """One machine each."""

    def judge(self, script, **more):
        with tempfile.TemporaryDirectory() as tmp:
            res = execute.execute(make_run(**more), ["sh", "-c", script],
                                  Path(tmp))
        return res.error

    def test_pass(self):
        self.assertEqual(self.judge("echo one; echo x; echo two"), "")

    def test_order_matters(self):
        self.assertIn("'two'", self.judge("echo two; echo one"))

    def test_missing_line(self):
        self.assertIn("'two'", self.judge("echo one"))

    def test_silent_machine(self):
        self.assertIn("'one'", self.judge(":"))

    def test_forbidden_line(self):
        self.assertIn("forbidden line: a panic",
                      self.judge("echo one; echo a panic; echo two"))

    def test_forbidden_part_of_a_line_at_the_end(self):
        self.assertIn("forbidden",
                      self.judge("echo one; echo two; printf panic"))

    def test_allowed_line(self):
        self.assertEqual(self.judge("echo one; echo panic; echo two",
                                    allow=["panic"]), "")

    def test_own_verdict_of_the_guest(self):
        self.assertIn("test x failed: because", self.judge(
            "echo one; echo two; echo HOLM-TEST x FAIL because"))

    def test_wrong_status(self):
        self.assertIn("status 3", self.judge("echo one; echo two; exit 3"))

    def test_wanted_status(self):
        self.assertEqual(self.judge("echo one; echo two; exit 3", status=3),
                         "")

    def test_timeout(self):
        start = time.monotonic()
        self.assertIn("after 1 s no line matched 'two'",
                      self.judge("echo one; sleep 30", timeout=1))
        self.assertLess(time.monotonic() - start, 10)

    def test_hang_after_the_last_line(self):
        self.assertIn("ran on", self.judge("echo one; echo two; sleep 30",
                                           timeout=1))

    def test_end_at_match(self):
        start = time.monotonic()
        self.assertEqual(self.judge("echo one; echo two; sleep 30",
                                    end="match"), "")
        self.assertLess(time.monotonic() - start, 10)

    def look(self, script, **more):
        """The log of a lost machine that has this monitor."""
        with tempfile.TemporaryDirectory() as tmp:
            path = Path(tmp) / "t.monitor"
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(path))
                server.listen()
                monitor = threading.Thread(target=play_monitor,
                                           args=(server,))
                monitor.start()
                res = execute.execute(make_run(**more), ["sh", "-c", script],
                                      Path(tmp), None, (path, "/bin/sh"))
                # Nobody asked: it still waits.
                with socket.socket(socket.AF_UNIX) as own:
                    try:
                        own.connect(str(path))
                    except OSError:
                        pass
                server.shutdown(socket.SHUT_RDWR)
                monitor.join()
            self.assertFalse(path.exists())
            return res, Path(res.log).read_text()

    def test_a_lost_machine_is_looked_at(self):
        res, log = self.look("echo one; echo a panic; sleep 0.3; echo why; sleep 60")
        self.assertIn("forbidden line: a panic", res.error)
        self.assertIn("] why", log)
        self.assertNotIn("why", res.lines)
        for n in range(autopsy.SAMPLES):
            self.assertIn(f"[autopsy] {n + 1}: CPU 0: RIP 000000000000fff0\n",
                          log)
            self.assertIn(f"[autopsy] {n + 1}: CPU 1: RIP ffffffff81e0b5ee "
                          "halted\n", log)

    def test_so_is_one_that_hangs(self):
        res, log = self.look("echo one; sleep 60", timeout=1)
        self.assertIn("after 1 s no line matched", res.error)
        self.assertIn("[autopsy] 1: CPU 1: RIP", log)

    def test_others_are_not(self):
        for script in "echo one; echo two", "echo one", "echo panic":
            self.assertNotIn("[autopsy]", self.look(script)[1])

    def test_a_deaf_monitor_is_no_error(self):
        with tempfile.TemporaryDirectory() as tmp:
            res = execute.execute(
                make_run(timeout=1), ["sh", "-c", "sleep 60"], Path(tmp), None,
                (Path(tmp) / "none", "/none"))
            self.assertIn("no line matched", res.error)
            self.assertIn("[autopsy] no answer", Path(res.log).read_text())

    def test_children_do_not_survive(self):
        with tempfile.TemporaryDirectory() as tmp:
            pid_file = Path(tmp) / "pid"
            script = f"sleep 60 & echo $! > {pid_file}; echo one; wait"
            execute.execute(make_run(timeout=1), ["sh", "-c", script],
                            Path(tmp))
            pid = int(pid_file.read_text())
        state = Path(f"/proc/{pid}/stat")
        for _ in range(100):
            if not state.exists() or state.read_text().split()[2] == "Z":
                return
            time.sleep(0.05)
        os.kill(pid, 9)
        self.fail("a child outlived its machine")

    def test_dialogue(self):
        self.assertEqual(self.judge(
            "echo one; printf 'name? '; read n; echo hello $n",
            expect=["one", "hello me"],
            send=[{"on": "name\\? $", "text": "me"}]), "")

    def test_prompt_with_an_escape_sequence_in_any_pieces(self):
        text = b"# \x1b[6n"
        for at in range(len(text) + 1):
            con = console.Console(make_run(send=[
                {"on": "# $", "text": "first"}, {"on": "# $", "text": "next"}]))
            said = con.feed(text[:at]) + con.feed(text[at:])
            self.assertEqual(said, "first\n", at)
            self.assertEqual(con.feed(b"first\r\n" + text), "next\n", at)

    def test_escapes_and_carriage_returns(self):
        self.assertEqual(self.judge(
            "printf '\\033[1;31mone\\033[0m\\r\\ntwo\\r\\n'",
            expect=["^one$", "^two$"]), "")


OOPS = "[    2.46] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI"
GONE = "[    2.47] Code: 89 fe 0f <1f> 44 00 00 66 90"
THERE = "[    2.47] Code: 89 fe cc <1f> 44 00 00 66 90"


class Player(machine.Builder):
    """The next of some scripts each time a machine is wanted."""

    def __init__(self, build, *scripts):
        super().__init__(build)
        self.scripts = list(scripts)

    def command(self, run, serial=()):
        """What plays the machine."""
        return ["sh", "-c", self.scripts.pop(0)]

    def monitor(self, run):
        """None."""
        return None

    def missing(self, run):
        """Nothing."""
        return []


class Stale(unittest.TestCase):
    """QEMU spoils a run: then, and only then, there is a second one."""

    def test_a_breakpoint_that_is_not_there(self):
        self.assertEqual(stale.find([OOPS, "RIP: x", GONE], ["Oops"]),
                         stale.SENTENCE)
        self.assertEqual(stale.find([OOPS[14:], GONE], ["panic"]),
                         stale.SENTENCE)

    def test_whatever_else_is_wrong(self):
        for lines in ([], ["a panic"], [OOPS], [GONE], [GONE, OOPS],
                      [OOPS, THERE], [OOPS, THERE, GONE],
                      ["a panic", OOPS, GONE],
                      [OOPS.replace("#1", "#2"), GONE],
                      [OOPS.replace("int3", "invalid opcode"), GONE],
                      [OOPS, "Code: Unable to access opcode bytes", "x"]):
            self.assertEqual(stale.find(lines, ["panic", "Oops"]), "", lines)

    def test_bochs_has_no_excuse(self):
        self.assertEqual(bochs.Builder("/b").excuse(make_run(), [OOPS, GONE]),
                         "")

    def play(self, *scripts):
        """(the result, scripts left, what the spoilt log has)"""
        with tempfile.TemporaryDirectory() as tmp:
            args = argparse.Namespace(verbose=False)
            builder = Player(tmp, *scripts)
            res = RUNNER.do_one(make_run(forbid=["Oops"]), builder, args)
            spoilt = Path(tmp) / "logs/t.spoilt.log"
            text = spoilt.read_text() if spoilt.exists() else ""
            return res, len(builder.scripts), text

    def test_second_run(self):
        bad = f"echo one; echo '{OOPS}'; echo '{GONE}'"
        good = "echo one; echo two"
        res, left, text = self.play(bad, good, good)
        self.assertEqual((res.error, left), ("", 1))
        self.assertIn(stale.SENTENCE, res.again)
        self.assertIn(OOPS, text)

    def test_no_third_run(self):
        bad = f"echo one; echo '{OOPS}'; echo '{GONE}'"
        res, left, _ = self.play(bad, bad, "echo one; echo two")
        self.assertIn("forbidden line", res.error)
        self.assertEqual(left, 1)

    def test_no_second_run(self):
        for bad in f"echo '{OOPS}'; echo '{THERE}'", "echo one":
            res, left, text = self.play(bad, "echo one; echo two")
            self.assertTrue(res.error)
            self.assertEqual((res.again, left, text), ("", 1, ""))


def hear_interrupts():
    """Who was started in a shell's background does not, nor do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Stopped(unittest.TestCase):
    """A runner that gets a signal takes its machines along."""

    TABLE = """
[defaults]
bed = "bare"
cpus = 1
kernels = "default"
memory = "1G"
timeout = 60
forbid = []
[[test]]
name = "a"
expect = ["x"]
[[test]]
name = "b"
expect = ["x"]
[[test]]
name = "c"
expect = ["x"]
"""
    MACHINE = "#!/bin/sh\nsleep 60 &\necho $! >> $0.pids\nwait\n"

    def start(self, tmp):
        """The runner, with a shell script for QEMU; two machines run."""
        (tmp / "t.toml").write_text(self.TABLE)
        qemu = tmp / "qemu-system-x86_64"
        qemu.write_text(self.MACHINE)
        qemu.chmod(0o755)
        for version in RUNNER.known_kernels():
            for name in (f"cache/kernel-{version}/vmlinuz",
                         f"images/service-{version}.cpio"):
                (tmp / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp / name).touch()
        child = subprocess.Popen(
            [load.MISC / "testbed/runner", "-j2", "--build", tmp, "--table",
             tmp / "t.toml"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=hear_interrupts,
            env={**os.environ, "PATH": f"{tmp}:{os.environ['PATH']}"})
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        pids = Path(f"{qemu}.pids")
        until = time.monotonic() + 30
        while not pids.exists() or len(pids.read_text().split()) < 2:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        return child, pids

    def stop(self, number, status):
        with tempfile.TemporaryDirectory() as tmp:
            child, pids = self.start(Path(tmp))
            child.send_signal(number)
            self.assertEqual(child.wait(20), status)
            left = pids.read_text().split()
        self.assertEqual(len(left), 2)
        for pid in left:
            state = Path(f"/proc/{pid}/stat")
            self.assertTrue(not state.exists() or
                            state.read_text().split()[2] == "Z")

    def test_terminated(self):
        self.stop(signal.SIGTERM, 143)

    def test_interrupted(self):
        self.stop(signal.SIGINT, -signal.SIGINT)


class Autopsy(unittest.TestCase):
    """Addresses and names."""

    def test_names(self):
        known = [(0x100, "a"), (0x200, "b")]
        self.assertEqual(autopsy.name_of(0xff, known), "")
        self.assertEqual(autopsy.name_of(0x1ff, known), "a+0xff")
        self.assertEqual(autopsy.name_of(0x200, known), "b+0x0")
        self.assertEqual(autopsy.name_of(0x80000, known), "")

    def test_qemu_has_a_monitor_and_bochs_has_none(self):
        run = make_run()
        path, image = machine.Builder("/b").monitor(run)
        self.assertIn(f"unix:{path},server,nowait",
                      machine.Builder("/b").command(run))
        self.assertEqual(image, Path("/b/hypervisor/holm.elf"))
        self.assertIsNone(bochs.Builder("/b").monitor(run))
        far = machine.Builder("/" + "b" * 100)
        self.assertIsNone(far.monitor(run))
        self.assertNotIn("-monitor", far.command(run))


class Table(unittest.TestCase):
    """Rules of the table."""

    def test_tree_table_loads(self):
        runs = table.load(load.MISC / "testbed/tests.toml", ["6.1", "6.12"])
        names = [r.name for r in runs]
        self.assertEqual(len(names), len(set(names)))
        self.assertIn("service-boot/4cpu/6.12", names)

    def test_refused(self):
        for bad in ({"expect": []}, {"bed": "sofa"}, {"typo": 1},
                    {"expect": ["("]}, {"timeout": "soon"},
                    {"firmware": "none"}, {"full": "yes"},
                    {"bed": "holm", "firmware": "uefi"}):
            with self.assertRaises(table.TableError):
                make_run(**bad)

    def test_allow_must_be_forbidden_otherwise(self):
        with self.assertRaises(table.TableError):
            make_run(allow=["nothing of that kind"])

    def test_each_test_script_is_used(self):
        scripts = {p.name for p in
                   (load.MISC / "testbed/service/tests").iterdir()}
        text = (load.MISC / "testbed/tests.toml").read_text()
        for name in scripts:
            self.assertIn(f"holm.test={name}", text)

    def test_command_doubles_commas(self):
        run = make_run(bed="holm", cmdline="a=1,2")
        cmd = machine.Builder("/b").command(run)
        modules = cmd[cmd.index("-initrd") + 1]
        self.assertIn("a=1,,2", modules)
        self.assertTrue(modules.endswith(",/b/images/service-6.1.cpio"))

    def test_uefi_forgets_what_is_written(self):
        cmd = machine.Builder("/b").command(make_run(firmware="uefi"))
        flash = [a for a in cmd if a.startswith("if=pflash")]
        self.assertEqual(len(flash), 2)
        self.assertIn("readonly=on", flash[0])
        self.assertIn("snapshot=on", flash[1])

    def test_disks_of_a_test_are_missed(self):
        run = make_run(disk="images/no.img")
        for builder in machine.Builder("/b"), bochs.Builder("/b"):
            self.assertIn("/b/images/no.img", builder.missing(run))
            self.assertIn("/b/images/no.img",
                          " ".join(builder.command(run)))

    def test_second_port(self):
        for builder, path in ((machine.Builder("/b"), "/b/logs/t-2.com2"),
                              (bochs.Builder("/b"), "/b/logs/bochs/t-2.com2")):
            run = make_run(com2=True)
            run.name = "t/2"
            self.assertIn(path, " ".join(builder.command(run)))


class Intel(unittest.TestCase):
    """The same table for the other machine."""

    def load(self, *args):
        return {r.name: r for r in table.load(
            load.MISC / "testbed/tests.toml", ["6.1", "6.12"], *args)}

    def test_own_values(self):
        self.assertEqual(self.load("bochs")["bare"].cpus, 2)
        self.assertIn("bare/4cpu/6.12", self.load("qemu"))

    def test_models_multiply(self):
        names = self.load("bochs", ["a", "b"])
        self.assertIn("bare/b", names)
        self.assertIn("refuse-vmx/no-vmx", names)

    def test_command_lines_are_added_to(self):
        entry = table.adapt(
            {"cmdline": "one", "bochs": {"cmdline": "three", "cpus": 2}},
            {"hv": "h", "bochs": {"cmdline": "two"}}, "bochs")
        self.assertEqual(entry["cmdline"], "one two three")
        self.assertEqual((entry["hv"], entry["cpus"]), ("h", 2))

    def test_what_it_lacks(self):
        builder = bochs.Builder("/b")
        self.assertTrue(builder.lacks(make_run(needs=["iommu"])))
        self.assertTrue(builder.lacks(make_run(memory="6G")))
        self.assertTrue(builder.lacks(make_run(devices=["-x"])))
        self.assertFalse(builder.lacks(make_run(memory="2G")))
        self.assertTrue(machine.Builder("/b").lacks(
            make_run(needs=["intel"])))

    def test_dollars_are_not_grubs(self):
        self.assertEqual(iso.escape("memmap=16M$0x6 a"), "memmap=16M\\$0x6 a")

    def test_what_one_model_lacks(self):
        builder = bochs.Builder("/b")
        run = make_run(bed="tiny", image="a.bin", needs=["x2apic"])
        self.assertFalse(builder.lacks(run))
        self.assertNotIn("x2apic", builder.payload(run)[1][2])
        run.cpu = "corei7_sandy_bridge_2600k"
        self.assertTrue(builder.lacks(run))
        self.assertIn("x2apic=no", builder.payload(run)[1][2])

    def test_refused(self):
        for bad in ({"needs": ["luck"]}, {"bochs": {"bed": "holm"}}):
            with self.assertRaises(table.TableError):
                make_run(**bad)

    def test_command(self):
        run = make_run(bed="tiny", image="a.bin", cmdline="x")
        cmd = bochs.Builder("/b").command(run)
        self.assertEqual(cmd[cmd.index("--memory") + 1], "1024")
        self.assertEqual(bochs.Builder("/b").payload(run)[1][2],
                         "a.bin x holm.cpus=1")


class Summary(unittest.TestCase):
    """The rows of `make run`."""

    def test_rows(self):
        vms = {"vms": [{"name": "service", "cpus": [0, 1],
                        "mem_bytes": 1 << 30,
                        "exits": {"cpuid": 7, "port i/o": 0}},
                       {"name": "demo", "cpus": [2, 3],
                        "mem_bytes": 1 << 29,
                        "exits": {"cpuid": 1, "port i/o": 90}}]}
        info = {"hv_bytes": 8 << 20, "pool_used": 5, "pool_pages": 9}
        lines = ["HOLM-DATA info " + json.dumps(info),
                 "HOLM-DATA during " + json.dumps(vms), "HOLM-DATA bad {"]
        text = "\n".join(summary.write(lines, {"holm": 1.0, "service": 4.5}))
        self.assertRegex(text, r"demo +2-3 +512 MiB +91")
        self.assertRegex(text, r"port i/o +0 +90\n +cpuid +7 +1")
        self.assertIn("Service VM 3.5 s", text)

    def test_no_data(self):
        self.assertTrue(summary.write([], {}))


if __name__ == "__main__":
    unittest.main()
