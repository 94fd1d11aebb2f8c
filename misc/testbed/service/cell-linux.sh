# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests of Linux in a cell, after common.sh and cell.sh.

# free_serial: the second serial port is no longer this kernel's.
free_serial()
{
	for _dev in /sys/bus/pnp/drivers/serial/*:*; do
		grep -qs 'io 0x2f8' "$_dev/resources" || continue
		echo "${_dev##*/}" > /sys/bus/pnp/drivers/serial/unbind
	done
}

# boot_cell KERNEL ACTION [WORD]...: until it computes. ACTION: cell/init.
# $cell_cpus: how many it will have.
cell_cpus=2
boot_cell()
{
	_kernel=$1 _do=$2 _sent=0
	shift 2
	status 0 holm cell linux /cell/linux.yaml "$_kernel" \
		-i /cell/initrd -c "console=ttyS1,115200 $vm_bed_args holm.do=$_do $*"
	expect "state" "$(cell_figure linux state)" running
	expect "online CPUs" "$(online_cpus)" 0-1
	cell_says linux "CELL computes cpus=$cell_cpus" 300
}

# computes_alone SECONDS: in that time its CPUs cost no exit, but for the
# messages that one sends to the other: a write of a register each.
computes_alone()
{
	_all=$(cell_total linux exits_total)
	_sent=$(cell_total linux "msr write")
	sleep "$1"
	_all=$(($(cell_total linux exits_total) - _all))
	_sent=$(($(cell_total linux "msr write") - _sent))
	echo "exits in $1 s of computing: $_all, of these IPIs: $_sent"
	expect "exits that are no IPIs" $((_all - _sent)) 0
}

# expect_messages: the cell counts what it has sent; it is no less than what
# computes_alone has seen.
expect_messages()
{
	_counted=$(holm cell console linux |
		sed -n 's/^CELL computed .*messages=\([0-9]*\).*/\1/p')
	[ "$_sent" -le "$_counted" ] ||
		fail "$_sent IPIs cost an exit, the cell sent $_counted"
}

# ends_itself STATE: asked, it denies and goes on its own way to STATE.
ends_itself()
{
	status 5 holm cell shutdown linux
	cell_says linux "CELL computed .* ticks=[1-9].* wrong=0" 300
	expect_messages
	holm cell console linux
	wait_for 60 cell_state_is linux "$1" || {
		holm cell stats linux
		fail "it is not $1"
	}
}
