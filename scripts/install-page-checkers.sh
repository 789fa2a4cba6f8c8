#!/bin/sh
# Installs what the tests check pages with, axe-core and vnu, from the package registry into tests/browser/checkers.
# Silent and quick when they are there. Needs .venv (scripts/set-up-venv.sh), which brings Node.
# Where they cannot be installed: an error with CI=true; else a warning, and the tests that need them are skipped.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
checkers=$root/tests/browser/checkers
stamp=$checkers/node_modules/.stamp

now=$(sha256sum "$checkers/package-lock.json" | cut -c1-64)
[ "$(cat "$stamp" 2>/dev/null || true)" != "$now" ] || exit 0
echo "set-up: installing what pages are checked with" >&2
PATH=$root/.venv/bin:$PATH
cd "$checkers"
# Scripts of packages stay unrun: one of them would fetch a Java of its own, which system-packages.txt brings.
if npm ci --ignore-scripts --loglevel=error --fetch-retries=1 >/dev/null; then
    echo "$now" >"$stamp"
    exit 0
fi
[ "${CI:-}" != true ] || exit 1
echo "set-up: WARNING: axe-core and vnu are missing; the tests that need them will be skipped." >&2
