#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# State that outlives the process: a gateway killed under load, a Redis that is paused, killed, emptied, spoiled; keys
# that must be nowhere in clear.
#   durability.sh [KILLS]      how often the gateway is killed under load; default 10
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq redis-server redis-cli
need_python csv base64
kills=${1:-10}
# A round has time for some kills; there are more rounds than it takes.
meters=2000 groups=25 rounds=$((kills / 4 + 2))
redis=$work/run/redis.sock
mkdir -m 0700 "$work/redis"

start_redis() {
	redis-server --port 0 --unixsocket "$redis" --dir "$work/redis" --save '' --appendonly yes --appendfsync always \
		>>"$work/redis.log" 2>&1 &
	pid_of[redis]=$!
	wait_for 10 redis_answers || fail "Redis does not start"
}
redis_answers() {
	[ "$(cli ping 2>/dev/null)" = PONG ]
}
cli() {
	redis-cli -s "$redis" "$@"
}
kill_program() {
	kill -KILL "${pid_of[$1]}"
	wait "${pid_of[$1]}" 2>/dev/null || true
	unset "pid_of[$1]"
}
status() {
	ctl --json replica status >"$work/status.json" 2>"$work/status.err" || fail "musterctl replica status"
}
status_is() {
	ctl --json replica status 2>/dev/null | jq -e "$1" >/dev/null
}
no_differences() {
	ctl --json replica verify >"$work/verify.json" 2>"$work/verify.err" || fail "musterctl replica verify"
	holds '.differences == 0 and .checked > 0' "$work/verify.json"
}
members() {
	ctl --json status | jq .memberships
}

make_subscribers home $((rounds * meters + 400))
head -c 32 /dev/urandom >"$work/kek"
chmod 600 "$work/kek"
gateway_config "host: {mac: '02:00:5e:10:00:01', ipv4: [10.255.255.1]}" "redis: {socket: $redis, kek: $work/kek}" \
	"hss: [{name: home, subscribers: $work/home.csv, mnc_length: 2}]"
start_redis

# The gateway is killed at random moments while meters join, rekey, read, leave and come back, each third time Redis
# with it. What meters were told is compared with what the gateway has after the last start.
start_round() {
	local from=$(($1 * meters + 2))
	awk -v from=$from -v to=$((from + meters - 1)) 'NR == 1 || (NR >= from && NR <= to)' "$work/home.csv" >"$work/round.csv"
	timeout "$(seconds 180)" "$build/app/muster-load/muster-load" --subscribers "$work/round.csv" --port "memif:$memif" \
		--json "$work/load.json" --quiet --groups $groups --rate 1000 --ack-timeout 150 --seed 9 \
		--then rekey,leave,rejoin,read,rekey,read --acks "$work/acks.$1" \
		--keylog "$work/keys.$1" --keylog-count 500 >"$work/load.out" 2>"$work/load.err" &
	pid_of[load]=$!
}
end_round() {
	wait "${pid_of[load]}" || fail "meters lost what they were told: exit code $?"
	unset "pid_of[load]"
	holds ".joined == $meters and .failed == 0 and .kg_mismatch == 0 and .counters.piv_again == 0"
	holds '[.phases[].failed] | add == 0'
	retransmits=$((retransmits + $(jq .retransmits "$work/load.json")))
	echoes=$((echoes + $(jq .counters.echoes "$work/load.json")))
}
kill_gateway() {
	kill_program gw
	if (($1 % 3 == 2)); then
		kill_program redis
		start_redis
	fi
	start_gateway gw
}
retransmits=0 echoes=0 killed=0
start_gateway gw
for ((round = 0; killed < kills; round++)); do
	[ $round -lt $rounds ] || fail "the meters were too fast for $kills kills"
	start_round $round
	while [ $killed -lt "$kills" ]; do
		sleep "$((RANDOM % 2)).$((RANDOM % 8 + 2))"
		! gone "${pid_of[load]}" || break
		kill_gateway $((killed++))
	done
	end_round
done
kill_gateway $killed
ctl --json group list >"$work/groups.rows" || fail "musterctl group list"
ctl --json group export >"$work/members.rows" || fail "musterctl group export"
"$python" "$tests/acks.py" --groups "$work/groups.rows" --members "$work/members.rows" --self-test \
	"$work"/acks.* || fail "acknowledged changes were lost"
[ "$(members)" = $((round * meters)) ] || fail "$(members) members of $((round * meters))"
no_differences
status
holds '.quarantined == 0 and .durability == "ack" and .up' "$work/status.json"
echo "$killed kills under load: $retransmits messages sent again, $echoes by Echo"

# An orderly stop and start.
before=$(members)
stop_gateway gw
start_gateway gw
[ "$(members)" = "$before" ] || fail "a stop lost memberships"

# Nothing that Redis wrote, nor any log, holds a key.
"$python" - "$work" <<-'PYTHON' || fail "keys in clear"
	import base64, csv, pathlib, sys
	work = pathlib.Path(sys.argv[1])
	secrets = []
	with open(work / "home.csv") as f:
	    for i, row in enumerate(csv.DictReader(f)):
	        if i < 1000:
	            secrets += [bytes.fromhex(row["k"]), bytes.fromhex(row["opc"])]
	for path in work.glob("keys.*"):
	    for line in open(path):
	        secrets.append(bytes.fromhex(line.split(",")[2].strip('"')))
	assert len(secrets) > 2400, len(secrets)
	files = [p for p in work.rglob("*") if p.is_file() and not p.name.startswith(("home.csv", "round.csv", "keys.", "acks.", "make.out"))]
	assert any(p.suffix == ".aof" for p in files)
	for path in files:
	    data = path.read_bytes()
	    text = data.lower()
	    for s in secrets:
	        if s in data or s.hex().encode() in text or base64.b64encode(s) in data:
	            sys.exit(f"{path}: holds a key in clear")
	print(f"{len(secrets)} keys looked for in {len(files)} files, {sum(p.stat().st_size for p in files)} octets: 0 found")
PYTHON

# Redis stands still: changes are refused, what is there is answered, the gateway's loop goes on.
kill -STOP "${pid_of[redis]}"
load --meters 20 --groups 1 --flow gba --ack-timeout 100 >/dev/null 2>&1 &
paused=$!
wait_for 5 status_is '.up == false' || fail "a Redis that stands still is not noticed"
ctl status >/dev/null || fail "musterctl waits for Redis"
kill -CONT "${pid_of[redis]}"
wait_for 5 status_is .up || fail "Redis is not taken back"
wait $paused || true
no_differences

# Redis killed, and emptied while it runs: what is missing comes from memory.
kill_program redis
wait_for 5 status_is '.up == false' || fail "a Redis that is gone is not noticed"
start_redis
wait_for 5 status_is .up || fail "Redis is not found again"
no_differences
cli flushall >/dev/null
cli client kill type normal >/dev/null
wait_for 10 status_is '.mended > 0' || fail "an empty Redis is not filled"
sleep 1
no_differences
kill_program gw
start_gateway gw
[ "$(members)" = "$before" ] || fail "the Redis that was filled again has less"
echo "Redis paused, killed, emptied: 0 differences"

# Records that cannot be right are named and left where they are.
key=$(cli --raw keys 'muster:home:session:*' | sort | head -n 1)
field=$(cli --raw hkeys "$key" | sort | head -n 1)
cli hset "$key" "$field" "1 expires=9 garbage" >/dev/null
cli hset "$key" 999999999999900 "2 of the future" >/dev/null
other=$(cli --raw hkeys "$key" | sort | sed -n 2p)
cli eval "local v = redis.call('HGET', KEYS[1], ARGV[1]); redis.call('HSET', KEYS[1], '001019999999900', v)" 1 "$key" \
	"$other" >/dev/null
kill_program gw
start_gateway gw
status
holds '.quarantined == 3 and ([.quarantine[].reason] | sort) == ["RECORD_MALFORMED", "RECORD_NEWER", "RECORD_TAG"]' \
	"$work/status.json"
[ "$(cli hget "$key" "$field")" = "1 expires=9 garbage" ] || fail "a record that is not loaded was changed"

# The key-encryption key is exchanged while the gateway runs; the old one opens nothing any more.
head -c 32 /dev/urandom >"$work/kek2"
chmod 600 "$work/kek2"
ctl kek rotate "$work/kek2" >/dev/null || fail "kek rotate"
stop_gateway gw
if "$build/app/muster-gw/muster-gw" --config "$config" >/dev/null 2>"$work/old.err"; then
	fail "a start with the old key"
fi
grep -q 'is not the key-encryption key' "$work/old.err" || fail "no word about the wrong key"
sed -i "s#$work/kek}#$work/kek2}#" "$config"
start_gateway gw
[ "$(members)" = "$before" ] || fail "the new key-encryption key opens less"
stop_gateway gw
echo "quarantine and exchange of keys: good"
