#!/usr/bin/env bash
# nano's weights by the clock: corpus, codec, latents, codes, embedder, transformer in at most nine minutes on one GPU with 16 cores,
# or in hours on a CPU (--budget 36000). Resumable: --resume DIR goes on from the files of an earlier call. --small walks through
# all of it on a CPU in three minutes. `--help` says more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=.venv/bin/python
[ -x "$python" ] || python=python3
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
PYTHONPATH="$PWD/src:$PWD/benchmarks${PYTHONPATH:+:$PYTHONPATH}" exec "${PYTHON:-$python}" -m nano_gpu "$@"
