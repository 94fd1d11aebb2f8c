#!/bin/busybox sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# init of the test machines: which test is a word of the command line.
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev

test_refusal()
{
	insmod /acrn_hsm.ko && echo "not ok: loaded without a hypervisor"
	echo "insmod returned $?"
	dmesg | grep acrn_hsm
}

test_mock()
{
	insmod /mock.ko && /hsm_test && echo "hsm_test passed"
	for seed in 1 2; do
		ioctl_fuzz $seed || echo "not ok: ioctl_fuzz"
	done
	echo 2 >/sys/class/misc/acrn_hsm/remove_cpu
	rmmod acrn_hsm
	[ "$(cat /sys/devices/system/cpu/online)" = 0-3 ] &&
		[ ! -e /dev/acrn_hsm ] && echo "rmmod passed"
	dmesg | grep -E 'BUG|WARNING|Oops|Call Trace|hung' && echo "not ok: dmesg"
}

for word in $(cat /proc/cmdline); do
	case $word in
	hsm=refusal) test_refusal ;;
	hsm=mock) test_mock ;;
	esac
done
echo "end of test"
poweroff -f
