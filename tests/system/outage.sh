#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Redis stands still, is read-only, is out of memory, comes back from an old file, while meters join: their joins are
# refused for a while or wait, none is lost, no worker waits, and Redis has all records in the end.
#   outage.sh [SECONDS]        how long Redis stands still; default 5
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq redis-server redis-cli
pause=${1:-5}
per_case=300 first=0

status_is() {
	ctl --json replica status 2>/dev/null | jq -e "$1" >/dev/null
}
no_differences() {
	wait_for 20 status_is '.up and .waiting == 0 and .in_flight == 0' || fail "$1: Redis is not taken back"
	sleep 0.5
	ctl --json replica verify >"$work/verify.json" 2>"$work/verify.err" || fail "musterctl replica verify"
	holds '.differences == 0 and .checked > 0' "$work/verify.json"
}
longest() {
	stats
	jq '[.workers[].longest_loop_us] | max' "$work/stats.json"
}
# How often workers have slept, which they do for nothing and nobody: a thread that waits for Redis does.
slept() {
	local task sum=0 found=
	for task in /proc/"${pid_of[gw]}"/task/*; do
		[[ $(cat "$task/comm") == muster-worker* ]] || continue
		found=1
		sum=$((sum + $(awk '/^voluntary_ctxt_switches/ { print $2 }' "$task/status")))
	done
	[ -n "$found" ] || fail "no thread is named muster-worker"
	echo "$sum"
}
# Meters that begin while Redis takes nothing. Each case has subscribers of its own.
begin_joins() {
	awk -v from=$((first + 2)) -v to=$((first + per_case + 1)) 'NR == 1 || (NR >= from && NR <= to)' "$work/home.csv" >"$work/case.csv"
	first=$((first + per_case))
	timeout "$(seconds $((pause + 80)))" "$build/app/muster-load/muster-load" --subscribers "$work/case.csv" --port "memif:$memif" \
		--control "$control" --json "$work/load.json" --quiet --meters $per_case --groups 3 --flow gba --rate 600 --ack-timeout 150 \
		>"$work/load.out" 2>"$work/load.err" &
	pid_of[load]=$!
}
end_joins() {
	wait "${pid_of[load]}" || fail "$1: meters lost what they were told: exit code $?"
	unset "pid_of[load]"
	holds ".joined == $per_case and .failed == 0 and .kg_mismatch == 0"
	holds '.proof.gateway_missing == 0 and .proof.gateway_key == 0'
	no_differences "$1"
	echo "$1: $per_case joined, 0 lost, longest loop so far $(longest) us"
}
# refuses NAME: nothing new lasts while Redis takes nothing.
refuses() {
	wait_for 10 status_is '.up == false' || fail "$1: is not noticed"
	before=$(ctl --json status | jq .memberships)
	asleep=$(slept)
	sleep "$2"
	[ "$(slept)" = "$asleep" ] || fail "$1: a worker waited"
	[ "$(ctl --json status | jq .memberships)" = "$before" ] || fail "$1: changes although Redis takes none"
}

make_subscribers home 2000
head -c 32 /dev/urandom >"$work/kek"
chmod 600 "$work/kek"
gateway_config "host: {mac: '02:00:5e:10:00:01', ipv4: [10.255.255.1]}" "redis: {socket: $redis, kek: $work/kek}" \
	"hss: [{name: home, subscribers: $work/home.csv, mnc_length: 2}]"
start_redis --appendfsync always --replica-serve-stale-data yes
start_gateway gw
begin_joins
end_joins "Redis at hand"

# Meters put up with ten refusals of 5 s: in a longer pause they begin 40 s before its end.
late=$((pause > 40 ? pause - 40 : 0))
kill -STOP "${pid_of[redis]}"
sleep $late
begin_joins
refuses "Redis stands still" $((pause - late))
kill -CONT "${pid_of[redis]}"
end_joins "Redis stood still for $pause s"

# A replica takes no writes; its master is nowhere, so it keeps what it has.
cli replicaof 127.0.0.1 1 >/dev/null
begin_joins
refuses "Redis is a replica" 2
cli replicaof no one >/dev/null
end_joins "Redis was read-only"

cli config set maxmemory 1mb >/dev/null
begin_joins
refuses "Redis is full" 2
cli config set maxmemory 0 >/dev/null
end_joins "Redis was out of memory"

# What came after the copy is in memory alone: joins, and the end of a bar.
barred() {
	cli --raw hget "muster:$site:subscriber:99" 001010000001999 | grep -aq barred=1
}
site=$(ctl --json replica status | jq -r .site)
ctl subscriber bar 001010000001999 >/dev/null || fail "musterctl subscriber bar"
wait_for 10 barred || fail "a bar does not reach Redis"
cp -a "$work/redis" "$work/old"
ctl subscriber unbar 001010000001999 >/dev/null || fail "musterctl subscriber unbar"
begin_joins
end_joins "Redis before its old file"
before=$(ctl --json status | jq .memberships)
kill_program redis
rm -rf "$work/redis"
mv "$work/old" "$work/redis"
start_redis --appendfsync always --replica-serve-stale-data yes
wait_for 20 status_is '.up and .mended > 0' || fail "an old file is not noticed"
no_differences "Redis with an old file"
kill_program gw
start_gateway gw
[ "$(ctl --json status | jq .memberships)" = "$before" ] || fail "the old file is what counts"
ctl --json subscriber show 001010000001999 >"$work/subscriber.json"
holds '.barred == false' "$work/subscriber.json"
status_is '.quarantined == 0' || fail "records that are not loaded"
stop_gateway gw
echo "Redis with an old file: 0 lost"
