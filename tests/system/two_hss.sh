#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two HSS instances behind ranges of IMSIs: each one's subscribers are found and meet in one group.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq

make_subscribers first 50 --first-imsi 001010000000000
make_subscribers second 50 --first-imsi 001010000900000
gateway_config "hss:
  - {name: first, subscribers: $work/first.csv, ranges: [001010000000000-001010000899999]}
  - {name: second, subscribers: $work/second.csv, ranges: [001010000900000-001010000999999]}"
start_gateway gw
load --subscribers "$work/first.csv" --subscribers "$work/second.csv" --meters 100 --groups 1
holds '.joined == 100 and .kg_mismatch == 0 and .proof.alike == 0'

gid=$(ctl --json group list | jq -r .gid)
ctl --json group members "$gid" >"$work/members.json"
holds_all() {
	jq -s -e "$1" "$work/members.json" >/dev/null || fail "members: not $1"
}
holds_all 'length == 100 and (map(.imsi) | unique | length == 100)'
holds_all 'map(select(.imsi >= "001010000900000")) | length == 50'
ctl --json session show 001010000900049 >"$work/session.json"
holds '.imsi == "001010000900049" and .groups == 1' "$work/session.json"
stop_gateway gw

# A row that the ranges route to the other instance is left out, and said so.
cp "$work/second.csv" "$work/mixed.csv"
tail -n 1 "$work/first.csv" >>"$work/mixed.csv"
gateway_config "hss:
  - {name: first, subscribers: $work/first.csv, ranges: [001010000000000-001010000899999]}
  - {name: second, subscribers: $work/mixed.csv, ranges: [001010000900000-001010000999999]}"
start_gateway mixed
grep -q 'mixed.csv:52: ' "$work/mixed.err" || fail "the row of another HSS is not reported"
grep -q 'second: 1 rows rejected' "$work/mixed.err" || fail "the rejected row is not counted"
stop_gateway mixed

# Ranges that overlap.
gateway_config "hss:
  - {name: first, subscribers: $work/first.csv, ranges: [001010000000000-001010000899999]}
  - {name: second, subscribers: $work/second.csv, ranges: [001010000800000-001010000999999]}"
code=0
"$build/app/muster-gw/muster-gw" --config "$config" >"$work/overlap.out" 2>"$work/overlap.err" || code=$?
[ $code = 2 ] || fail "overlapping ranges: exit code $code"
grep -q overlap "$work/overlap.err" || fail "overlapping ranges: no word of it"
