# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests in the Service VM. A test exits 0 if it passed.

# fail SENTENCE: end this test.
fail()
{
	echo "failed: $*"
	exit 1
}

# expect WHAT GOT WANTED
expect()
{
	[ "$2" = "$3" ] || fail "$1 is '$2', not '$3'"
}

# wait_for SECONDS COMMAND...: until it succeeds; fails after SECONDS.
wait_for()
{
	_end=$(($(cut -d. -f1 /proc/uptime) + $1))
	shift
	until "$@"; do
		[ "$(cut -d. -f1 /proc/uptime)" -le $_end ] || return 1
		usleep 50000
	done
}

online_cpus()
{
	cat /sys/devices/system/cpu/online
}

free_huge_pages()
{
	awk '/^HugePages_Free/ { print $2 }' /proc/meminfo
}

huge_pages()
{
	awk '/^HugePages_Total/ { print $2 }' /proc/meminfo
}

mem_free_mib()
{
	awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo
}

need_driver()
{
	[ -c /dev/acrn_hsm ] || fail "no /dev/acrn_hsm: driver not loaded"
	[ -x /bin/acrn-dm ] || fail "no acrn-dm in the image"
}

# What the machine looks like when no User VM exists.
remember_machine()
{
	cpus_before=$(online_cpus)
	huge_before=$(huge_pages)
	pinned_before=$(hsm_figure pinned_pages)
}

# hsm_figure NAME: a figure of the driver, "?" if it has none.
hsm_figure()
{
	cat "/sys/class/misc/acrn_hsm/$1" 2>/dev/null || echo "?"
}

expect_machine_back()
{
	wait_for 10 [ "$(online_cpus)" = "$cpus_before" ]
	expect "online CPUs" "$(online_cpus)" "$cpus_before"
	expect "huge pages" "$(huge_pages)" "$huge_before"
	expect "free huge pages" "$(free_huge_pages)" "$huge_before"
	expect "pinned pages" "$(hsm_figure pinned_pages)" "$pinned_before"
	expect "VMs of the driver" "$(hsm_figure vms)" 0
}

# User VM command line: silent enough for a slow serial port.
vm_args="console=ttyS0 panic=-1 no_timer_check"
