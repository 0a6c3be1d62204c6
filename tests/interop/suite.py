"""Other programs read from a store what shipwake says is in it, on disk and in a bucket."""

import csv
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
import duckdb
from deltalake import DeltaTable

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "objects"))
import servers  # noqa: E402

PROGRAM = sys.argv[1]
SAMPLE = Path(__file__).resolve().parents[2] / "sample-data"
TABLES = ["deployments", "incidents", "changes", "tickets", "approvals"]


class Place:
    """A store, and how to reach it."""

    def __init__(self, store, folder, environment):
        self.store, self.folder, self.environment = store, folder, environment

    def start(self, *arguments):
        command = [PROGRAM, *map(str, arguments), "--store", self.store]
        environment = os.environ | self.environment
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=pipe, stderr=pipe, text=True)

    def run(self, *arguments, code=0):
        process = self.start(*arguments)
        out, err = process.communicate(timeout=300)
        assert process.returncode == code, f"{arguments}: {process.returncode}\n{err}"
        return out, err

    def ingest(self, *paths, at="2026-11-02", code=0):
        data = [word for path in paths for word in ("--data", path)]
        return self.run("ingest", *data, "--as-of", at, code=code)[1]

    def count(self, table):
        out, _ = self.run("sql", f"select count(*) as n from {table}", "--format", "csv", "-q", "--as-of", "2027-01-01")
        return int(next(csv.DictReader(io.StringIO(out)))["n"])


def halves(folder):
    """The sample's tables, each in two files that overlap, the second with a corrected row."""
    for table in TABLES:
        lines = (SAMPLE / f"{table}.csv").read_text().splitlines()
        middle = len(lines) // 2
        (folder / f"one-{table}.csv").write_text("\n".join(lines[: middle + 20]) + "\n")
        (folder / f"two-{table}.csv").write_text("\n".join([lines[0], *lines[middle:]]) + "\n")


def names(part):
    return [f"{table}={part}-{table}.csv" for table in TABLES]


def expected(table):
    return len((SAMPLE / f"{table}.csv").read_text().splitlines()) - 1


def holds_the_sample(place):
    for table in TABLES:
        assert place.count(table) == expected(table), table


def is_read_by_others(place):
    connection = duckdb.connect()
    for table in TABLES:
        folder = str(place.folder / place.store / table)
        theirs = DeltaTable(folder)
        rows = theirs.to_pyarrow_table()
        assert rows.num_rows == expected(table), f"deltalake reads {rows.num_rows} rows of {table}"
        assert theirs.metadata().partition_columns == ["month"]
        keys = rows.column(rows.schema.names.index(rows.schema.names[0])).to_pylist()
        assert len(set(keys)) == len(keys), f"keys of {table} come twice"
        files = theirs.file_uris()
        count = connection.execute("select count(*) from read_parquet(?)", [files]).fetchone()[0]
        assert count == expected(table), f"duckdb reads {count} rows of {table}"
        try:
            connection.execute("install delta")
            connection.execute("load delta")
            count = connection.execute(f"select count(*) from delta_scan('{folder}')").fetchone()[0]
            assert count == expected(table)
        except duckdb.Error as error:
            print(f"  duckdb's delta reader is not to be had: {str(error).splitlines()[0]}")
    by_month = DeltaTable(str(place.folder / place.store / "deployments")).to_pyarrow_table(columns=["month", "finished_at"])
    for month, finished in zip(by_month.column("month").to_pylist(), by_month.column("finished_at").to_pylist()):
        assert month == (finished.strftime("%Y-%m") if finished else None)
    runs = DeltaTable(str(place.folder / place.store / "ingest_runs")).to_pyarrow_table()
    assert sorted(runs.column("run").to_pylist()) == [1, 2]


def two_runs(place):
    place.ingest(*names("one"))
    place.ingest(*names("two"))
    said = place.ingest(*names("one"), *names("two"))
    assert "nothing is new" in said, said
    holds_the_sample(place)


def two_at_once(place):
    writers = []
    for part in ("one", "two"):
        data = [word for path in names(part) for word in ("--data", path)]
        writers.append(place.start("ingest", *data, "--as-of", "2026-11-02"))
    for writer in writers:
        _, err = writer.communicate(timeout=300)
        assert writer.returncode == 0, err
    holds_the_sample(place)
    out, _ = place.run("history", "--format", "csv", "--as-of", "2027-01-01")
    assert len(out.splitlines()) == 3, out


def told(what, check, *arguments):
    check(*arguments)
    print(f"ok  {what}")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        halves(folder)
        local = Place("store", folder, {})
        told("two runs on disk", two_runs, local)
        told("deltalake and duckdb read the same", is_read_by_others, local)
        told("two runs at once on disk", two_at_once_waiting, folder)
        with servers.s3() as endpoint:
            environment = {
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ALLOW_HTTP": "true",
                "AWS_ACCESS_KEY_ID": "AKIASHIPWAKETEST",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_REGION": "us-east-1",
            }
            client = boto3.client(
                "s3",
                endpoint_url=endpoint,
                aws_access_key_id="AKIASHIPWAKETEST",
                aws_secret_access_key="secret",
                region_name="us-east-1",
            )
            client.create_bucket(Bucket="history")
            told("two runs in a bucket", two_runs, Place("s3://history/a", folder, environment))
            told("two runs at once in a bucket", two_at_once, Place("s3://history/b", folder, environment))


def two_at_once_waiting(folder):
    place = Place("other", folder, {})
    start = place.start
    place.start = lambda *arguments: start(*arguments, *(["--wait", "120"] if arguments[0] == "ingest" else []))
    two_at_once(place)


main()
