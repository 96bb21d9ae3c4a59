#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Strangers beside the meters: all meters join, the gateway keeps nothing of who proved nothing, and one source prefix
# gets no more than its token bucket has. Over IPv4 and IPv6.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq
meters=3000 rate=2000 burst=3000

resident() {
	ctl --json stats | jq .resident_octets
}

make_subscribers home $meters --gba-u 25
gateway_config "workers: 2" "limits: {prefix_rate: $rate, prefix_burst: $burst}"
start_gateway gw
# Both address families once, so that what is taken once has been taken.
load --meters $meters --groups 10 --queues 2 --rate 3000
load --meters $meters --groups 10 --queues 2 --seed 2 --rate 3000 --ipv6
before=$(resident)
seed=2
for family in "" --ipv6; do
	seed=$((seed + 1))
	# From everywhere: a challenge each, unless the machine was too slow for a frame.
	load --meters $meters --groups 10 --queues 2 --seed $seed --rate 1000 --flood 20000 --ack-timeout 300 ${family:+"$family"}
	holds ".joined == $meters and .kg_mismatch == 0 and .counters.flood > 10000"
	holds '.counters.flood_heard <= .counters.flood and .counters.flood_heard > 0.9 * .counters.flood'
	seconds=$(jq .seconds "$work/load.json")
	echo "random sources${family:+, IPv6}: $(jq -r '"\(.counters.flood_heard) of \(.counters.flood) challenged"' "$work/load.json")"

	# From one prefix: what two workers' buckets hold, and what flows in.
	seed=$((seed + 1))
	load --meters $meters --groups 10 --queues 2 --seed $seed --rate 1000 --flood 20000 --flood-one-prefix \
		--ack-timeout 300 ${family:+"$family"}
	holds ".joined == $meters and .kg_mismatch == 0 and .counters.flood > 10000"
	seconds=$(jq .seconds "$work/load.json")
	holds ".counters.flood_heard > 0 and .counters.flood_heard <= 2 * ($burst + $rate * ($seconds + 0.1))"
	echo "one prefix${family:+, IPv6}: $(jq -r '"\(.counters.flood_heard) of \(.counters.flood) challenged"' "$work/load.json")"
done
stats
holds '.drops.SOURCE_BUSY > 10000' "$work/stats.json"
grown=$(($(resident) - before))
[ $grown -lt $((2 << 20)) ] || [ -n "$sanitized" ] || fail "the gateway grew by $grown octets"
ctl --json status >"$work/status.json"
holds ".sessions == $meters" "$work/status.json"
stop_gateway gw
