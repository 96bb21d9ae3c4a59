#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# How long a gateway that was killed is away: from its start to 'ready', with everything restored from Redis.
#   restart.sh [METERS]        default 20000
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq redis-server redis-cli
meters=${1:-20000}
groups=$((meters / 1000 + 1))

now_ms() {
	date +%s%3N
}

make_subscribers home "$meters"
head -c 32 /dev/urandom >"$work/kek"
chmod 600 "$work/kek"
gateway_config "host: {mac: '02:00:5e:10:00:01', ipv4: [10.255.255.1]}" "redis: {socket: $redis, kek: $work/kek}" \
	"hss: [{name: home, subscribers: $work/home.csv, mnc_length: 2}]"
start_redis --appendfsync everysec
start_gateway gw
timeout "$(seconds $((60 + meters / 5000)))" "$build/app/muster-load/muster-load" --subscribers "$work/home.csv" --port "memif:$memif" \
	--control "$control" --json "$work/load.json" --quiet --meters "$meters" --groups $groups --outstanding 1024 \
	>"$work/load.out" 2>"$work/load.err" || fail "muster-load: exit code $?"
holds ".joined == $meters and .failed == 0 and .kg_mismatch == 0"

kill_program gw
begun=$(now_ms)
: >"$work/gw.out"
"$build/app/muster-gw/muster-gw" --config "$config" >"$work/gw.out" 2>"$work/gw.err" &
pid_of[gw]=$!
wait_for 60 gateway_ready_or_gone gw || fail "the gateway is not ready in time"
took=$(($(now_ms) - begun))
[ "$(ctl --json status | jq .memberships)" = "$meters" ] || fail "memberships were lost"
restored=$(sed -n 's/.* restored in \([0-9.]*\) s,.*/\1/p' "$work/gw.err")
echo "$meters devices: back in service after $took ms, $restored s of it to restore them; $(awk "BEGIN { printf \"%.1f\", $took * 1000 / $meters }") s per million"
echo "joined at $(jq '.joins_per_s | floor' "$work/load.json")/s; Redis has" \
	"$(cli info memory | awk -F : -v n="$meters" '/^used_memory:/ { printf "%d octets a meter", $2 / n }')"
stop_gateway gw
