#!/bin/sh
# Install the program without development packages: deploy/install.sh DESTINATION [PYTHON [EXTRA...]]
# EXTRA is s3, to store images and uploads in a bucket, or traces, for OpenTelemetry.
# Each installation gets its own virtual environment, DESTINATION/releases/<version>-<time>, and DESTINATION/.venv links to the
# newest. Running processes keep their files until they are restarted, and rolling back means changing one link.
# The front end must be built, which `make install` does first.
set -eu
cd "$(dirname "$0")/.."
destination=$1
python=${2:-python3}
locks="-r requirements/main.txt"
[ $# -le 2 ] || { shift 2 && for extra in "$@"; do locks="$locks -r requirements/$extra.txt"; done; }
[ -f src/mailflatrate/static/dist/manifest.json ] || { echo "The front end isn't built. Run make install." >&2; exit 1; }
if [ -d "$destination/.venv" ] && [ ! -L "$destination/.venv" ]; then
    echo "$destination/.venv is a folder made by make build. Move it away, then try again." >&2
    exit 1
fi
place=$destination/releases/$("$python" deploy/release.py version)-$(date -u +%Y%m%d%H%M%S)
mkdir -p "$destination/releases"
destination=$(cd "$destination" && pwd)
"$python" -m venv "$place"
pip() { "$place/bin/pip" --quiet --disable-pip-version-check --no-input "$@"; }
# shellcheck disable=SC2086
pip install --no-deps --require-hashes $locks
PYTHONPATH=src "$place/bin/python" -m mailflatrate.locale.build
pip install --no-deps --require-hashes -r requirements/build.txt
# Built in a copy, because setuptools leaves folders beside its sources and reuses what an earlier build left there.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -RL pyproject.toml README.md requirements src "$copy"
pip install --no-deps --no-build-isolation "$copy"
pip uninstall --yes setuptools
"$place/bin/python" -m compileall -q "$place/lib" || true  # files for other Python versions may fail to compile, which is harmless
"$place/bin/mailflatrate" --version
ln -sfn "$place" "$destination/.venv.new"
mv -T "$destination/.venv.new" "$destination/.venv"
