#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Malformed and forged frames, IP packets, CoAP, CBOR and OSCORE on a tap interface: each is counted under its reason,
# answers stay small, no state and no memory is taken; afterwards meters join as ever.
#   hostile.sh [PACKETS [SEED]]
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
need_tap
begin jq
need_python cbor2
packets=${1:-200000} seed=${2:-1}

make_subscribers home 200 --gba-u 50
tap_config "workers: 1"
start_gateway gw
# The kernel has nothing to say here by itself, and loses nothing while the gateway is busy.
echo 1 >/proc/sys/net/ipv6/conf/gw0/disable_ipv6
ip link set gw0 txqueuelen 10000 up

"$python" "$tests/hostile.py" gw0 $gateway_mac "$control" "${pid_of[gw]}" "$packets" "$seed" || fail "hostile.py, seed $seed"

load --port af_packet:gw0 --meters 200 --groups 3 --resync 10
holds '.joined == 200 and .kg_mismatch == 0'
stop_gateway gw
