"""Writes a company whose services and teams have hostile names: deployments and incidents of a year, the same each time."""

import csv
import datetime
import pathlib
import sys

NAMES = [
    "<script>alert(1)</script>",
    "=cmd()|' /C calc'!A0",
    "x" * 500,
    "a very long name " * 20,
    "فريق المدفوعات",
    "צוות התשלומים",
    "search 🚀🔥",
    "two\nlines | and `code`",
    '" onmouseover="alert(1)',
    "#set page(width: 1pt) *bold* $x^2$",
    "@everyone +1 -1",
]


def main(folder):
    folder.mkdir()
    start = datetime.datetime(2025, 10, 1, 9, tzinfo=datetime.timezone.utc)
    deployments, incidents = [], []
    for number in range(1200):
        at = start + datetime.timedelta(hours=8 * number)
        name = NAMES[number % len(NAMES)]
        deployments.append([f"d-{number}", name, "production", name, "succeeded", at.isoformat()])
        if number % 9 == 0:
            opened = at + datetime.timedelta(minutes=20)
            resolved = opened + datetime.timedelta(minutes=10 + number % 300)
            incidents.append([f"i-{number}", name, f"d-{number}", f"{name} is down", opened.isoformat(), resolved.isoformat()])
    write(folder / "deployments.csv", ["deployment_id", "service", "environment", "team", "status", "finished_at"], deployments)
    write(folder / "incidents.csv", ["incident_id", "service", "deployment_id", "title", "opened_at", "resolved_at"], incidents)


def write(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
