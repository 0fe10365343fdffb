#!/usr/bin/env bash
# One share of `make test`: share.sh NAME PYTEST-ARGUMENTS...
# Up to five tests that failed run a second time, now that fewer others run. One that fails again fails the share. One
# that passes is named in build/NAME.unsteady, which `make test` prints last: fix the test. Only the second run shows the
# values in a failed assertion: preparing every test module for that takes seconds of each share.
set -uo pipefail
name=$1
cache=$PWD/.pytest_cache/$name
run=(.venv/bin/pytest -q -o "cache_dir=$cache" "${@:2}")
rm -f "build/$name.unsteady"
"${run[@]}" --assert=plain --cache-clear
code=$?
[ "$code" -eq 1 ] || exit "$code"  # 1: tests failed; anything else is an interruption or an error of pytest's
failed=$cache/v/cache/lastfailed
[ "$(grep -c '": true' "$failed")" -le 5 ] || exit "$code"
cp "$failed" "build/$name.failed"
"${run[@]}" --last-failed --last-failed-no-failures none || exit $?
{ echo "Unsteady in $name, passed the second time:"; grep '": true' "build/$name.failed"; } > "build/$name.unsteady"
