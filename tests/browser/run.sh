#!/usr/bin/env bash
# Opens the pages that the program writes in a real browser, and checks what only a browser can tell.
# usage: tests/browser/run.sh PATH-OF-SHIPWAKE
#
# Needs Chromium, Node and poppler, and installs by name what is missing. Nothing is loaded while the pages are checked.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath "${1:?usage: tests/browser/run.sh PATH-OF-SHIPWAKE}")
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/shipwake-browser

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
missing=()
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[ -n "$chromium" ] || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v pdftotext >/dev/null || missing+=(poppler-utils)
if [ ${#missing[@]} -gt 0 ]; then
    as_root apt-get update -q
    as_root apt-get install -y -q --no-install-recommends "${missing[@]}"
    chromium=${chromium:-$(command -v chromium)}
fi
mkdir -p "$cache"
if [ ! -d "$cache/node_modules/playwright-core" ] || [ ! -d "$cache/node_modules/axe-core" ]; then
    npm install --prefix "$cache" --no-audit --no-fund --ignore-scripts playwright-core@1 axe-core@4
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export NO_COLOR=1
reports=(monthly governance weekly)
for name in "${reports[@]}"; do
    "$bin" report "$name" --format html --out "$work/$name" --quiet
done
"$bin" report release --deployment D-0009 --format html --out "$work/release" --quiet
"$bin" report trend --out "$work/trend" --quiet

# Names that somebody made up to break a page, in a company of forty teams.
node "$here/hostile.mjs" > "$work/hostile.csv"
"$bin" report monthly --format html --out "$work/hostile" --data "$work/hostile.csv" --as-of 2026-07-01T00:00:00Z --quiet
"$bin" report trend --out "$work/hostile-trend" --data "$work/hostile.csv" --as-of 2026-07-01T00:00:00Z --quiet

CHROMIUM=$chromium MODULES=$cache node "$here/check.mjs" "$work"
