#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# redis.replicas: what a meter was told, a replica of Redis has: it takes the place of a Redis that is lost. While the
# replica stands still nothing changes, and it goes on afterwards.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq redis-server redis-cli
meters=2000 groups=10
ip link set lo up 2>/dev/null || true

redis_of() {
	redis-cli -s "$work/run/$1.sock" "${@:2}"
}
answers() {
	[ "$(redis_of "$1" ping 2>/dev/null)" = PONG ]
}
# launch_redis NAME PORT [OPTION...]
launch_redis() {
	mkdir -m 0700 "$work/$1"
	redis-server --port "$2" --bind 127.0.0.1 --unixsocket "$work/run/$1.sock" --dir "$work/$1" --save '' --appendonly yes \
		--repl-diskless-sync-delay 0 "${@:3}" >>"$work/$1.log" 2>&1 &
	pid_of[$1]=$!
	wait_for 10 answers "$1" || fail "Redis $1 does not start"
}
in_step() {
	[ "$(redis_of second info replication | sed -n 's/^master_link_status:\(up\).*/\1/p')" = up ]
}
write_config() {
	gateway_config "workers: 1" "durability: ack" \
		"redis: {socket: $work/run/$1.sock, kek: $work/kek, replicas: $2, timeout: 500ms}"
}

make_subscribers home $meters --quiet
head -c 32 /dev/urandom >"$work/kek"
chmod 600 "$work/kek"
launch_redis first 16379
launch_redis second 16380 --replicaof "127.0.0.1 16379"
wait_for 10 in_step || fail "the replica does not follow"
write_config first 1
start_gateway gw
load --meters $((meters / 2)) --groups $groups
holds ".joined == $meters / 2"

# The replica stands still: Redis itself goes on, and yet nothing counts as changed.
kill -STOP "${pid_of[second]}"
timeout "$(seconds 60)" "$build/app/muster-load/muster-load" --subscribers "$work/home.csv" --meters 100 --groups 1 \
	--seed 5 --port "memif:$memif" --duration-limit 3 --quiet --json "$work/still.json" >/dev/null 2>&1 || true
holds '.joined <= 1' "$work/still.json"
ctl --json replica status >"$work/status.json"
kill -CONT "${pid_of[second]}"
load --meters $meters --groups $groups --seed 2
holds ".joined == $meters and .kg_mismatch == 0"
stats
holds '.outcomes.SESSIONS > 0' "$work/stats.json"

# Both are lost at once; the replica becomes the Redis of the site.
ctl --json status >"$work/before.json"
kill_program gw
kill_program first
redis_of second replicaof no one >/dev/null
write_config second 0
start_gateway gw
ctl --json status >"$work/after.json"
for what in sessions groups memberships; do
	[ "$(jq .$what "$work/before.json")" = "$(jq .$what "$work/after.json")" ] || fail "$what differ"
done
echo "replica: $(jq -r '"\(.sessions) sessions, \(.memberships) memberships"' "$work/after.json") as before"
stop_gateway gw
