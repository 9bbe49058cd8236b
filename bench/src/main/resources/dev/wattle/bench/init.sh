#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of the benchmarks: runs what "bench=NAME:ITERATIONS,..." on the kernel command line says.
export PATH=/sbin:/bin
/bin/busybox mkdir -p /sbin /proc /sys /tmp
/bin/busybox --install -s /sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
if [ -d /modules ]; then
    for module in /modules/*; do insmod "$module" || exit 1; done
    mount -t devtmpfs dev /dev
    until [ -b /dev/vda ]; do usleep 10000; done
fi
echo "@@READY"
run=/bin/programs
if [ -x /packages/run.sh ]; then run=/packages/run.sh; fi
IFS=,
for item in ${bench:-}; do
    name=${item%%:*}
    echo "@@BEGIN $name"
    "$run" "$name" "${item#*:}"
    echo "@@END $name $?"
done
echo "@@DONE"
# The processor time of the last program is read from the outside, which takes a process that is still there.
usleep 200000
poweroff -f
