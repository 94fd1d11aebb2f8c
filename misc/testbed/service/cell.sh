# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests of cells, after common.sh.

# The memory that memmap= on the kernel's command line keeps from Linux.
cell_ram=0x60000000

# Code for real mode at 0xffff0: writes to port 0x99, which no cell here has,
# and so is refused and counted, for ever.
#   out 0x99, al; jmp back
printf '\346\231\353\374' > /tmp/refused.bin
#   cli; jmp itself
printf '\372\353\376' > /tmp/jam.bin
#   lidt [nowhere]; int3: a triple fault
printf '\017\001\036\000\000\314' > /tmp/triple.bin

# cell_desc NAME CPU OFFSET [PORT COUNT]...: a description, of 1 MiB at
# OFFSET of the memory for cells.
cell_desc()
{
	_file=/tmp/$1.cell _name=$1 _cpu=$2 _at=$3
	shift 3
	celldesc "$_name" "$_cpu" $((cell_ram + _at)) 0x100000 "$@" \
		> "$_file" || fail "celldesc $_name"
}

# cell_figure NAME FIELD: of `holm cell list --json`.
cell_figure()
{
	holm cell list --json | tr '{' '\n' | grep "\"name\":\"$1\"" |
		sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

# cell_total NAME FIELD: what the total is in another field of the same line.
# Nothing is no number: two of that would be equal.
cell_total()
{
	_total=$(holm cell list --json | tr -d '\n' | sed 's/"id":/\n&/g' |
		grep "\"name\":\"$1\"" |
		sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p")
	[ -n "$_total" ] || abandon "holm cell list: no $2 of $1"
	echo "$_total"
}

# cell_state_is NAME STATE
cell_state_is()
{
	[ "$(cell_figure "$1" state)" = "$2" ]
}

# status WANTED COMMAND...: its exit status must be that; what it said is in
# /tmp/out and /tmp/err.
status()
{
	_want=$1
	shift
	"$@" > /tmp/out 2> /tmp/err
	_got=$?
	[ $_got = "$_want" ] || {
		cat /tmp/out /tmp/err
		fail "$*: status $_got, not $_want"
	}
}

# says TEXT: the last command did, to people.
says()
{
	grep -q -- "$1" /tmp/err || {
		cat /tmp/out /tmp/err
		fail "no '$1' in what it said"
	}
}

# rises NAME FIELD: a total goes on rising.
rises()
{
	_from=$(cell_total "$1" "$2")
	wait_for 20 is_above "$1" "$2" "$_from" || fail "$2 of $1 stays $_from"
}

is_above()
{
	[ "$(cell_total "$1" "$2")" -gt "$3" ]
}

# cell_run NAME [WORDS [DIR [ADDRESS]]]: the demo of that name as DIR/NAME.yaml
# describes it, loaded at ADDRESS, started.
cell_run()
{
	status 0 holm cell create "${3:-/cells}/$1.yaml"
	status 0 holm cell load "$1" "/cells/$1.bin" -a "${4:-0xf0000}" \
		-s "$2" -a 0x1000
	status 0 holm cell start "$1"
}

# cell_end NAME
cell_end()
{
	status 0 holm cell destroy "$1" --force
}

# cell_said NAME TEXT: its console has it.
cell_said()
{
	holm cell console "$1" 2> /dev/null | grep -q -- "$2"
}

# cell_says NAME TEXT [SECONDS]: wait for it.
cell_says()
{
	wait_for "${3:-30}" cell_said "$1" "$2" && return
	holm cell console "$1"
	holm cell stats "$1"
	holm hv log | tail -n 20
	fail "$1 does not say '$2'"
}

# cell_measured NAME FIELD: of its histogram.
cell_measured()
{
	holm cell stats "$1" --histogram --json | tr ',{' '\n\n' |
		sed -n "s/^\"$2\":\([0-9a-z]*\).*/\1/p"
}

# has_measured NAME N: so many, or more.
has_measured()
{
	[ "$(cell_measured "$1" count)" -ge "$2" ]
}

# few_exits NAME: far fewer than it has had interrupts.
few_exits()
{
	_exits=$(cell_total "$1" exits_total)
	[ "$_exits" -lt 1500 ] || {
		holm cell stats "$1"
		fail "$1: $_exits exits"
	}
}
