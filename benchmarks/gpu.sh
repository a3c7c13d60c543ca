#!/usr/bin/env bash
# Measure training and auditing on this machine's GPU; appends a dated section to benchmarks/RESULTS.md.
#
#   bash benchmarks/gpu.sh [--device cuda|cuda:1|mps|cpu] [--model FOLDER] [--table FILE --text C --label C]
#
# Installs into .venv (torch by its exact version, from the index that pip is set up for; for a driver that
# needs another CUDA build set PIP_INDEX_URL), makes what it needs without a network, and measures.
# Exits 2 with a sentence where no GPU is at hand.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case " $* " in
  *" --device cpu "* | *" --device=cpu "* | *" --device mps "* | *" --device=mps "* | *" --help "* | *" -h "*) ;;
  *)
    if [ "$(uname -s)" = Linux ] && ! command -v nvidia-smi > /dev/null && ! command -v rocm-smi > /dev/null; then
      echo "A GPU must be at hand, got none (neither nvidia-smi nor rocm-smi is there). Run it on a machine with" \
        "a GPU and its driver, or with --device cpu to try the script; nothing was installed or measured." >&2
      exit 2
    fi
    ;;
esac

make -s install VENV="${VENV:-.venv}"
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 TOKENIZERS_PARALLELISM=false
exec "${VENV:-.venv}/bin/python" benchmarks/gpu.py "$@"
