#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of the initial RAM disk: loads the drivers of the disk, and hands over to what is on it.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

while read -r module; do
    insmod "/lib/modules/$module.ko"
done </lib/modules/order

root= init=/sbin/init mode=ro
for word in $(cat /proc/cmdline); do
    case "$word" in
        root=*) root=${word#root=} ;;
        init=*) init=${word#init=} ;;
        rw) mode=rw ;;
    esac
done

# Disks are found in the background.
tries=0
device=
while [ "$tries" -lt 100 ]; do
    case "$root" in
        UUID=* | LABEL=*) device=$(findfs "$root" 2>/dev/null) ;;
        *) device=$root ;;
    esac
    [ -b "$device" ] && break
    tries=$((tries + 1))
    sleep 0.1
done

if mount -t ext4 -o "$mode" "$device" /newroot; then
    mount --move /dev /newroot/dev
    umount /sys /proc
    exec switch_root /newroot "$init"
fi
echo "The root file system '$root' could not be mounted; a shell follows."
exec setsid cttyhack sh
