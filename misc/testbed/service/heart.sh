# SPDX-License-Identifier: BSD-2-Clause
# Sourced after common.sh: a neighbour whose heart beats.

# heart_start LAPIC_ID: a User VM with a heartbeat, beside which the others
# do what they do. No other VM may run when it starts.
heart_start()
{
	rm -f /tmp/heart.*
	mkfifo /tmp/heart.in
	(
		acrn-dm -m 128M -c 1 -k /vm/heart --cpu_affinity "$1" \
			--debugexit -l com1,stdio heart \
			< /tmp/heart.in > /tmp/heart.out 2> /tmp/heart.err
		echo $? > /tmp/heart.status
	) &
	exec 4> /tmp/heart.in
	wait_for 60 grep -q "HEART starts" /tmp/heart.out || {
		cat /tmp/heart.out /tmp/heart.err
		fail "the neighbour's heart does not beat"
	}
}

heart_beats()
{
	grep -ac "^BEAT " /tmp/heart.out
}

# heart_goes_on: true if there were beats since it was last asked.
heart_goes_on()
{
	_beats=$(heart_beats)
	[ "$_beats" -gt "${beats_seen:-0}" ] || return 1
	beats_seen=$_beats
}

heart_is_over()
{
	[ -s /tmp/heart.status ]
}

# heart_stop: every beat came, in order, as many as the heart's clock says.
heart_stop()
{
	echo >&4
	exec 4>&-
	wait_for 60 heart_is_over || fail "the neighbour does not end"
	grep -a -v "^BEAT " /tmp/heart.out
	cat /tmp/heart.err
	expect "the neighbour's status" "$(cat /tmp/heart.status)" 33
	_wrong=$(tr -d '\r' < /tmp/heart.out | awk '
		$1 == "BEAT" && $2 != ++n { print "beat " $2 " after " n - 1 }
		$1 == "HEART" && $2 == "ends:" && $3 != n { print n " of " $3 }')
	[ -z "$_wrong" ] || fail "the neighbour's beats: $_wrong"
}
