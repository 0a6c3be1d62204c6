#!/bin/sh
# Opens what the program writes with the programs that readers have: LibreOffice for the workbook, poppler for the PDF,
# Python's e-mail parser for the mail; and compares their numbers with the JSON. Exit 1 where one differs.
#
# Usage: tests/office/run.sh PATH-OF-SHIPWAKE
set -eu

program=${1:?usage: tests/office/run.sh PATH-OF-SHIPWAKE}
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
here=$(cd "$(dirname "$0")" && pwd)

missing=
command -v soffice >/dev/null || missing="$missing libreoffice-calc"
command -v pdftotext >/dev/null || missing="$missing poppler-utils"
command -v python3 >/dev/null || missing="$missing python3"
if [ -n "$missing" ]; then
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

export PYTHONDONTWRITEBYTECODE=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 "$here/hostile.py" "$folder/hostile"

for name in sample hostile; do
    mkdir "$folder/$name-out"
    cd "$folder"
    case $name in
        sample) "$program" report --format json,xlsx,pdf,slides,eml,csv --out "$name-out" --quiet 2>"$name.log" ;;
        hostile) "$program" report --data hostile --as-of 2026-11-10T00:00:00Z --period 2026-10 \
            --format json,xlsx,pdf,slides,eml,csv --out "$name-out" --quiet 2>"$name.log" ;;
    esac || { cat "$name.log"; exit 1; }
    soffice --headless "-env:UserInstallation=file://$folder/profile" \
        --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1' \
        --outdir "$name-out/sheets" "$name-out/report.xlsx" >"$name.log" 2>&1 || { cat "$name.log"; exit 1; }
    pdftotext -layout "$name-out/report.pdf" "$name-out/report.txt"
    pdftotext -layout "$name-out/slides.pdf" "$name-out/slides.txt"
    python3 "$here/compare.py" "$name" "$folder/$name-out"
done
