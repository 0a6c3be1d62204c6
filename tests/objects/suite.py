"""What is read from object stores and the web is what is read from disk; what fails says so; secrets stay hidden."""

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
import servers

PROGRAM = sys.argv[1]
SAMPLE = Path(__file__).resolve().parents[2] / "sample-data"
NOW = ["--as-of", "2026-11-01T00:00:00Z"]

KEY, SECRET, SESSION = "AKIASHIPWAKETEST", "sEcReT-oF-tHe-sToRe-1234567890", "sEssIoN-oF-tHe-sToRe"
SIGNATURE = "X-Amz-Expires=60&X-Amz-Signature=sIgNaTuRe0123456789"
HIDDEN = [SECRET, SESSION, "sIgNaTuRe0123456789", "pAsSwOrD"]

told = []
"""Everything that the program wrote, wherever."""


class Run:
    def __init__(self, arguments, environment, folder):
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        command = [PROGRAM, *map(str, arguments)]
        done = subprocess.run(
            command, env=inherited | environment, cwd=folder, capture_output=True, timeout=300, check=False
        )
        self.code, self.out = done.returncode, done.stdout.decode()
        # A message is broken over lines where it is long.
        self.err = " ".join(done.stderr.decode().replace("│", " ").split())
        told.extend([self.out, done.stderr.decode()])


class Bench:
    """A folder to work in, and how the store is reached: by the program, and by a client of its own."""

    def __init__(self, folder, environment, client):
        self.folder, self.environment, self.client = folder, environment, client

    def run(self, *arguments, code=0, **variables):
        run = Run(arguments, self.environment | variables, self.folder)
        assert run.code == code, f"{arguments}: exit code {run.code}, expected {code}\n{run.err}"
        return run

    def metric(self, *data, **variables):
        sources = [word for path in data for word in ("--data", path)]
        names = ["deployment_frequency", "change_fail_rate"]
        return self.run("metric", *names, *sources, *NOW, "--grain", "month", "--format", "json", **variables).out

    def fails(self, address, message, help, code=1, **variables):
        run = self.run("metric", "deployment_frequency", "--data", address, *NOW, code=code, **variables)
        for text in (message, help):
            assert text in run.err, f"{address}: expected `{text}` in\n{run.err}"


def company():
    return {path.name: path.read_bytes() for path in sorted(SAMPLE.glob("*.csv"))}


def many_deployments(count):
    """A log of more than two parts of eight megabytes."""
    dice = random.Random(7)
    lines = ["deployment_id,service,environment,status,started_at,finished_at,version,note"]
    for number in range(count):
        minute, day, month = number % 60, number % 28 + 1, number % 9 + 1
        at = f"2026-{month:02}-{day:02}T{number % 24:02}:{minute:02}:"
        status = dice.choice(["succeeded", "succeeded", "succeeded", "failed", "rolled_back"])
        note = "x" * dice.randrange(20, 120)
        lines.append(f"D-{number},s{number % 40},production,{status},{at}00Z,{at}30Z,v{number},{note}")
    return ("\n".join(lines) + "\n").encode()


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def named(address, path):
    """The text of a file, with `HERE` for an address, also where it is escaped."""
    text = path.read_text()
    return text.replace(address, "HERE").replace(address.replace("/", "&#x2f;"), "HERE")


def a_folder_of_a_bucket_gives_the_report_that_the_same_files_give_from_disk(bench):
    disk = bench.folder / "company"
    for source, out in ((f"{disk}/", "from-disk"), ("s3://exports/company/", "from-bucket")):
        bench.run("report", "monthly", "--data", source, *NOW, "--out", out)
    for path in sorted((bench.folder / "from-disk").rglob("*")):
        other = bench.folder / "from-bucket" / path.relative_to(bench.folder / "from-disk")
        if path.is_dir():
            continue
        # The files' own addresses are all that may differ.
        assert named("s3://exports/company", other) == named(str(disk), path), f"{path.name} differs"
    manifest = json.loads((bench.folder / "from-bucket" / "manifest.json").read_text())
    assert "s3://exports/company/deployments.csv" in json.dumps(manifest)


def an_object_a_pattern_and_packed_objects_are_read_like_files(bench):
    expected = bench.metric(bench.folder / "company/deployments.csv", bench.folder / "company/incidents.csv")
    ways = [
        ["s3://exports/company/deployments.csv", "s3://exports/company/incidents.csv"],
        ["s3://exports/packed/"],
        ["s3://exports/packed"],
        ["s3://exports/p*/*.csv.gz"],
        ["s3://exports/packed/{deployments,incidents}.*"],
        ["deployments=s3://exports/company/deployments.csv", "incidents:csv=s3://exports/company/incidents.csv"],
    ]
    for way in ways:
        assert bench.metric(*way) == expected, way


def a_large_object_comes_in_parts_and_whole(bench):
    expected = bench.metric(bench.folder / "large.csv")
    assert bench.metric("s3://exports/large.csv") == expected
    assert bench.metric("s3://exports/large.csv", AWS_SESSION_TOKEN=SESSION) == expected


def a_source_of_the_settings_may_be_an_address(bench):
    settings = '[[sources]]\nname = "deploys"\npath = "s3://exports/company/deployments.csv"\n'
    settings += '[[sources]]\nname = "incidents"\npath = "s3://exports/company/incidents.csv"\n'
    (bench.folder / "own.toml").write_text(settings)
    expected = bench.metric(bench.folder / "company/deployments.csv", bench.folder / "company/incidents.csv")
    names = ["deployment_frequency", "change_fail_rate"]
    run = bench.run("metric", *names, "--config", "own.toml", *NOW, "--grain", "month", "--format", "json")
    assert run.out == expected


def a_store_takes_in_a_bucket_and_knows_it_again(bench):
    names = ["deployment_frequency", "change_fail_rate"]
    for _ in range(2):
        bench.run("ingest", "--data", "s3://exports/company/", "--store", "fed", *NOW)
    run = bench.run("metric", *names, "--store", "fed", *NOW, "--grain", "month", "--format", "json")
    assert run.out == bench.metric(bench.folder / "company")
    history = json.loads(bench.run("history", "--store", "fed", "--format", "json").out)
    assert len(history) == 1, history


def a_vacuum_leaves_what_another_run_may_be_writing(bench):
    ingest = ["ingest", "--data", "s3://exports/company/", "--store", "s3://exports/kept"]
    bench.run(*ingest, *NOW)
    # What a run has written that has not committed yet: no version names it.
    pending = {"Bucket": "exports", "Key": "kept/deployments/run-000002-pending.parquet"}
    bench.client.put_object(**pending, Body=b"of a run that goes on")
    told = bench.run("optimize", "--store", "s3://exports/kept", "--vacuum", "--keep", "1d").err
    assert "removed 0 files" in told, told
    bench.client.head_object(**pending)


def init_and_check_look_into_a_bucket(bench):
    run = bench.run("init", "s3://exports/mixed/", "--out", "mixed.toml")
    assert "s3://exports/mixed/apples.csv: not placed" in run.err, run.err
    text = (bench.folder / "mixed.toml").read_text()
    assert 'path = "s3://exports/mixed/github.json"' in text and 'format = "github"' in text, text
    run = bench.run("check", "--data", "s3://exports/mixed/github.json", *NOW, code=4)
    assert "s3://exports/mixed/github.json" in run.out, run.out
    bench.run("report", "monthly", "--config", "mixed.toml", *NOW, "--out", "from-init")


def what_fails_says_what_where_and_what_to_do(bench):
    closed = f"http://127.0.0.1:{servers.free_port()}"
    bench.fails("s3://nowhere/x.csv", "no bucket is called `nowhere`", "`AWS_REGION`")
    bench.fails("s3://exports/none.csv", "nothing is at `s3://exports/none.csv`", "capitals")
    bench.fails("s3://exports/company/x*.csv", "no file matches `s3://exports/company/x*.csv`", "bucket `exports`")
    bench.fails("ftp://exports/x.csv", "`ftp://` is no address", "`s3://BUCKET/`", code=2)
    bench.fails("s3://me:pAsSwOrD@exports/x.csv", "holds a user or a password", "addresses begin with", code=2)
    half = {"AWS_SECRET_ACCESS_KEY": ""}
    bench.fails("s3://exports/x.csv", "Missing SecretAccessKey", "`AWS_SECRET_ACCESS_KEY`", code=2, **half)
    none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_METADATA_ENDPOINT": closed}
    bench.fails("s3://exports/x.csv", "no credentials for `s3://exports/x.csv`", "set `AWS_ACCESS_KEY_ID`", **none)
    bench.fails("s3://exports/x.csv", f"could not reach `{closed}`", "`AWS_ENDPOINT_URL`", AWS_ENDPOINT_URL=closed)
    elsewhere = {"AWS_ENDPOINT_URL": "http://store.invalid"}
    bench.fails("s3://exports/x.csv", "without encryption", "`AWS_ALLOW_HTTP=true`", code=2, **elsewhere)
    bench.fails("az://exports/x.csv", "Account must be specified", "`AZURE_STORAGE_ACCOUNT_NAME`", code=2)


def a_store_that_refuses_is_quoted_without_secrets(bench):
    answers = [
        (403, "InvalidAccessKeyId", f"no key {SECRET}", "are not accepted: InvalidAccessKeyId, no key …"),
        (403, "AccessDenied", "Access Denied", "is forbidden: AccessDenied, Access Denied"),
        (400, "ExpiredToken", "too old", "are not accepted"),
    ]
    for status, code, words, message in answers:
        with servers.answering(servers.refusing(status, code, words)) as endpoint:
            bench.fails("s3://exports/company/", message, "`", AWS_ENDPOINT_URL=endpoint)


def google_and_azure_are_read_like_s3(bench):
    files = {f"in/{name}": content for name, content in company().items() if name in ("deployments.csv", "incidents.csv")}
    expected = bench.metric(bench.folder / "company/deployments.csv", bench.folder / "company/incidents.csv")
    with servers.answering(servers.store(files, servers.google_listing)) as endpoint:
        google = {"GOOGLE_BASE_URL": endpoint, "GOOGLE_SKIP_SIGNATURE": "true"}
        assert bench.metric("gs://exports/in/", **google) == expected
        assert bench.metric("gs://exports/in/deployments.csv", "gs://exports/in/inc*", **google) == expected
    with servers.answering(servers.store(files, servers.azure_listing)) as endpoint:
        azure = {"AZURE_STORAGE_ENDPOINT": endpoint, "AZURE_SKIP_SIGNATURE": "true", "AZURE_STORAGE_ACCOUNT_NAME": "a"}
        assert bench.metric("az://exports/in/", **azure) == expected
        account = "abfss://exports@acme.dfs.core.windows.net/in"
        assert bench.metric(f"{account}/deployments.csv", f"{account}/incidents.csv", **azure) == expected


def a_file_on_the_web_is_read_however_its_server_sends_it(bench):
    files = {"deployments.csv": company()["deployments.csv"]}
    expected = bench.metric(bench.folder / "company/deployments.csv")
    with servers.answering(servers.web(files, SIGNATURE)) as site:
        for way in ("plain", "packed", "chunks", "moved", "busy"):
            assert bench.metric(f"{site}/{way}/deployments.csv") == expected, way
        signed = f"{site}/signed/deployments.csv?{SIGNATURE}"
        assert bench.metric(signed) == expected
        assert bench.metric(signed.replace("://", "://me:pAsSwOrD@")) == expected
        bench.run("report", "monthly", "--data", signed, *NOW, "--out", "from-web")
        bench.run("init", signed, "--out", "web.toml")
        # One approval of the sample came after the fact, and the check says so.
        bench.run("check", "--data", signed, *NOW, code=4)
        bench.fails(f"{site}/signed/deployments.csv?{SIGNATURE}9", "is forbidden", "ask for a new one")
        bench.fails(f"{site}/plain/none.csv?{SIGNATURE}", "nothing is at", "typing error")
        (bench.folder / "broken.toml").write_text(f'[[sources]]\npath = "{signed}"\nunheard = 1\n')
        bench.run("check", "--config", "broken.toml", code=2)
    bench.fails("http://store.invalid/x.csv", "without encryption", "`SHIPWAKE_ALLOW_HTTP=true`", code=2)


def no_secret_was_ever_written(bench):
    texts = told + [path.read_bytes().decode(errors="replace") for path in bench.folder.rglob("*") if path.is_file()
                    and path.name != "broken.toml"]
    for secret in HIDDEN:
        assert not any(secret in text for text in texts), f"{secret} was written"
    assert any("signed/deployments.csv?…" in text for text in texts)


LAWS = [
    a_folder_of_a_bucket_gives_the_report_that_the_same_files_give_from_disk,
    an_object_a_pattern_and_packed_objects_are_read_like_files,
    a_large_object_comes_in_parts_and_whole,
    a_source_of_the_settings_may_be_an_address,
    a_store_takes_in_a_bucket_and_knows_it_again,
    a_vacuum_leaves_what_another_run_may_be_writing,
    init_and_check_look_into_a_bucket,
    what_fails_says_what_where_and_what_to_do,
    a_store_that_refuses_is_quoted_without_secrets,
    google_and_azure_are_read_like_s3,
    a_file_on_the_web_is_read_however_its_server_sends_it,
    no_secret_was_ever_written,
]


def mixed():
    deployment = {
        "url": "https://api.github.example/repos/acme/shop/deployments/1",
        "id": 1,
        "sha": "a84d88e7554fc1fa21bcbc4efae3c782a70d2b9d",
        "ref": "main",
        "task": "deploy",
        "environment": "production",
        "created_at": "2026-09-01T10:00:00Z",
        "updated_at": "2026-09-01T10:00:00Z",
        "statuses_url": "https://api.github.example/repos/acme/shop/deployments/1/statuses",
        "repository_url": "https://api.github.example/repos/acme/shop",
        "statuses": [{"id": 2, "state": "success", "created_at": "2026-09-01T10:05:00Z"}],
    }
    return {
        "github.json": json.dumps([deployment]).encode(),
        "incidents.csv": b"incident_id,service,opened_at,resolved_at\nI-1,shop,2026-09-01T11:00:00Z,2026-09-01T12:00:00Z\n",
        "apples.csv": b"apples,pears\n1,2\n",
    }


def main():
    # Whoever stops the suite stops its servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="shipwake-objects-"))
    try:
        files = {f"company/{name}": content for name, content in company().items()}
        files["large.csv"] = many_deployments(150_000)
        write(folder, files)
        for name in ("deployments.csv", "incidents.csv"):
            files[f"packed/{name}.gz"] = gzip.compress(files[f"company/{name}"])
        files["packed/README.md"] = b"not an export"
        files["packed/.hidden"] = b"\0"
        files["company/"] = b""
        files |= {f"mixed/{name}": content for name, content in mixed().items()}
        with servers.s3() as endpoint:
            client = boto3.client(
                "s3", endpoint_url=endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
            )
            client.create_bucket(Bucket="exports")
            for name, content in files.items():
                client.put_object(Bucket="exports", Key=name, Body=content)
            reached = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
            bench = Bench(folder, reached | {"AWS_REGION": "us-east-1", "NO_COLOR": "1"}, client)
            for law in LAWS:
                law(bench)
                print(f"ok: {law.__name__.replace('_', ' ')}", flush=True)
    finally:
        shutil.rmtree(folder)


main()
