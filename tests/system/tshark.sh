#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Wireshark reads what gateway and meters say: no malformed packet, no expert finding, right checksums; with the keys
# exported it decrypts every protected message, and finds the groups and keys that the gateway has.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq tshark
need_python cbor2
meters=12

make_subscribers home $meters --gba-u 50
gateway_config "workers: 1"
for run in "standard" "express" "gba" "standard --ipv6"; do
	read -ra options <<<"$run"
	start_gateway gw
	groups=2
	[ "${options[0]}" != gba ] || groups=0
	load --meters $meters --groups $groups --resync 50 --flow "${options[@]}" --keylog "$work/keylog" \
		--keylog-count $meters --capture "$work/capture.pcap" --capture-count 10000
	holds ".joined == $meters and .kg_mismatch == 0 and .counters.resyncs > 0"
	ctl --json group list >"$work/groups.json"
	stop_gateway gw

	contexts=()
	while read -r line; do
		contexts+=(-o "uat:oscore_contexts:$line")
	done <"$work/keylog"
	[ ${#contexts[@]} -ge $((2 * meters)) ] || fail "key log: too few contexts"
	HOME=$work tshark -r "$work/capture.pcap" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE "${contexts[@]}" \
		-T json -x --no-duplicate-keys >"$work/packets.json" 2>"$work/tshark.err" || fail "tshark"
	# Everything that the gateway or musterctl printed, to be searched for the keys that were found.
	"$python" "$tests/tshark.py" "$run" "$meters" "$work/packets.json" "$work/groups.json" \
		"$work"/gw.out "$work"/gw.err "$work"/load.{out,err,json} "$work/groups.json" || fail "$run"
done
