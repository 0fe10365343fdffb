#!/usr/bin/env bash
# What a newcomer meets: a Debian 13 with Python, Node, npm, make and git, a clone of this commit, and the two commands
# of the README. Fails where one of them fails, or where a test is skipped that tests/fresh_skips.txt doesn't name.
# Needs root and debootstrap. How this machine reaches package registries and names is carried over, nothing else.
#   tests/fresh.sh [demo|test]     both without an argument; build/fresh has the root and the logs
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/build/fresh root=$PWD/build/fresh/root home=/root/mailflatrate

make_root() {
    rm -rf --one-file-system "$work" && mkdir -p "$work"
    local site
    site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep '^http' | head -1)
    debootstrap --variant=minbase trixie "$root" $site > "$work/root.log"
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    grep -lE '^(Acquire|APT::)' /etc/apt/apt.conf.d/*registry* 2>/dev/null | xargs -r cp -t "$root/etc/apt/apt.conf.d/"
    cp /etc/ssl/certs/ca-certificates.crt "$root/root/certificates.crt"
    for file in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.npmrc"; do
        if [ -f "$file" ]; then
            mkdir -p "$root$(dirname "$file")"
            sed 's#/etc/ssl/certs/ca-certificates.crt#/root/certificates.crt#; /find-links/d' "$file" > "$root$file"
        fi
    done
    chroot "$root" sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends python3 python3-venv nodejs npm make git' >> "$work/root.log" 2>&1
    git clone --quiet . "$root$home"
}

# Run a command in the root, with processes of its own that end with it.
inside() {
    unshare --mount --pid --fork --kill-child bash -euo pipefail -c '
        root=$0
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc" && mount -t sysfs sys "$root/sys" && mount --rbind /dev "$root/dev"
        exec chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            LANG=C.UTF-8 PIP_CERT=/root/certificates.crt NODE_EXTRA_CA_CERTS=/root/certificates.crt \
            npm_config_cafile=/root/certificates.crt bash -c "$1"' "$root" "cd $home && $1"
}

demo() {
    echo "make demo"
    inside '
        make demo > /root/demo.log 2>&1 & demo=$!
        until grep -q "Press Ctrl-C to end the demo" /root/demo.log; do
            kill -0 $demo 2>/dev/null || { tail -40 /root/demo.log; exit 1; }
            sleep 1
        done
        address=$(grep -oE "http://(127.0.0.1|localhost):[0-9]+/" /root/demo.log | head -1)
        python3 -c "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).status, sys.argv[1])" "$address"
    '
    cp "$root/root/demo.log" "$work/demo.log"
}

test_all() {
    : > "$work/test.log"
    for target in test test-rest; do
        echo "make $target"
        inside "make $target 2>&1" >> "$work/test.log" || { tail -60 "$work/test.log"; return 1; }
    done
    grep '^SKIPPED' "$work/test.log" | sort | uniq > "$work/skipped.txt" || true
    if grep -vEf <(sed '/^#/d; /^$/d' tests/fresh_skips.txt) "$work/skipped.txt"; then
        echo "These tests were skipped; tests/fresh_skips.txt doesn't name them." >&2
        return 1
    fi
    if grep -A20 '^Unsteady in' "$work/test.log"; then echo "Unsteady tests are listed above." >&2; fi
    grep -E '^[0-9]+ passed|[0-9]+ passed' "$work/test.log"
}

make_root
case "${1:-both}" in demo) demo ;; test) test_all ;; both) demo; test_all ;; *) echo "demo or test" >&2; exit 2 ;; esac
echo "Both commands work in a fresh Debian 13."
