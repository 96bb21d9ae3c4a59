#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Wireshark reads and decrypts approval, observation, rekey, eviction and departure.
#   manage_tshark.sh PROGRAM      manage_capture
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
begin tshark
need_python cbor2

"$1" "$work/capture.pcap" "$work/contexts" || fail "manage_capture"
contexts=()
while read -r line; do
	contexts+=(-o "uat:oscore_contexts:$line")
done <"$work/contexts"
HOME=$work tshark -r "$work/capture.pcap" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE "${contexts[@]}" \
	-T json -x --no-duplicate-keys >"$work/packets.json" 2>"$work/tshark.err" || fail "tshark"
"$python" "$tests/manage_tshark.py" "$work/packets.json" || fail "the capture"
