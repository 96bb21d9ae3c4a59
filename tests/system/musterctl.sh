#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# musterctl's verbs after a small run: their answers agree with the run, --json parses, errors are errors, and no key
# is in any output or log.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq
meters=40 groups=3

make_subscribers home $meters --gba-u 50
gateway_config "workers: 2"
start_gateway gw
load --meters $meters --groups $groups --queues 2 --keylog "$work/keylog" --keylog-count $meters
holds '.joined == .meters and .kg_mismatch == 0'

# Every output is kept in $work/seen for the search at the end.
seen=$work/seen
mkdir "$seen"
asked=0
ask() {
	asked=$((asked + 1))
	ctl "$@" >"$seen/$asked" 2>&1 || fail "musterctl $*: $(cat "$seen/$asked")"
}
answer() {
	cat "$seen/$asked"
}
# refused CODE WORDS ARGUMENT...
refused() {
	local code=0 wanted=$1 words=$2
	shift 2
	asked=$((asked + 1))
	ctl "$@" >"$seen/$asked" 2>&1 || code=$?
	[ $code = "$wanted" ] || fail "musterctl $*: exit code $code, not $wanted"
	answer | grep -q -- "$words" || fail "musterctl $*: $(answer)"
	[ "$(answer | wc -l)" = 1 ] || fail "musterctl $*: more than one line: $(answer)"
}
is() {
	answer | jq -e -s "$1" >/dev/null || fail "not $1: $(answer)"
}

ask --json status
is ".[0] | .workers == 2 and .link == false and .subscribers == $meters and .sessions == $meters and .groups == $groups"
is ".[0] | .memberships == $meters and .pid == ${pid_of[gw]} and .memory_octets.resident > 0"
ask status
answer | grep -Eq '^subscribers +40$' || fail "status: $(answer)"

ask stats --json
is ".[0] | .outcomes.CREATES == $groups and .outcomes.JOINS == $meters - $groups and (.workers | length == 2) and .drops == {}"
ask stats

ask --json group list
is "length == $groups and (map(.gid) | unique | length == $groups) and (map(.members) | add == $meters)"
is 'all(.[]; (.gid | test("^[0-9a-f]{16}$")) and (.key_id | test("^[0-9a-f]{8}$")) and .num == 1)'
is 'map(.key_id) | unique | length == 3'
gid=$(answer | jq -rs '.[0].gid') members=$(answer | jq -s '.[0].members') creator=$(answer | jq -rs '.[0].creator')
row=$(answer | jq -cs '.[0]')
ask group list
[ "$(answer | wc -l)" = $((groups + 1)) ] || fail "group list: $(answer)"

ask --json group show "$gid"
[ "$(answer | jq -c 'del(.owners, .dissolved, .policies)')" = "$row" ] || fail "group show differs from group list: $(answer)"
is '.[0] | (.owners == [.creator]) and (.dissolved | not) and .policies.admission == "open"'
ask group show "$gid"

ask --json group members "$gid"
is "length == $members and any(.[]; .imsi == \"$creator\")"
is 'all(.[]; (.imei | test("^[0-9]{14,16}$")) and (.since | test("^20[0-9-]+T[0-9:]+Z$")))'
ask group members "$gid"

ask --json session show "$creator"
is ".[0] | .imsi == \"$creator\" and .groups == 1 and .answers == 1 and (.btid | endswith(\"@bsf.example.com\"))"
row=$(answer) btid=$(answer | jq -r .btid)
ask --json session show "$btid"
[ "$(answer)" = "$row" ] || fail "session by B-TID differs from session by IMSI: $(answer)"
ask session show "$creator"

# A frame of a gateway at rest.
ask --json top --once
is '.[0] | .sessions == 40 and (.busy | length == 2) and all(.busy[]; . >= 0 and . <= 1) and .drops == {} and .seconds > 0'
is '.[0] | has("redis") | not'
ask top --once
answer | grep -Eq '^  worker 1  +[0-9.]+ %  \[[# ]{30}\]$' || fail "top: $(answer)"
! answer | grep -q $'\033' || fail "top: escapes where there is no terminal"
refused 2 'top takes' top twice

refused 1 'no such group' group show 0000000000000000
refused 1 '16 characters' group show nonsense
refused 1 . session show 999999999999999
refused 1 . session show nonsense
refused 2 'takes more arguments' group members
refused 2 'takes fewer arguments' status now
refused 2 'no such verb' obey
refused 2 . --socket "$work/nobody.sock" status

grep -Eq '^Max core file size +0 +0 ' "/proc/${pid_of[gw]}/limits" || fail "the gateway could leave a core file"
[ "$(stat -c %a "$control")" = 600 ] || fail "mode of the control socket"
[ "$(stat -c %a "$work/keylog")" = 600 ] || fail "mode of the key log"
stop_gateway gw
cp "$work"/gw.{out,err} "$work"/load.{out,err,json} "$seen"
: >"$work/secrets"
tail -n +2 "$work/home.csv" | cut -d, -f2,3 | tr , '\n' >>"$work/secrets"
cut -d, -f3 "$work/keylog" | tr -d '"' >>"$work/secrets"
[ "$(wc -l <"$work/secrets")" -ge $((3 * meters)) ] || fail "too few secrets to look for"
grep -Eqv '^([0-9a-f]{32}|[0-9a-f]{64})$' "$work/secrets" && fail "what is looked for is not keys"
python3 -c '
import base64, sys
for secret in map(str.strip, sys.stdin):
    print(secret, base64.b64encode(bytes.fromhex(secret)).decode().rstrip("="), sep="\n")
' <"$work/secrets" >"$work/patterns"
! grep -riFf "$work/patterns" "$seen" || fail "a key was shown"
# The search works: the same secrets are found where they are.
grep -qiFf "$work/patterns" "$work/home.csv" || fail "the search for secrets finds none"
