#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The devices of stranger.sh when the gateway is killed and started anew, its state in Redis: Echo, messages of the
# earlier run, keys and memberships that go on.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
need_tap
begin jq redis-server redis-cli
need_python cbor2 cryptography

make_subscribers home 3 --gba-u 50
head -c 32 /dev/urandom >"$work/kek"
chmod 600 "$work/kek"
tap_config "workers: 2" "redis: {socket: $redis, kek: $work/kek}"
start_redis --appendfsync no
start_gateway gw
tap_up

mkfifo "$work/go"
"$python" "$tests/stranger.py" 10.255.255.1 "$work/home.csv" restart <"$work/go" >"$work/stranger.out" 2>"$work/stranger.err" &
pid_of[stranger]=$!
exec 9>"$work/go"
asks_for_restart() {
	grep -q '^restart' "$work/stranger.out" || gone "${pid_of[stranger]}"
}
wait_for 30 asks_for_restart || fail "the devices are not ready in time"
grep -q '^restart' "$work/stranger.out" || fail "stranger.py"
kill_program gw
start_gateway gw
tap_up
echo >&9
exec 9>&-
wait "${pid_of[stranger]}" || fail "stranger.py"
unset "pid_of[stranger]"
stop_gateway gw
