#!/bin/sh
# full-disk.sh DATABASE KIBIBYTES FREE COMMAND…: runs a command while the database lies on a small,
# nearly full disk of its own, then once more with room. To be run by `unshare -rm`.
#
# KIBIBYTES is the room that is there besides the database, FREE what is left of it by a filler.
# The command finds the database's path in $DATABASE. Prints `full STATUS`, then `roomy STATUS`; the
# command's own messages go to standard error. At the end the database is back in its place.
set -eu
database=$1 room=$2 free=$3
shift 3
folder=$(dirname "$database") name=$(basename "$database")
size=$(du -sk "$folder" | cut -f 1)
disk=$folder-small
mkdir "$disk"
mount -t tmpfs -o "size=$((size + room))k" tmpfs "$disk"
cp -a "$folder/." "$disk/"
DATABASE=$disk/$name
export DATABASE
left=$(df -k --output=avail "$disk" | tail -n 1)
head -c "$(((left - free) * 1024))" /dev/zero >"$disk/filler"
status=0
"$@" >/dev/null || status=$?
echo "full $status"
rm "$disk/filler"
mount -o "remount,size=100m" "$disk"
status=0
"$@" >/dev/null || status=$?
echo "roomy $status"
cp -a "$disk/." "$folder/"
umount "$disk"
rmdir "$disk"
