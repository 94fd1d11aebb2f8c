# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests in the Service VM. A test exits 0 if it passed.

vm_kernel_args="console=ttyS0 no_timer_check quiet panic=-1"

# fail SENTENCE: end this test.
fail()
{
	echo "failed: $*"
	exit 1
}

# expect WHAT GOT WANTED
expect()
{
	[ "$2" = "$3" ] || fail "$1: '$2', not '$3'"
}

# wait_for SECONDS COMMAND...: until it succeeds; status 1 after SECONDS.
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

# meminfo NAME: a figure of /proc/meminfo.
meminfo()
{
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# hsm_figure NAME: a figure of the driver.
hsm_figure()
{
	cat "/sys/class/misc/acrn_hsm/$1" || fail "the driver has no $1"
}

need_driver()
{
	[ -c /dev/acrn_hsm ] || fail "no /dev/acrn_hsm: driver not loaded"
	[ -x /bin/acrn-dm ] || fail "no acrn-dm in the image"
}

# Give the Service VM COUNT huge pages of 2 MiB that stay.
reserve_huge_pages()
{
	echo "$1" > /proc/sys/vm/nr_hugepages
	expect "huge pages" "$(meminfo HugePages_Total)" "$1"
}

# What the machine looks like while no User VM exists.
remember_machine()
{
	cpus_before=$(online_cpus)
	huge_before=$(meminfo HugePages_Total)
	pinned_before=$(hsm_figure pinned_pages)
}

cpus_are_back()
{
	[ "$(online_cpus)" = "$cpus_before" ]
}

# All the machine had before is there again.
expect_machine_back()
{
	wait_for 20 cpus_are_back
	expect "online CPUs" "$(online_cpus)" "$cpus_before"
	expect "huge pages" "$(meminfo HugePages_Total)" "$huge_before"
	expect "free huge pages" "$(meminfo HugePages_Free)" "$huge_before"
	expect "pinned pages" "$(hsm_figure pinned_pages)" "$pinned_before"
	expect "VMs of the driver" "$(hsm_figure vms)" 0
}

# run_vm NAME ACTION [acrn-dm options]: a User VM that does ACTION; the
# status is that of acrn-dm. $vm_extra_args: more of its kernel's arguments.
# $vm_initrd: another initrd than the common one.
run_vm()
{
	_name=$1 _do=$2
	shift 2
	acrn-dm -m 256M -k /vm/vmlinuz -r "${vm_initrd:-/vm/initrd}" \
		-B "$vm_kernel_args $vm_extra_args holm.do=$_do" \
		-l com1,stdio "$@" "$_name" < /dev/null
}

# talk_vm NAME "ANSWER..." [options]: a User VM that asks; each time it gets
# the next answer, after the shell function on_ask, if there is one, has run.
talk_vm()
{
	_name=$1 _answers=$2
	shift 2
	rm -f /tmp/in /tmp/status
	mkfifo /tmp/in
	exec 3<> /tmp/in
	{
		acrn-dm -m 256M -k /vm/vmlinuz -r /vm/initrd \
			-B "$vm_kernel_args $vm_extra_args holm.do=ask" \
			-l com1,stdio "$@" "$_name" <&3
		echo $? > /tmp/status
	} | while IFS= read -r _line; do
		echo "$_line"
		case $_line in
		*"HOLM-GUEST asks"*)
			on_ask
			echo "${_answers%% *}" >&3
			_answers=${_answers#* }
			;;
		esac
	done
	exec 3>&-
	return "$(cat /tmp/status)"
}

on_ask()
{
	:
}
