#!/bin/sh
# Makes .venv hold what the named requirement files pin. Silent and quick when it already does.
# Use: scripts/set-up-venv.sh requirements.txt [requirements-dev.txt]
set -eu
cd "$(dirname "$0")/.."

say() { echo "set-up: $*" >&2; }

# A digest of the Python in .venv, of its place, and of the files named. Empty when .venv does not work.
fingerprint() {
    .venv/bin/python -c '
import hashlib, pathlib, sys
parts = [sys.version.encode(), sys.prefix.encode(), *(pathlib.Path(f).read_bytes() for f in sys.argv[1:])]
print(hashlib.sha256(b"\0".join(parts)).hexdigest())' "$@" 2>/dev/null || true
}

# Tells whether the stamp named first holds the fingerprint of the files that follow.
is_current() {
    stamp=$1
    shift
    [ -s "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint "$@")" ]
}

find_python() {
    for name in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
        # Only running it tells: a version manager's stand-in may be there without the version.
        "$name" -c 'import sys; print(sys.executable); sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    done
    return 1
}

can_make_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }

# Debian and Ubuntu keep what makes virtual environments in a package of its own, which a fresh system has not.
install_venv_package() {
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing $package"
        apt_install "$package" || { apt-get update -qq && apt_install "$package"; } || true
        can_make_venv && return
    fi
    say "$python cannot make virtual environments. Install its package (Debian, Ubuntu: apt-get install $package), or uv."
    exit 1
}

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "$@" >/dev/null; }

make_venv() {
    python=$(find_python) || {
        say "Python 3.11 or later is needed and was not found. Install it (Debian 12: apt-get install python3 python3-venv)."
        exit 1
    }
    rm -rf .venv
    if command -v uv >/dev/null; then
        uv venv --quiet --python "$python" .venv
    else
        can_make_venv || install_venv_package
        "$python" -m venv .venv
    fi
    fingerprint >.venv/.stamp-python
}

install() {
    if command -v uv >/dev/null; then
        uv pip install --quiet --compile-bytecode --python .venv/bin/python "$@"
    else
        .venv/bin/python -m pip --version >/dev/null 2>&1 || make_venv # uv made it, and uv has gone
        .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
    fi
}

is_current .venv/.stamp-python || make_venv
done_stamp=.venv/.stamp$(printf -- '-%s' "$@")
if ! is_current "$done_stamp" "$@"; then
    say "installing $* into .venv"
    options=""
    for file in "$@"; do options="$options -r $file"; done
    # shellcheck disable=SC2086 # the names are ours and have no spaces
    install $options
    fingerprint "$@" >"$done_stamp"
fi
