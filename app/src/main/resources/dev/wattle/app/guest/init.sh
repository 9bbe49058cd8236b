#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of the Debian demo.
export PATH=/sbin:/bin:/usr/sbin:/usr/bin HOME=/root TERM="${TERM:-linux}"
/bin/busybox mkdir -p /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
hostname wattle
echo 'root:x:0:0:root:/root:/bin/sh' >/etc/passwd
echo 'root:x:0:' >/etc/group

# The applets would ask process 1, and this script does not listen: so that the plain commands work, too.
for command in halt poweroff reboot; do
    echo "$command() { busybox $command -f; }"
done >/etc/shrc

# "demo=COMMAND" on the kernel command line comes here as a variable: something to run in place of a shell.
if [ -n "${demo:-}" ]; then
    cd /root
    sh -c "$demo"
    poweroff -f
fi

echo "Debian's Linux $(uname -r) with busybox on Wattle: a shell follows; exit or poweroff ends it."
cd /root
ENV=/etc/shrc PS1='# ' setsid cttyhack sh
poweroff -f
