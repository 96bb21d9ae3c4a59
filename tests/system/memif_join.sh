#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# 2,000 meters in 10 groups over memif, both flows, with frames lost, doubled and reordered, and without.
#   memif_join.sh WORKERS [user]      user: everything as a user without privileges
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq
workers=$1
meters=2000 groups=10
[ "${2-}" != user ] || as_plain_user

make_subscribers home $meters --gba-u 25
gateway_config "workers: $workers"

joined() {
	holds ".schema_version == 1 and .meters == $meters and .groups == $groups and .flow == \"$1\""
	holds ".joined == .meters and .failed == 0 and .kg_mismatch == 0"
	holds "[.given_up[]] | add == 0"
	holds ".proof.groups == $groups and .proof.alike == 0 and .proof.gateway_asked"
	holds ".proof.gateway_missing == 0 and .proof.gateway_key == 0 and .proof.gateway_members == 0"
	holds ".gw.workers == $workers and .gw.cycles_per_join > 0 and .gw.busy_ratio > 0 and .gw.busy_ratio <= 1"
	holds ".load.busy_ratio > 0 and .load.busy_ratio <= 1 and (.load.limited_by_generator | type) == \"boolean\""
	holds ".latency_us | .p50 > 0 and .p50 <= .p90 and .p90 <= .p99 and .p99 <= .p99_9 and .p99_9 <= .max"
}

for flow in standard express; do
	start_gateway "$flow"
	load --meters $meters --groups $groups --flow $flow --queues "$workers" \
		--loss 5 --dup 5 --reorder 5 --ack-timeout 100 --seed 7
	joined $flow
	holds ".retransmits > 0 and .counters.impaired.lost > 0 and .counters.impaired.doubled > 0 and .counters.impaired.held > 0"
	stats
	holds ".outcomes | .CREATES >= $groups and .JOINS >= $meters - $groups and .SECURED_REPEATED > 0" "$work/stats.json"
	holds ".port | .rx_missed + .rx_no_buffer + .rx_errors + .rx_chained + .tx_errors == 0" "$work/stats.json"
	stop_gateway "$flow"
	echo "$flow, impaired: $(jq -r '"\(.joined) joined, \(.retransmits) retransmits, p99 \(.latency_us.p99) us"' "$work/load.json")"
done

# Without impairment every counter is known.
for flow in standard express; do
	start_gateway "$flow"
	load --meters $meters --groups $groups --flow $flow --queues "$workers" --resync 10
	joined $flow
	stats
	holds '.drops == {}' "$work/stats.json"
	resyncs=$(jq .counters.resyncs "$work/load.json")
	[ "$resyncs" -gt 0 ] || fail "no USIM was resynchronised"
	holds ".outcomes | .CREATES == $groups and .JOINS == $meters - $groups and .REJOINS == 0 and .SECURED == $meters" \
		"$work/stats.json"
	holds ".outcomes | .RESYNCS == $resyncs and .CHALLENGES + .EXPRESS_CHALLENGES == $meters + $resyncs" "$work/stats.json"
	holds ".outcomes | .SESSIONS == $meters and .ERRORS_SENT == 0" "$work/stats.json"
	holds '.outcomes.RX_FRAMES == .outcomes.TX_FRAMES' "$work/stats.json"
	stop_gateway "$flow"
	echo "$flow: $(jq -r '"\(.joined) joined, \(.counters.resyncs) resyncs, p99 \(.latency_us.p99) us"' "$work/load.json")"
done
