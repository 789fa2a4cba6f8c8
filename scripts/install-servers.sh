#!/bin/sh
# Makes sure that the servers and the browser the tests start are installed. Starts none, and lets the packages start none.
# Where they cannot be installed: an error with CI=true; else a warning, and the tests that need them are skipped.
set -eu
cd "$(dirname "$0")"

packages=$(sed 's/#.*//' system-packages.txt | xargs)
no_services=/usr/sbin/policy-rc.d
cluster_settings=/etc/postgresql-common/createcluster.conf

are_installed() {
    command -v redis-server >/dev/null && command -v chromium-headless-shell >/dev/null && command -v java >/dev/null &&
        command -v wrk >/dev/null &&
        { command -v nginx || ls /usr/sbin/nginx; } >/dev/null 2>&1 &&
        ls /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc >/dev/null 2>&1 &&
        { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1
}

put_back() {
    [ ! -e "$no_services.maskres" ] || rm -f "$no_services" "$no_services.maskres"
    [ ! -e "$cluster_settings.maskres" ] || mv "$cluster_settings.maskres" "$cluster_settings"
}

apt_install() { apt-get install -qq --no-install-recommends "$@" >/dev/null; }

install() {
    echo "set-up: installing $packages" >&2
    export DEBIAN_FRONTEND=noninteractive
    trap put_back EXIT
    if [ ! -e "$no_services" ]; then
        touch "$no_services.maskres"
        printf '#!/bin/sh\nexit 101\n' >"$no_services"
        chmod +x "$no_services"
    fi
    # shellcheck disable=SC2086 # a list of words
    apt-cache show $packages >/dev/null 2>&1 || apt-get update -qq
    apt_install postgresql-common || { apt-get update -qq && apt_install postgresql-common; } || return 1
    cp -p "$cluster_settings" "$cluster_settings.maskres"
    echo "create_main_cluster = false" >>"$cluster_settings"
    # shellcheck disable=SC2086
    apt_install $packages
}

are_installed && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    install || true
    are_installed && exit 0
fi
echo "set-up: PostgreSQL 15, Redis, nginx, Chromium, its fonts, Java or wrk are missing. As root on Debian: apt-get update && apt-get install $packages" >&2
[ "${CI:-}" != true ] || exit 1
echo "set-up: WARNING: the tests that need them will be skipped." >&2
