#!/usr/bin/env bash
# `make lock`: requirements.in and requirements-dev.in to requirements*.txt, every version with its hashes. uv lives in an
# environment of its own, because the gateway needs none of it. UPGRADE=1 takes the newest versions instead of the kept.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.cache/uv-venv/bin/uv
if [ ! -x $uv ]; then
  python3 -m venv .cache/uv-venv
  .cache/uv-venv/bin/pip install -qq --disable-pip-version-check uv
fi
options=(--quiet --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --custom-compile-command "make lock")
[ -z "${UPGRADE:-}" ] || options+=(--upgrade)
$uv pip compile "${options[@]}" requirements.in -o requirements.txt
$uv pip compile "${options[@]}" -c requirements.txt requirements-dev.in -o requirements-dev.txt
$uv pip compile "${options[@]}" requirements-peers.in -o requirements-peers.txt
$uv pip compile "${options[@]}" bench/requirements.in -o bench/requirements.txt
echo "requirements*.txt written; run make test before committing them"
