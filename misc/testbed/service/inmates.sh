# SPDX-License-Identifier: BSD-2-Clause
# Sourced by tests that run the demo inmates, after common.sh and cell.sh.

inmates=/usr/lib/holm/inmates

# inmate_start NAME ADDRESS [WORDS [DIR]]: created as DIR/NAME.yaml says,
# loaded at ADDRESS, started.
inmate_start()
{
	status 0 holm cell create "${4:-$inmates}/$1.yaml"
	status 0 holm cell load "$1" "$inmates/$1.bin" -a "$2" -s "$3" -a 0x1000
	status 0 holm cell start "$1"
}

inmate_said()
{
	holm cell console "$1" | grep -q -- "$2"
}

# inmate_says NAME TEXT: wait for it.
inmate_says()
{
	wait_for 30 inmate_said "$1" "$2" || {
		holm cell console "$1"
		holm cell stats "$1"
		fail "$1 does not say '$2'"
	}
}

# inmate_measured NAME FIELD: of its histogram.
inmate_measured()
{
	holm cell stats "$1" --histogram --json |
		sed -n "s/.*\"$2\":\([0-9]*\),.*/\1/p"
}

has_measured()
{
	[ "$(inmate_measured "$1" count)" -ge "$2" ]
}

# inmate_end NAME
inmate_end()
{
	status 0 holm cell destroy "$1" --force
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
