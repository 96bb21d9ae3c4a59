#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The Debian package: what is in it, the service's hardening, its programs unpacked and run, and what a service manager
# hears of the gateway.
#   package.sh [ROOT]      with ROOT, a Debian 12 root folder, also installs and removes it there (root only)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ $# -gt 0 ] || own_network "$@"
begin jq socat dpkg-shlibdeps
[ -z "$sanitized" ] || skip "one build packs"
top=$(cd "$tests/../.." && pwd)

"$top/tools/deb" >"$work/deb.out" 2>"$work/deb.err" || fail "tools/deb"
deb=$(echo "$top"/out/muster_*.deb)
dpkg-deb -x "$deb" "$work/root"

# The unit: exposure in tenths.
service=$work/root/usr/lib/systemd/system/muster-gw.service
if ! command -v systemd-analyze >/dev/null; then
	echo "no systemd-analyze: hardening not rated"
elif exposure=$(systemd-analyze security --offline=true "$service" --threshold=25 2>"$work/security.err" |
	sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p'); then
	echo "exposure $exposure"
else
	fail "systemd-analyze security: $exposure"
fi

# The configuration that comes with it is a good one, and so is every profile.
for file in "$work/root/etc/muster/muster.yaml" "$work"/root/usr/share/muster/drivers-cfg/*.yaml; do
	"$work/root/usr/bin/muster-gw" --config "$file" --check-config >/dev/null 2>"$work/check.err" || fail "$file"
done
for page in "$work"/root/usr/share/man/man?/*.gz; do
	gzip -t "$page" || fail "$page"
done

# From here on with the programs of the package.
mkdir -p "$work/build/app"
for program in muster-gw muster-load musterctl; do
	mkdir "$work/build/app/$program"
	ln -s "$work/root/usr/bin/$program" "$work/build/app/$program/$program"
done
build=$work/build

# Completion: verbs, the words after one, options.
completes() {
	local want=$1
	shift
	got=$(PATH=$work/root/usr/bin:$PATH bash -c 'COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
		. "$1"; _muster "$2"; echo "${COMPREPLY[*]}"' _ \
		"$work/root/usr/share/bash-completion/completions/$1" "$@")
	[[ " $got " == *" $want "* ]] || fail "completion of $*: $got, not $want"
}
completes group musterctl gr
completes replica musterctl ''
completes rekey musterctl group ''
completes --json musterctl --j
completes --scenario muster-load --sc
completes --check-config muster-gw --check

make_subscribers home 1000
gateway_config

# Type=notify with a watchdog: ready after the start, alive while workers move, stopping at the end.
socat -u "UNIX-RECVFROM:$work/notify.sock,fork" "SYSTEM:cat; echo" >"$work/notify.out" 2>"$work/notify.err" &
pid_of[socat]=$!
wait_for 5 test -S "$work/notify.sock" || fail "socat does not listen"
NOTIFY_SOCKET=$work/notify.sock WATCHDOG_USEC=1000000 start_gateway gw
wait_for 5 grep -q '^READY=1$' "$work/notify.out" || fail "no READY=1"
load --meters 1000 --groups 10
holds '.joined == 1000 and .kg_mismatch == 0'
wait_for 10 grep -q '^WATCHDOG=1$' "$work/notify.out" || fail "the watchdog heard nothing"
stop_gateway gw
wait_for 5 grep -q '^STOPPING=1$' "$work/notify.out" || fail "no STOPPING=1"

[ $# -gt 0 ] || exit 0
cp "$deb" "$1/tmp/muster.deb"
chroot "$1" apt-get install -yq --no-install-recommends /tmp/muster.deb >"$work/install.out" 2>"$work/install.err" ||
	fail "cannot install"
chroot "$1" muster-load --make-subscribers 10000 --out /tmp/home.csv --quiet
# shellcheck disable=SC2016 # expanded in the root folder
chroot "$1" sh -c 'getent passwd muster && test -s /etc/muster/kek && test "$(stat -c %a /etc/muster/kek)" = 600' \
	>/dev/null || fail "no user, or no key"
# shellcheck disable=SC2016 # expanded in the root folder
chroot "$1" sh -ec '
	export XDG_RUNTIME_DIR=/tmp
	mkdir -p /run/muster
	cp /tmp/home.csv /etc/muster/subscribers.csv
	muster-gw --config /etc/muster/muster.yaml >/tmp/gw.out 2>&1 &
	gw=$!
	for i in $(seq 100); do grep -q "ready:" /tmp/gw.out && break; sleep 0.1; done
	muster-load --subscribers /tmp/home.csv --port memif:/run/muster/memif.sock --control /run/muster/control.sock --gateway 192.0.2.1 \
		--groups 10 --quiet
	kill -TERM $gw
	wait $gw
	rm -r /etc/muster/subscribers.csv /run/muster' >"$work/demo.out" 2>"$work/demo.err" || fail "the demo in the root folder: $(cat "$work/demo.out")"
find "$1" -xdev -name '*muster*' -not -path '*/tmp/*' | sort >"$work/installed"
chroot "$1" apt-get purge -yq muster >"$work/purge.out" 2>"$work/purge.err" || fail "cannot remove"
left=$(find "$1" -xdev \( -name '*muster*' -o -path '*/muster/*' \) -not -path '*/tmp/*' -not -path '*/log/*')
echo "left behind: ${left:-nothing}"
