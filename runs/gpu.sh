#!/usr/bin/env bash
# Everything that needs a GPU, in at most eight minutes: takes and training at ACE-Step's size with random weights, nano, the tests.
# Prints a table and writes runs/out/gpu.json; `--small` tries the run itself on a CPU, `--help` says more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=.venv/bin/python
[ -x "$python" ] || python=python3
PYTHONPATH="$PWD/src:$PWD/benchmarks${PYTHONPATH:+:$PYTHONPATH}" exec "${PYTHON:-$python}" -m gpu "$@"
