# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests in the Service VM. A test exits 0 if it passed.

# What the machine wants of every kernel: holm.vmargs=WORD,WORD
vm_bed_args=$(sed -n 's/.*holm\.vmargs=\([^ ]*\).*/\1/p' /proc/cmdline | tr , ' ')
vm_kernel_args="console=ttyS0 no_timer_check quiet panic=-1 $vm_bed_args"

# fail SENTENCE: end this test.
fail()
{
	echo "failed: $*"
	exit 1
}

# abandon SENTENCE: the same from within $(...), whose status is not looked at.
abandon()
{
	echo "failed: $*" >&2
	kill -KILL $$
	exit 1
}

# expect WHAT GOT WANTED
expect()
{
	[ "$2" = "$3" ] || fail "$1: '$2', not '$3'"
}

# cmdline_word NAME DEFAULT: of NAME=WORD on the kernel's command line.
cmdline_word()
{
	for _word in $(cat /proc/cmdline); do
		[ "${_word%%=*}" != "$1" ] || set -- "$1" "${_word#*=}"
	done
	echo "$2"
}

# wait_for SECONDS COMMAND...: until it succeeds; status 1 after SECONDS.
wait_for()
{
	_end=$(($(seconds_up) + $1))
	shift
	until "$@"; do
		[ "$(seconds_up)" -le $_end ] || return 1
		usleep 50000
	done
}

# need_disk: that of the machine, by virtio or ATA; its device is in $disk.
need_disk()
{
	for _dir in /lib/modules /lib/disk; do
		for _name in $(cat $_dir/order); do
			insmod "$_dir/$_name.ko" || fail "no $_name"
		done
	done
	wait_for 20 has_disk || fail "the machine has no disk"
}

has_disk()
{
	for disk in /dev/vda /dev/sda; do
		[ ! -b $disk ] || return 0
	done
	return 1
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

# Is the driver that of Linux's own tree, without figures and queries?
is_mainline()
{
	grep -q '^acrn ' /proc/modules
}

# hsm_figure NAME: a figure of the driver.
hsm_figure()
{
	cat "/sys/class/misc/acrn_hsm/$1" || fail "the driver has no $1"
}

# hv_figure NAME: a figure of Holm.
hv_figure()
{
	holm hv info --json | tr ',{}' '\n\n\n' | sed -n "s/^\"$1\"://p"
}

# cpu_exits CPU...: exits of these CPUs since Holm started, added up.
cpu_exits()
{
	_sum=0
	for _cpu; do
		_n=$(holm cpu list --json | tr '{' '\n' |
			sed -n "s/.*\"cpu\":$_cpu,.*\"exits\":\([0-9]*\).*/\1/p")
		_sum=$((_sum + _n))
	done
	echo $_sum
}

seconds_up()
{
	cut -d. -f1 /proc/uptime
}

# Neither Holm nor the kernel has complained of itself.
expect_no_complaint()
{
	holm hv log > /tmp/hv.log || fail "Holm does not tell its log"
	! grep "Holm: ERROR" /tmp/hv.log || fail "Holm's log has errors"
	! dmesg | grep -E "BUG:|Oops|WARNING: CPU|general protection|soft lockup" ||
		fail "the kernel has complained"
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

# What Holm and its driver know, a figure a line.
hypervisor_figures()
{
	grep -H . /sys/class/misc/acrn_hsm/objects/* \
		/sys/class/misc/acrn_hsm/cpus_taken \
		/sys/module/acrn_hsm/refcnt
	_kept="pool_pages|pool_used|vms|slot|vmid|name|state|vcpus|mem_bytes"
	_kept="$_kept|stage2_pages|leaves_.*|cpu|vm_slot|vcpu|mode"
	for _what in "hv info" "vm list" "cpu list"; do
		holm $_what --json
	done | tr ',{[' '\n\n\n' | grep -E "^\"($_kept)\":"
}

# All that must be as before when no User VM exists any more, a figure a line.
machine_figures()
{
	echo "online CPUs $(online_cpus)"
	grep -H . /sys/kernel/mm/hugepages/*/*hugepages \
		/proc/sys/vm/nr_overcommit_hugepages
	awk '$1 ~ /:$/ { print "interrupt", $1, $NF }' /proc/interrupts
	for _pid in 1 $$; do
		set -- /proc/$_pid/fd/*
		echo "open files of $_pid: $#"
	done
	pidof acrn-dm | sed 's/^/acrn-dm: process /'
	is_mainline || hypervisor_figures
}

# remember_machine_as NAME: note what the machine looks like now.
remember_machine_as()
{
	machine_figures > "/run/figures.$1" || fail "no figures of the machine"
}

machine_is()
{
	machine_figures > /run/figures.now
	cmp -s "/run/figures.$1" /run/figures.now
}

# expect_machine_as NAME: every figure is as it was then.
expect_machine_as()
{
	wait_for 20 machine_is "$1" && return
	diff "/run/figures.$1" /run/figures.now
	fail "the machine is not as it was $1"
}

# The same, of the machine while no User VM exists.
remember_machine()
{
	cpus_before=$(online_cpus)
	remember_machine_as before
}

expect_machine_back()
{
	expect_machine_as before
}

# run_vm NAME ACTION [acrn-dm options]: a User VM that does ACTION; the
# status is that of acrn-dm. $vm_extra_args: more of its kernel's arguments.
# $vm_initrd: another initrd than the common one. $under: runs acrn-dm.
run_vm()
{
	_name=$1 _do=$2
	shift 2
	$under acrn-dm -m 256M -k /vm/vmlinuz \
		-r "${vm_initrd:-/vm/initrd}" \
		-B "$vm_kernel_args $vm_extra_args holm.do=$_do" \
		-l com1,stdio "$@" "$_name" < /dev/null
}

# tiny NAME "KERNEL ARGUMENTS" [options]: the User VM of a moment; see
# hypervisor/tests/guest/dm_tiny.c for its arguments. $under: runs acrn-dm.
tiny()
{
	_name=$1 _args=$2
	shift 2
	$under acrn-dm -m 128M -k /vm/tiny -B "$_args" -l com1,stdio "$@" \
		"$_name" < /dev/null
}

# start_tiny NAME "KERNEL ARGUMENTS" [options]: one in the background. It
# writes to /tmp/NAME.out, acrn-dm to /tmp/NAME.err; its process is $pid.
start_tiny()
{
	_name=$1 _args=$2
	shift 2
	: > "/tmp/$_name.out"
	acrn-dm -m 128M -k /vm/tiny -B "$_args" -l com1,stdio "$@" "$_name" \
		< /dev/null > "/tmp/$_name.out" 2> "/tmp/$_name.err" &
	pid=$!
}

# wait_tiny NAME PATTERN: until it has written that.
wait_tiny()
{
	wait_for 60 grep -q "$2" "/tmp/$1.out" && return
	cat "/tmp/$1.out" "/tmp/$1.err"
	fail "$1 did not write '$2'"
}

# expect_end PROCESS STATUS: of a background process.
expect_end()
{
	wait "$1"
	expect "status of process $1" $? "$2"
}

# tiny_ends STATUS NAME "KERNEL ARGUMENTS" [options]: one that ends so; what
# it said is in /tmp/out, what acrn-dm said in /tmp/messages.
tiny_ends()
{
	_status=$1
	shift
	tiny "$@" > /tmp/out 2> /tmp/messages
	_got=$?
	grep "TINY memory" /tmp/out && fail "$1 has somebody's memory"
	[ $_got = "$_status" ] && grep -q "TINY up 0" /tmp/out && return
	cat /tmp/out /tmp/messages
	fail "acrn-dm of $1 ended with status $_got, not $_status"
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
