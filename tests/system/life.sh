#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every scenario of drivers-cfg/scenarios with a few meters, also with losses, and what is wrong with others.
#   life.sh WORKERS
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq
workers=$1
scenarios=$tests/../../drivers-cfg/scenarios
meters=600 groups=6

make_subscribers home $meters --gba-u 25
gateway_config "workers: $workers" "groups: {notify_rate: 100000}"

play() {
	local name=$1
	shift
	start_gateway "$name"
	load --scenario "$scenarios/$name.scenario" --meters $meters --groups $groups --queues "$workers" \
		--ack-timeout 200 --duration-limit 50 "$@"
	holds ".joined == $meters and .failed == 0 and .kg_mismatch == 0 and .proof.gateway_asked"
	holds '[.phases[].failed] | add // 0 | . == 0'
	stats
	stop_gateway "$name"
}

play join
holds '.phases == []'

play approval
holds ".outcomes.CANDIDATES == $meters - $groups and .outcomes.JOINS == $meters - $groups" "$work/stats.json"
holds ".outcomes.LATE_ANSWERS >= $meters - $groups and .outcomes.GIVEN_UP == 0" "$work/stats.json"

play approval --loss 2 --dup 2 --reorder 2
holds ".outcomes.CANDIDATES == $meters - $groups and .outcomes.JOINS == $meters - $groups" "$work/stats.json"

play churn
holds '[.phases[].task] == ["leave", "rejoin", "leave", "rejoin", "read"]'
holds "[.phases[].done] == [range(4) | $meters - $groups] + [$meters]"
holds ".outcomes.LEAVES == 2 * ($meters - $groups)" "$work/stats.json"

play rekey-storm
holds "[.phases[] | [.task, .done]] == [[\"watch\", $meters], [\"rekey\", $meters], [\"evict\", $meters], [\"read\", $meters - $groups]]"
holds ".outcomes.EVICTIONS == $groups and .outcomes.REKEYS == 2 * $groups" "$work/stats.json"
holds ".outcomes.NOTIFICATIONS >= 2 * $meters - $groups and .outcomes.GIVEN_UP == 0" "$work/stats.json"

refused() {
	local words=$1 code=0
	shift
	"$build/app/muster-load/muster-load" --subscribers "$work/home.csv" --port memif:x "$@" >"$work/refused" 2>&1 || code=$?
	[ $code = 2 ] || fail "muster-load $*: exit code $code"
	grep -q -- "$words" "$work/refused" || fail "muster-load $*: $(cat "$work/refused")"
}
refused "not 'sleep'" --then watch,sleep
refused 'are about groups' --flow gba --then read
refused 'No such file' --scenario "$work/nothing"
printf 'groups 3\ncolour red\n' >"$work/bad.scenario"
refused "bad.scenario:2: 'colour' is no option" --scenario "$work/bad.scenario"
