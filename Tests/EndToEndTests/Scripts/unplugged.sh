#!/bin/sh
# unplugged.sh PROGRAM HUB PLACE DATABASE: a hub and a branch in a network of their own, whose cable
# is pulled while a large transfer runs, and put back. To be run by `unshare -rn`.
#
# Prints what happened, with exit statuses; messages go to standard error.
set -eu
program=$1 hub=$2 place=$3 database=$4
ready=$hub/ready.fifo
mkfifo "$ready"
ip link set lo up
"$program" hub serve "$hub" --listen "$place" >"$ready" &
server=$!
trap 'kill -9 "$server" 2>/dev/null || :' EXIT
read -r _ <"$ready"
"$program" sync "$database" >/dev/null &
sync=$!
# Until something has arrived at the hub, but not all.
while [ -z "$(find "$hub/staging" -type f -size +0 -print -quit)" ] && kill -0 "$sync"; do :; done
ip link set lo down
if kill -0 "$sync"; then echo "pulled"; fi
ip link set lo up
status=0
wait "$sync" || status=$?
echo "through $status"
kill -TERM "$server"
status=0
wait "$server" || status=$?
echo "served $status"
