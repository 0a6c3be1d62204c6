#!/usr/bin/env bash
# A store as other programs see it (the Python packages deltalake and duckdb), and the same store in a bucket (moto on
# loopback), written by the program given as the first argument. SHIPWAKE_TEST_VENV names a Python environment that has
# what is needed already; otherwise one is made in the cache.
set -euo pipefail
program=$(realpath "${1:?usage: tests/interop/run.sh PATH-OF-SHIPWAKE}")
cd "$(dirname "$0")"

venv=${SHIPWAKE_TEST_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/shipwake-tests/interop}
if ! "$venv/bin/python" -c 'import boto3, deltalake, duckdb, moto.server, pyarrow' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'deltalake>=1,<2' 'duckdb>=1' 'pyarrow>=15' 'moto[s3,server]>=5,<6' 'boto3>=1.34,<2'
fi
exec "$venv/bin/python" suite.py "$program"
