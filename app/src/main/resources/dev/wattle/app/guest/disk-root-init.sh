#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 on the disk.
export PATH=/sbin:/bin:/usr/sbin:/usr/bin:/run/bin HOME=/root TERM="${TERM:-linux}"
/bin/busybox mount -t tmpfs tmpfs /run
# The root file system may be read-only.
/bin/busybox mkdir /run/bin
/bin/busybox --install -s /run/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
hostname wattle

# The applets would ask process 1, and this script does not listen: so that the plain commands work, too.
for command in halt poweroff reboot; do
    echo "$command() { sync; mount -o remount,ro /; busybox $command -f; }"
done >/run/shrc
. /run/shrc

# "demo=COMMAND" on the kernel command line comes here as a variable: something to run in place of a shell.
if [ -n "${demo:-}" ]; then
    cd /root
    sh -c "$demo"
    poweroff
fi

echo "Debian's Linux $(uname -r) from $(grep ' / ' /proc/mounts | cut -d ' ' -f 1): a shell follows; exit or poweroff ends it."
cd /root
ENV=/run/shrc PS1='# ' setsid cttyhack sh
poweroff
