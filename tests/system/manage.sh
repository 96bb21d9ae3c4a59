#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What the operator does to groups and subscribers with musterctl, and what the audit trail says of it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq
meters=40 groups=4

make_subscribers home $meters
gateway_config "workers: 2" "audit: {file: $work/audit.jsonl, joins: true}"
start_gateway gw
load --meters $meters --groups $groups --queues 2
holds '.joined == .meters and .kg_mismatch == 0'

answer=$work/answer
ask() {
	ctl --json "$@" >"$answer" 2>"$work/ctl.err" || fail "musterctl $*: $(cat "$work/ctl.err")"
}
is() {
	jq -e -s "$1" "$answer" >/dev/null || fail "not $1: $(cat "$answer")"
}
refused() {
	local words=$1
	shift
	ctl --json "$@" >"$answer" 2>"$work/ctl.err" && fail "musterctl $* was not refused"
	grep -q -- "$words" "$work/ctl.err" || fail "musterctl $*: $(cat "$work/ctl.err")"
}
audited() {
	wait_for 5 grep -Eq "$1" "$work/audit.jsonl" || fail "not in the audit trail: $1"
}

ask group list
gid=$(jq -rs '.[0].gid' "$answer") key=$(jq -rs '.[0].key_id' "$answer")
ask group members "$gid"
members=$(jq -s length "$answer")
ask group show "$gid"
owner=$(jq -r .creator "$answer")
ask group members "$gid"
other=$(jq -r "select(.imsi != \"$owner\") | .imsi" "$answer" | head -n 1)

# The list of all groups, as CSV and as JSON.
ctl group export >"$work/list.csv"
[ "$(head -n 1 "$work/list.csv")" = "imsi,imei,since,gid" ] || fail "heading of the export"
[ "$(wc -l <"$work/list.csv")" = $((meters + 1)) ] || fail "rows of the export"
ask group export
is "length == $meters and all(.[]; has(\"imsi\") and has(\"imei\") and has(\"gid\"))"

# Policies.
ask group policy "$gid" admission=operator member_limit=100 allow=001010000000000-001010000000009 history=yes
is '.[0] | .admission == "operator" and .member_limit == 100 and .allow == ["001010000000000-001010000000009"] and .history'
refused 'policy admission' group policy "$gid" admission=nobody
refused 'policy colour' group policy "$gid" colour=red
refused 'request' group policy "$gid" key_lifetime_s=1
ask group policy "$gid"
is '.[0] | .admission == "operator" and .key_lifetime_s == 2592000'

# Rekey, evict, let in again, transfer.
ask group rekey "$gid"
is ".[0] | .num == 2 and .key_id != \"$key\""
ask group evict "$gid" "$other"
ask group show "$gid"
is ".[0] | .members == $members - 1 and .num == 3"
refused 'no such member' group evict "$gid" "$other"
ask group approve "$gid" "$other"
is '.[0].admitted == 1'
refused 'no such member' group deny "$gid" "$other"
ask group members "$gid"
heir=$(jq -r "select(.imsi != \"$owner\") | .imsi" "$answer" | head -n 1)
ask group transfer "$gid" "$heir"
is ".[0].owners == [\"$heir\", \"$owner\"]"
refused 'no such member' group transfer "$gid" "$other"
ask group pending "$gid"
is 'length == 0'

# A subscriber is barred: out of its groups and its session.
ask subscriber show "$heir"
is '.[0] | (.barred | not) and .groups == 1 and .owned == 1 and .may_create'
ask subscriber bar "$heir"
is '.[0].barred'
left() {
	ask subscriber show "$heir"
	[ "$(jq .groups "$answer")" = 0 ]
}
wait_for 5 left || fail "a barred subscriber stays in its groups"
refused . session show "$heir"
ask group show "$gid"
is ".[0].owners == [\"$owner\"]"
ask subscriber unbar "$heir"
is '.[0].barred | not'
refused 'no such subscriber' subscriber bar 999999999999999

# A group of the operator's, and the end of both.
ask group create admission=list tags=3
is '.[0] | .creator == null and .owners == [] and .members == 0 and .policies.tags == 3'
made=$(jq -r .gid "$answer")
[ "$made" != "$gid" ] || fail "a G-ID twice"
ask group dissolve "$made"
ask group dissolve "$gid"
gone_group() {
	ask group list
	[ "$(jq -s length "$answer")" = $((groups - 1)) ]
}
wait_for 5 gone_group || fail "dissolved groups stay"
refused 'no such group' group show "$gid"

audited "\"what\": \"create\".*\"by\": \"$owner\", \"kid\": \"[0-9a-f]{14}\""
audited "\"what\": \"policies\", \"gid\": \"$gid\", \"by\": \"operator\""
audited "\"what\": \"rekey\", \"gid\": \"$gid\", \"by\": \"operator\", \"num\": 2"
audited "\"what\": \"evict\", \"gid\": \"$gid\", \"by\": \"operator\", \"subject\": \"$other\""
audited "\"what\": \"admit\", \"gid\": \"$gid\", \"by\": \"operator\", \"subject\": \"$other\""
audited "\"what\": \"owners\", \"gid\": \"$gid\", \"by\": \"policy\", \"subject\": \"$owner\""
audited "\"what\": \"bar\", \"by\": \"operator\", \"subject\": \"$heir\""
audited "\"what\": \"dissolve\", \"gid\": \"$gid\", \"by\": \"operator\""
[ "$(grep -c '"what": "join"' "$work/audit.jsonl")" = $((meters - groups)) ] || fail "joins in the audit trail"
stats
holds '.outcomes.AUDIT_LOST == 0' "$work/stats.json"
mv "$work/audit.jsonl" "$work/audit.old"
kill -HUP "${pid_of[gw]}"
wait_for 5 test -e "$work/audit.jsonl" || fail "the audit file is not opened again"
stop_gateway gw
jq -es 'all(.[]; has("time") and has("what") and has("by"))' "$work/audit.old" >/dev/null || fail "the audit trail is no JSON"
echo "$(wc -l <"$work/audit.old") changes audited"
