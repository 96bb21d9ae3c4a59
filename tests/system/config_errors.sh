#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Whatever is wrong with command line, configuration or surroundings: one clear line that names it, and exit code 2
# within a second.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
begin jq
limit_ms=$(($(seconds 1) * 1000))
gw=$build/app/muster-gw/muster-gw

# refused WORDS ARGUMENT...: the line that the gateway has to print; without arguments it gets $config.
refused() {
	local words=$1 code=0 start took lines
	shift
	[ $# -gt 0 ] || set -- --config "$config"
	start=$(date +%s%N)
	timeout 20 "${run_as[@]}" "$gw" "$@" >"$work/refused.out" 2>"$work/refused.err" || code=$?
	took=$((($(date +%s%N) - start) / 1000000))
	[ $code = 2 ] || fail "'$words': exit code $code"
	# What was loaded before is told too.
	lines=$(grep -vc 'subscribers \(read\|loaded\)' "$work/refused.err" || true)
	[ "$lines" = 1 ] || fail "'$words': $lines lines"
	grep -qF -- "$words" "$work/refused.err" || fail "no word of '$words'"
	[ ! -s "$work/refused.out" ] || fail "'$words': something on standard output"
	[ $took -le "$limit_ms" ] || fail "'$words': $took ms"
	checked=$((checked + 1))
}
checked=0

# Command line.
refused 'no configuration' --set workers=1
refused "'now' is no option" --config "$config" now
refused "'--nonsense' is no option" --config "$config" --nonsense
refused 'No such file' --config "$work/nothing.yaml"

# The file. Line numbers count from 1; the lines of gateway_config come in any order, so these are written whole.
make_subscribers home 10
good="naf: {fqdn: naf.example.com}
bsf: {fqdn: bsf.example.com}
host: {ipv4: [10.255.255.1]}
hss: [{name: home, subscribers: $work/home.csv}]
control: {socket: $control}
port: {driver: memif, memif: {socket: $memif}}"
# wrong WORDS LINE...: a good file with lines that are wrong, from line 7 on.
wrong() {
	local words=$1
	shift
	printf '%s\n' "$good" "$@" >"$config"
	refused "$words"
}
printf '%s\n' "$good" >"$config"
"$gw" --config "$config" --check-config >/dev/null || fail "the good configuration is refused"
wrong "$config:7: not YAML" $'\tworkers: 1'
wrong "$config:8: not YAML" 'cores: [1'
wrong "$config:8: key 'wrokers'" '# a comment' 'wrokers: 2'
wrong "$config:7: key 'limits.members'" 'limits: {members: 7}'
wrong "$config:7: key 'workers'" 'workers: many'
wrong "$config:7: key 'workers'" 'workers: [1, 2]'
wrong "$config:7: key 'workers'" 'workers: 0'
wrong "$config:7: key 'workers'" 'workers: 65'
wrong "$config:7: key 'workers'" 'workers: -1'
wrong "$config:7: key 'eal.huge'" 'eal: {huge: perhaps}'
wrong "$config:7: key 'sqn.tick'" 'sqn: {tick: 100}'
wrong "$config:7: key 'limits.group_key_lifetime'" 'limits: {group_key_lifetime: 1s}'
wrong "key 'limits.group_key_lifetime'" 'limits: {group_key_lifetime: 90500ms}'
wrong "$config:7: key 'naf'" 'naf: {fqdn: again.example.com}'
wrong "$config:7:" 'log: &x {level: info}'
good=${good//10.255.255.1/300.1.1.1} wrong "key 'host.ipv4"
good=${good//10.255.255.1/224.0.0.1} wrong "key 'host.ipv4'"
good=${good//naf.example.com/naf..example} wrong "key 'naf.fqdn'"
good=${good/bsf:*com\}/} wrong "key 'bsf.fqdn': is required"
good=${good/driver: memif/driver: pigeon} wrong "key 'port.driver'"
good=${good/driver: memif/driver: af_packet} wrong "key 'port.af_packet.interface': is required"
good=${good/driver: memif/driver: af_packet, af_packet: \{interface: nothere0\}} wrong "nothere0"
good=${good/driver: memif/driver: vfio, vfio: \{address: '0000:ff:1f.7'\}} wrong "0000:ff:1f.7"
good=${good/$work\/home.csv/$work\/away.csv} wrong "$work/away.csv"
good=${good/name: home/name: home, transport_key: $work\/no.key} wrong "$work/no.key"
refused "KEY=VALUE" --config "$config" --set workers
printf '%s\n' "$good" >"$config"
refused "workers" --config "$config" --set workers=none
refused "nothing.here" --config "$config" --set nothing.here=1

# Subscribers.
sed '1s/amf/amfibian/' "$work/home.csv" >"$work/bad.csv"
good=${good/$work\/home.csv/$work\/bad.csv} wrong "$work/bad.csv:1: column 'amfibian'"
sed '1s/imsi/imsy/' "$work/home.csv" >"$work/bad.csv"
good=${good/$work\/home.csv/$work\/bad.csv} wrong "$work/bad.csv:1:"
: >"$work/bad.csv"
good=${good/$work\/home.csv/$work\/bad.csv} wrong "$work/bad.csv"

# Surroundings: sockets in use, directories of others, CPUs that are not there, drivers without the privilege.
gateway_config "workers: 1"
start_gateway gw
good=${good/$control/$work\/run\/other.sock} wrong "$memif"
good=${good/$memif/$work\/run\/other.sock} wrong "$control"
stop_gateway gw
mkdir -m 0777 "$work/open"
good=${good/$control/$work\/open\/control.sock} wrong "$work/open"
wrong 'CPU 1023' 'cores: [1023]'
as_plain_user
if [ ${#run_as[@]} -gt 0 ] || [ "$(id -u)" != 0 ]; then
	good=${good/driver: memif/driver: tap} wrong 'tap'
	good=${good/driver: memif/driver: af_packet, af_packet: \{interface: lo\}} wrong 'af_packet'
	good=${good/$control/$work\/run\/no\/way\/..\/..\/..\/..\/..\/..\/root\/control.sock} wrong 'control.sock'
fi
echo "$checked mistakes, each told in one line"
