#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every flow over IPv4 and IPv6, with GBA_U cards and resynchronisation, in closed and open loop; the meters of one
# gateway come again with new sessions and find their groups.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq
meters=500

make_subscribers home $((10 * meters)) --gba-u 50
gateway_config "workers: 1"
start_gateway gw
seed=0
for run in "standard" "express" "gba" "standard --ipv6" "express --ipv6" "gba --ipv6" "standard --rate 2000" \
	"gba --arrival poisson:5000" "express --arrival ramp:500:5000:200ms" "gba --arrival beta:300ms" "gba --arrival outage:300ms"; do
	read -ra options <<<"$run"
	groups=5
	[ "${options[0]}" != gba ] || groups=0
	seed=$((seed + 1))
	# Another seed, other USIMs that are ahead.
	load --meters $meters --groups $groups --resync 20 --seed $seed --slo 'fail=0,max<100s,rate>1' --flow "${options[@]}"
	holds '.slo | length == 3 and all(.met)'
	holds ".joined == $meters and .failed == 0 and .kg_mismatch == 0 and .groups == $groups"
	holds ".counters.resyncs > 0 and .counters.malformed == 0 and .counters.strays == 0"
	echo "$run: $(jq -r '"\(.joined) in \(.seconds) s, p99 \(.latency_us.p99) us"' "$work/load.json")"
done
stats
holds '.drops == {}' "$work/stats.json"
ctl --json status >"$work/status.json"
# Eleven bootstraps of each meter, one session; six runs with groups, each with groups of its own.
holds ".sessions == $meters and .groups == 30 and .memberships == 6 * $meters" "$work/status.json"
# A rate that no generator holds is not passed off as the gateway's.
load --meters $((10 * meters)) --groups 0 --flow gba --seed 98 --rate 100000000
holds '.load.schedule_held == false and .load.late_sent > 0 and .load.lateness_us.max > 1000'
holds '.options.arrival == "constant:100000000"'
grep -q '^offered load .* NOT HELD: .* began over 1 ms late' "$work/load.out" || fail "the table hides that the load was not offered"
# An objective that nobody meets.
code=0
"$build/app/muster-load/muster-load" --subscribers "$work/home.csv" --port "memif:$memif" --control "$control" --quiet \
	--meters $meters --groups 0 --flow gba --seed 99 --slo 'fail=0,p50<0us' >"$work/slo.out" 2>"$work/slo.err" || code=$?
[ $code = 3 ] || fail "a missed objective gives exit code $code"
grep -q '^objective fail=0 .* met: 0 failed' "$work/slo.out" || fail "fail=0 is not met"
grep -q '^objective p50<0us .* MISSED: ' "$work/slo.out" || fail "p50<0us is not missed"
stop_gateway gw
