#!/usr/bin/env bash
# Object stores and the web, read by the program given as the first argument: a server that speaks S3 (moto) and small
# ones that speak Google's, Azure's and the web's ways, all on loopback. SHIPWAKE_TEST_VENV names a Python environment
# that has moto and boto3 already; otherwise one is made in the cache.
set -euo pipefail
program=$(realpath "${1:?usage: tests/objects/run.sh PATH-OF-SHIPWAKE}")
cd "$(dirname "$0")"

venv=${SHIPWAKE_TEST_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/shipwake-tests/objects}
if ! "$venv/bin/python" -c 'import boto3, moto.server' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'moto[s3,server]>=5,<6' 'boto3>=1.34,<2'
fi
exec "$venv/bin/python" suite.py "$program"
