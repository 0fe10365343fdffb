#!/usr/bin/env bash
# Chromium for the browser tests, Postfix (with smtp-sink and smtp-source) for the story test and the benchmarks, Pango
# for the certificates in PDF, SpamAssassin to judge a letter of ours, Dovecot for a mailbox that is read by IMAP.
set -euo pipefail
missing=()
command -v chromium >/dev/null || missing+=(chromium)
[ -x /usr/sbin/postfix ] || missing+=(postfix)
/sbin/ldconfig -p | grep -q libpangoft2-1.0 || missing+=(libpangoft2-1.0-0 libharfbuzz-subset0)
command -v spamassassin >/dev/null || missing+=(spamassassin)
[ -x /usr/sbin/dovecot ] || missing+=(dovecot-imapd)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing: ${missing[*]}. Install them with: sudo apt-get install ${missing[*]}" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections || true
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
