#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Devices that share no line with muster, written from docs/protocol.md, against the gateway on a tap interface: both
# flows, resynchronisation, groups with approval, observation, rekeying, eviction and dissolution; over IPv4 and IPv6.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
need_tap
begin jq
need_python cbor2 cryptography

make_subscribers home 3 --gba-u 50
tap_config "workers: 2"
start_gateway gw
tap_up
for host in ${1:-10.255.255.1 fd00:10::ffff:ffff}; do
	"$python" "$tests/stranger.py" "$host" "$work/home.csv" || fail "stranger.py $host"
done
stats
holds '.outcomes | .RESYNCS >= 3 and .DISSOLUTIONS == 2' "$work/stats.json"
stop_gateway gw
