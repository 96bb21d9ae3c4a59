#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two gateways of one site: one serves, the other stands by. The one that serves is killed, ended, or stands still for a
# while; the other serves its meters, and nothing that a meter was told is lost.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq redis-server redis-cli
meters=6000 groups=10

# Starts gateway $1 and returns: it may stand by.
launch() {
	: >"$work/$1.out"
	"$build/app/muster-gw/muster-gw" --config "$work/$1.yaml" >"$work/$1.out" 2>"$work/$1.err" &
	pid_of[$1]=$!
}
ready() {
	grep -q '^muster-gw: ready' "$work/$1.out"
}
stands_by() {
	grep -q '^muster-gw: standing by' "$work/$1.err"
}
# Meters and musterctl find the gateway that serves by one name.
point_to() {
	ln -sfn "$work/run/$1.memif" "$memif"
	ln -sfn "$work/run/$1.control" "$control"
}
members() {
	ctl --json status | jq .memberships
}
joined() {
	[ "$(members)" -ge "$1" ]
}
# took_over NAME SECONDS: gateway NAME serves at most so much later.
took_over() {
	wait_for "$2" ready "$1" || fail "gateway $1 does not take over"
	point_to "$1"
}

make_subscribers home $((meters + 10)) --quiet
head -c 32 /dev/urandom >"$work/kek"
chmod 600 "$work/kek"
ind=0
for name in a b; do
	config=$work/$name.yaml
	gateway_config "host: {mac: '02:00:5e:10:00:01', ipv4: [10.255.255.1]}" "sqn: {ind: $((ind++))}" \
		"redis: {socket: $redis, kek: $work/kek, lease: 1s}" "port: {driver: memif, memif: {socket: $work/run/$name.memif}}" \
		"control: {socket: $work/run/$name.control}" "hss: [{name: home, subscribers: $work/home.csv, mnc_length: 2}]"
done
start_redis --appendfsync always
launch a
took_over a 20
launch b
wait_for 20 stands_by b || fail "the second gateway does not stand by"
sleep 2
ready b && fail "both serve"

# One IND belongs to one gateway, whether it serves or stands by.
for name in a b; do
	if "$build/app/muster-gw/muster-gw" --config "$work/$name.yaml" --set "control.socket=$work/run/c.control" \
		--set "port.memif.socket=$work/run/c.memif" >/dev/null 2>"$work/twice.err"; then
		fail "two gateways with the IND of $name"
	fi
	grep -q 'with sqn.ind . is running' "$work/twice.err" || fail "no word about two gateways with one IND"
done

# Killed under load: the meters go on with the other.
timeout "$(seconds 90)" "$build/app/muster-load/muster-load" --subscribers "$work/home.csv" --port "memif:$memif" \
	--control "$control" --json "$work/load.json" --quiet --meters $meters --groups $groups --rate 800 \
	--ack-timeout 150 --seed 9 >"$work/load.out" 2>"$work/load.err" &
pid_of[load]=$!
wait_for 20 joined 1500 || fail "no joins"
epoch_a=$(ctl --json replica status | jq .epoch)
kill_program a
took_over b 10
[ "$(ctl --json replica status | jq .epoch)" -gt "$epoch_a" ] || fail "the epoch was given again"
launch a
wait_for 20 stands_by a || fail "the first gateway does not stand by when it returns"

# Stands still while it serves: it is taken for dead, and may do nothing when it goes on.
wait_for 30 joined 3500 || fail "no joins at the second gateway"
kill -STOP "${pid_of[b]}"
took_over a 10
# Meters are still connected to the other one.
kill -CONT "${pid_of[b]}"
wait_for 10 gone "${pid_of[b]}" || fail "a gateway that was taken for dead goes on"
code=0
wait "${pid_of[b]}" || code=$?
unset "pid_of[b]"
[ $code = 1 ] || fail "a gateway that was taken for dead ended with exit code $code"
grep -q 'another gateway serves site' "$work/b.err" "$work/b.out" || fail "no word about the other gateway"
wait_for 30 joined 4500 || fail "no joins after the first gateway took over again"

wait "${pid_of[load]}" || fail "meters lost what they were told: exit code $?"
unset "pid_of[load]"
holds ".joined == $meters and .failed == 0 and .kg_mismatch == 0 and .counters.piv_again == 0"
holds ".proof.groups == $groups and .proof.gateway_missing == 0 and .proof.gateway_key == 0"
[ "$(members)" = $meters ] || fail "$(members) members of $meters"
ctl --json replica verify >"$work/verify.json" || fail "musterctl replica verify"
holds '.differences == 0 and .checked > 0' "$work/verify.json"
echo "gateway killed, gateway stopped for a while: $(jq -r '"\(.joined) joined, 0 lost, \(.retransmits) messages sent again"' "$work/load.json")"

# Redis is emptied, then it is gone and empty: the gateway that serves fills it; the other leaves it the time to.
launch b
wait_for 20 stands_by b || fail "the second gateway does not stand by"
cli flushall >/dev/null
wait_for 10 joined $meters
sleep 2
ready b && fail "took over an emptied Redis"
kill_program redis
rm -rf "$work/redis"
kill -STOP "${pid_of[a]}"
start_redis --appendfsync always
sleep 2.5
kill -CONT "${pid_of[a]}"
sleep 4
ready b && fail "took over from a gateway that was on its way back"
ctl --json replica verify >"$work/verify.json" || fail "musterctl replica verify"
holds '.differences == 0 and .checked > 0' "$work/verify.json"

# An orderly end hands over at once, also with a key-encryption key that is newer than the one that stands by; who stands
# by ends on SIGTERM.
head -c 32 /dev/urandom >"$work/kek.new"
chmod 600 "$work/kek.new"
ctl kek rotate "$work/kek.new" >/dev/null || fail "musterctl kek rotate"
mv "$work/kek.new" "$work/kek"
kill -TERM "${pid_of[a]}"
took_over b 10
[ "$(members)" = $meters ] || fail "an orderly end lost memberships"
wait "${pid_of[a]}" || fail "gateway a ended with exit code $?"
launch a
wait_for 20 stands_by a || fail "the first gateway does not stand by"
kill -TERM "${pid_of[a]}"
wait "${pid_of[a]}" || fail "a gateway that stands by ended with exit code $?"
unset "pid_of[a]"
kill -TERM "${pid_of[b]}"
wait "${pid_of[b]}" || fail "gateway b ended with exit code $?"
unset "pid_of[b]"
echo "Redis emptied, gateway ended: good"
