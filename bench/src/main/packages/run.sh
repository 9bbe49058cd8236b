#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# "packages NAME COUNT" does a job with one of Debian's programs, COUNT times or so, and prints the guest's time for it.
# What is computed goes to the checksum; preparation does not count.
export PATH=/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C PYTHONDONTWRITEBYTECODE=1
name=$1
count=$2
here=/packages
# Other names of the same folder are behind the first.
java=$(echo /usr/lib/jvm/java-*-openjdk-*/bin/java | cut -d ' ' -f 1)
cc1=$(echo /usr/lib*/gcc/*/*/cc1 | cut -d ' ' -f 1)

now() { # hundredths of a second
    read -r up rest </proc/uptime
    echo "${up%.*}${up#*.}"
}

binary() { # code of POWER, as far as it is wanted
    cat /usr/bin/openssl "$cc1" | head -c "$1"
}

again() {
    left=$count
    while [ "$left" -gt 0 ]; do
        "$@" || return 1
        left=$((left - 1))
    done
}

prepare() {
    case $name in
    openssl-sha256) binary 8388608 >/tmp/input ;;
    xz | 7zz | zstd | bzip2) binary $((count * 262144)) >/tmp/input ;;
    xz-decode) binary 4194304 >/tmp/plain && /usr/bin/xz -1 -T1 -c /tmp/plain >/tmp/input ;;
    cc1) ls $here/*.i | head -n "$count" >/tmp/list ;;
    make)
        mkdir -p /tmp/build && cp $here/Makefile /tmp/build || return 1
        set -- $here/*.i
        left=$count
        while [ "$left" -gt 0 ]; do
            cp "$1" /tmp/build/$left.i || return 1
            shift
            [ $# -gt 0 ] || set -- $here/*.i
            left=$((left - 1))
        done
        ;;
    esac
}

job() {
    case $name in
    openssl-sha256) again openssl dgst -sha256 /tmp/input ;;
    xz) /usr/bin/xz -6 -T1 -c /tmp/input ;;
    xz-decode) again /usr/bin/xz -dc /tmp/input ;;
    zstd) zstd -5 -T1 -q -c /tmp/input >/tmp/archive.7z && zstd -d -q -c /tmp/archive.7z ;;
    bzip2) bzip2 -9 -c /tmp/input >/tmp/archive.7z && bzip2 -d -c /tmp/archive.7z ;;
    7zz) 7zz a -mx5 -mmt1 -bd /tmp/archive.7z /tmp/input >/tmp/log && 7zz x -so /tmp/archive.7z ;;
    python-start) again python3 -c 'print("started")' ;;
    python) python3 $here/work.py "$count" ;;
    perl) perl $here/work.pl "$count" ;;
    lua) lua5.4 $here/work.lua "$count" ;;
    mawk) mawk -v turns="$count" -f $here/work.awk ;;
    java) "$java" -Xmx512m -cp $here Work "$count" ;;
    node) node $here/work.js "$count" ;;
    cc1) while read -r file; do "$cc1" -quiet -O2 -fpreprocessed "$file" -o - || return 1; done </tmp/list ;;
    make) make -s -j4 -C /tmp/build && cat /tmp/build/*.o ;;
    sqlite) sed "s/COUNT/$count/g" $here/work.sql | sqlite3 :memory: ;;
    *) return 2 ;;
    esac
}

if [ "$name" = openssl-aes-gcm ]; then
    # It runs for a time and tells the rate: what is printed is the time for 1 GiB.
    openssl speed -mr -elapsed -seconds "$count" -bytes 16384 -evp aes-128-gcm >/tmp/output 2>/tmp/errors || exit 1
    awk -F: '/^\+F/ { printf "@@RESULT openssl-aes-gcm ns=%.0f\n", 1073741824 * 1e9 / $NF }' /tmp/output
    exit
fi
prepare >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
start=$(now)
job >/tmp/output 2>/tmp/errors
status=$?
end=$(now)
[ $status = 0 ] || { tail -n 5 /tmp/errors; exit $status; }
checksum=$(md5sum </tmp/output | cut -d ' ' -f 1)
rm -rf /tmp/input /tmp/plain /tmp/archive.7z /tmp/build
echo "@@RESULT $name checksum=$checksum ns=$(((end - start) * 10000000))"
