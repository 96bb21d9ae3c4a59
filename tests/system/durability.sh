#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# State that outlives the process: a gateway killed under load, a Redis that is paused, killed, emptied, spoiled; keys
# that must be nowhere in clear.
#   durability.sh [KILLS]      how often the gateway is killed under load; default 10
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq redis-server redis-cli
need_python csv base64 cbor2 cryptography
find_keys=$build/tests/system/find_keys
[ -x "$find_keys" ] || skip "find_keys is not built"
kills=${1:-10}
# A round has time for some kills; there are more rounds than it takes.
meters=2000 groups=350 rounds=$((kills / 4 + 2))
tap=$work/run/tap.sock
mkdir -m 0700 "$work/tap" "$work/secret" "$work/cwd"

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

# Keys that no other run has; what may hold them is in secret/. The gateway reaches Redis through a tap, and could leave a
# core in its working directory.
ulimit -c unlimited 2>/dev/null || true
make_subscribers home $((rounds * meters + 400)) --seed "$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')"
mv "$work/home.csv" "$work/secret"
head -c 32 /dev/urandom >"$work/secret/kek"
chmod 600 "$work/secret/kek"
gateway_config "host: {mac: '02:00:5e:10:00:01', ipv4: [10.255.255.1]}" "redis: {socket: $tap, kek: $work/secret/kek}" \
	"hss: [{name: home, subscribers: $work/secret/home.csv, mnc_length: 2}]"
cd "$work/cwd"
"$python" "$tests/redis_tap.py" "$tap" "$redis" "$work/tap/redis" 2>"$work/tap.err" &
pid_of[tap]=$!
wait_for 10 test -S "$tap" || fail "no tap"
start_redis --appendfsync always

# The gateway is killed at random moments while meters join, rekey, read, leave and come back, each third time Redis
# with it. What meters were told is compared with what the gateway has after the last start.
start_round() {
	local from=$(($1 * meters + 2))
	awk -v from=$from -v to=$((from + meters - 1)) 'NR == 1 || (NR >= from && NR <= to)' "$work/secret/home.csv" >"$work/secret/round.csv"
	timeout "$(seconds 180)" "$build/app/muster-load/muster-load" --subscribers "$work/secret/round.csv" --port "memif:$memif" \
		--json "$work/load.json" --quiet --groups $groups --rate 1000 --ack-timeout 150 --seed 9 \
		--then rekey,leave,rejoin,read,rekey,read --acks "$work/secret/acks.$1" >"$work/load.out" 2>"$work/load.err" &
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
		start_redis --appendfsync always
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
	"$work"/secret/acks.* || fail "acknowledged changes were lost"
# A creation that was done but not told is done again, as another group of the same creator.
twice=$(($(wc -l <"$work/groups.rows") - round * groups))
[ "$(members)" = $((round * meters + twice)) ] || fail "$(members) members of $((round * meters + twice))"
no_differences
status
holds '.quarantined == 0 and .durability == "ack" and .up' "$work/status.json"
echo "$killed kills under load: $retransmits messages sent again, $echoes by Echo, $twice groups made twice"

# An orderly stop and start.
before=$(members)
stop_gateway gw
start_gateway gw
[ "$(members)" = "$before" ] || fail "a stop lost memberships"

# Keys of this run, where they are (the gateway's memory), and nowhere else: not in what Redis wrote and was sent, in logs,
# in files that hold or held memory, nor in a core, which a gateway does not leave.
"$python" "$tests/planted.py" "$work/secret/home.csv" naf.example.com 1000 "$work"/secret/acks.* >"$work/secret/planted" \
	2>"$work/planted.err" || fail "planted.py"
of_each=$(head -n 1 "$work/planted.err")
look_in_memory() {
	"$python" - "${pid_of[gw]}" <<-'PYTHON' | "$find_keys" "$work/secret/planted" - >"$work/secret/found"
		import sys
		with open(f"/proc/{sys.argv[1]}/maps") as maps, open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as memory:
		    for line in maps:
		        span, mode, *_ = line.split()
		        begin, end = (int(x, 16) for x in span.split("-"))
		        if mode.startswith("rw"):
		            try:
		                memory.seek(begin)
		                sys.stdout.buffer.write(memory.read(end - begin))
		            except OSError:
		                pass
	PYTHON
}
# A sanitizer's gateway has terabytes of shadow memory.
if [ -z "$sanitized" ] && [ -r "/proc/${pid_of[gw]}/mem" ]; then
	! look_in_memory || fail "the search does not find the keys in the gateway's memory"
	for name in Ks_NAF Kg; do
		grep -q "^-: $name at" "$work/secret/found" || fail "the search does not find $name in the gateway's memory"
	done
	echo "the gateway's memory: $(tail -n 1 "$work/secret/found")"
fi
! "$find_keys" "$work/secret/planted" "$work"/secret/acks.* >/dev/null || fail "the search does not find keys in the meters' logs"
kill -ABRT "${pid_of[gw]}"
wait "${pid_of[gw]}" 2>/dev/null || true
[ -z "$(ls "$work/cwd")" ] || fail "the gateway left a core"
sleep 1000 &
kill -ABRT $!
wait $! 2>/dev/null || true
echo "a gateway that is aborted leaves no core; another program leaves $(find "$work/cwd" -type f | wc -l)"
rm -f "$work"/cwd/*
start_gateway gw
[ "$(members)" = "$before" ] || fail "an abort lost memberships"
mapfile -t places < <(printf '%s\n' "$work" /dev/shm /run/dpdk /run/muster && awk '$3 == "hugetlbfs" { print $2 }' /proc/mounts)
mapfile -t files < <(find "${places[@]}" -path "$work/secret" -prune -o -type f -newer "$work/make.out" -print 2>/dev/null)
"$find_keys" "$work/secret/planted" "${files[@]}" || fail "keys in clear"
echo "$of_each, each raw, in hexadecimal and base64: in none of these files"

# Redis stands still: changes are refused, what is there is answered, the gateway's loop goes on.
kill -STOP "${pid_of[redis]}"
load --subscribers "$work/secret/home.csv" --meters 20 --groups 1 --flow gba --ack-timeout 100 >/dev/null 2>&1 &
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
start_redis --appendfsync always
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
head -c 32 /dev/urandom >"$work/secret/kek2"
chmod 600 "$work/secret/kek2"
ctl kek rotate "$work/secret/kek2" >/dev/null || fail "kek rotate"
stop_gateway gw
if "$build/app/muster-gw/muster-gw" --config "$config" >/dev/null 2>"$work/old.err"; then
	fail "a start with the old key"
fi
grep -q 'is not the key-encryption key' "$work/old.err" || fail "no word about the wrong key"
sed -i "s#$work/secret/kek}#$work/secret/kek2}#" "$config"
start_gateway gw
[ "$(members)" = "$before" ] || fail "the new key-encryption key opens less"
stop_gateway gw
echo "quarantine and exchange of keys: good"
