#!/bin/sh
# Builds the pages' style sheets, scripts and translations into maskres/web/static and maskres/web/translations.
# Silent and quick when nothing changed. Needs .venv (scripts/set-up-venv.sh), which brings Node.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
web=$root/maskres/web
static=$web/static
stamp=$static/.stamp

fingerprint() {
    # What is built follows from these files and from nothing else.
    find "$web/assets" "$web/translations" -name node_modules -prune -o -type f ! -name '*.mo' -print | LC_ALL=C sort |
        xargs sha256sum "$root/scripts/build-assets.sh" | sha256sum | cut -c1-64
}

now=$(fingerprint)
[ "$(cat "$stamp" 2>/dev/null || true)" != "$now" ] || exit 0
echo "set-up: building the pages' assets" >&2
PATH=$root/.venv/bin:$PATH
cd "$web/assets"
npm ci --loglevel=error --fetch-retries=1 >/dev/null
draft=$(mktemp -d "$web/.static.XXXXXX")
trap 'rm -rf "$draft"' EXIT
node node_modules/sass/sass.js --no-source-map --style=compressed --quiet-deps --load-path=. main.scss "$draft/main.css"
cp js/* "$draft/"
# Plain scripts of one file each, so that a page saved with one inside runs from a disk.
node_modules/.bin/esbuild check/look_up.js check/receipt.js --bundle --minify --format=iife --target=es2020 \
    --log-level=warning --outdir="$draft"
node_modules/.bin/esbuild counter/counter.js counter/offline.js counter/revoked.js --bundle --minify --format=esm --target=es2022 \
    --log-level=warning --outdir="$draft"
node_modules/.bin/esbuild counter/worker.js --bundle --minify --format=iife --target=es2022 --log-level=warning \
    --outfile="$draft/counter_worker.js"
cp node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js "$draft/"
[ ! -d images ] || cp images/* "$draft/"
# Catalogues are compiled in their place, where Flask-Babel looks for them.
[ ! -d "$web/translations" ] || "$root/.venv/bin/pybabel" --quiet compile -d "$web/translations"
# Packed once here: the application hands them out so (maskres/app.py).
gzip -9 -n -k "$draft"/*.css "$draft"/*.js "$draft"/*.svg
echo "$now" >"$draft/.stamp"
chmod -R a+rX "$draft"
rm -rf "$static"
mv "$draft" "$static"
trap - EXIT
