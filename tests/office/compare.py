"""Compares what LibreOffice, poppler and a mail reader saw with the JSON of the same report."""

import csv
import email
import email.policy
import json
import math
import pathlib
import re
import sys

from hostile import NAMES

DIVISORS = {"minutes": 60, "hours": 3600, "days": 86400}
problems = []


def check(condition, message):
    if not condition:
        problems.append(message)


def blocks(report):
    def inside(found):
        for block in found:
            yield block
            yield from inside(block.get("blocks", []))

    for section in report["sections"]:
        yield from inside(section["blocks"])


def sheets(folder):
    """Sheets by name, each a list of rows."""
    found = {}
    for path in sorted((folder / "sheets").glob("report-*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            found[path.stem.removeprefix("report-")] = list(csv.reader(file))
    return found


def number(cell):
    """A number as LibreOffice writes it, a share in per cent."""
    return float(cell.removesuffix("%")) / 100 if cell.endswith("%") else float(cell)


def month(cell):
    """The month of a date as LibreOffice writes it: 10/01/2026 becomes 2026-10."""
    month, _, year = cell.split("/")
    return f"{year}-{month}"


def close(found, expected):
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)


def workbook(report, folder):
    """Every point of every series that is drawn over time stands in its metric's sheet."""
    all_sheets = sheets(folder)
    check("Summary" in all_sheets, f"no summary among {sorted(all_sheets)}")
    compared = 0
    by_title = {rows[0][0]: rows for rows in all_sheets.values() if rows and rows[0]}
    cards = {}
    for block in blocks(report):
        for card in block.get("cards", []):
            cards.setdefault(card["metric"], card)
    for metric, card in cards.items():
        if card["missing"] is not None or card["title"] not in by_title:
            check(card["missing"] is not None, f"no sheet for {metric}")
            continue
        rows = by_title[card["title"]]
        header = rows[2]
        unit = re.search(r"\((\w+)\)", header[header.index(next(name for name in header if name.startswith("Value")))])
        divisor = DIVISORS.get(unit.group(1), 1) if unit else 1
        value_at = next(place for place, name in enumerate(header) if name.startswith("Value"))
        n_at = header.index("n")
        whole = {month(row[0]): row for row in rows[3:] if all(cell in ("", "(all)") for cell in row[1:n_at])}
        for point in card["spark"]["series"]["points"] if card["spark"] else []:
            row = whole.get(point["at"][:7])
            check(row is not None, f"{metric} lacks {point['at']}: {sorted(whole)[:3]}")
            if row is None:
                continue
            check(int(number(row[n_at])) == point["n"], f"{metric} {point['at']}: n is {row[n_at]}, not {point['n']}")
            if point["value"] is None:
                check(row[value_at] == "", f"{metric} {point['at']}: unknown became {row[value_at]}")
            else:
                found = number(row[value_at]) * divisor
                check(close(found, point["value"]), f"{metric} {point['at']}: {found}, not {point['value']}")
            compared += 1
    check(compared > 20, f"only {compared} numbers were compared")
    return compared


def plain(text):
    """Text without the spaces and joints that a layout adds or takes."""
    return re.sub(r"[\s\u200b\u202f\u00ad]+", "", text)


def pages(report, folder):
    compared = 0
    for name in ["report.txt", "slides.txt"]:
        text = plain((folder / name).read_text(encoding="utf-8"))
        check(plain(report["title"]) in text, f"{name} lacks the title")
        check(plain(report["headline"]) in text, f"{name} lacks the headline")
        for block in blocks(report):
            for card in block.get("cards", []):
                for part in [card["value"], card["basis"], card["interval"]]:
                    check(plain(part) in text, f"{name} lacks {part!r} of {card['metric']}")
                    compared += 1
    return compared


def mail(report, folder):
    message = email.message_from_bytes((folder / "report.eml").read_bytes(), policy=email.policy.default)
    check(report["title"] in message["Subject"], f"the subject is {message['Subject']!r}")
    check(message["To"] is None, "the mail has a recipient")
    check(not message.defects, f"defects: {message.defects}")
    parts = {part.get_content_type(): part for part in message.walk()}
    text = parts["text/plain"].get_content()
    page = parts["text/html"].get_content()
    check(report["headline"] in text, "the text lacks the headline")
    check("<script" not in page, "the page has a script")
    shown = set(re.findall(r'src="cid:([^"]+)"', page))
    held = {part["Content-ID"].strip("<>") for part in message.walk() if part.get_content_type() == "image/png"}
    check(shown == held and shown, f"pictures shown {shown}, held {held}")
    return len(shown)


def hostile_names(folder):
    """Each name is text and legible, wherever it came out."""
    cells = {cell for rows in sheets(folder).values() for row in rows for cell in row}
    # A CSV of LibreOffice tells line breaks as they are; white space at the end goes with the reading of data.
    cells = {plain(cell) for cell in cells}
    text = plain((folder / "report.txt").read_text(encoding="utf-8"))
    for name in NAMES:
        check(plain(name) in cells, f"the workbook lacks {name[:40]!r}")
    for name in ["<script>alert(1)</script>", "=cmd()|'/Ccalc'!A0", "#setpage(width:1pt)*bold*$x^2$", "@everyone+1-1"]:
        check(plain(name) in text, f"the PDF lacks {name!r}")
    check("فريق" in text or "قيرف" in text or any("\u0600" <= c <= "\u06ff" or "\ufb50" <= c <= "\ufeff" for c in text), "no Arabic in the PDF")
    with (folder / "csv/deployments.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            check(row["service"][:1] not in "=+-@\t\r", f"a formula in the CSV: {row['service'][:40]!r}")


def main(name, folder):
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    numbers = workbook(report, folder)
    words = pages(report, folder)
    pictures = mail(report, folder)
    if name == "hostile":
        hostile_names(folder)
    for problem in problems:
        print(f"{name}: {problem}")
    print(f"{name}: {numbers} numbers of the workbook, {words} of the pages, {pictures} pictures of the mail compared")
    sys.exit(1 if problems else 0)


main(sys.argv[1], pathlib.Path(sys.argv[2]))
