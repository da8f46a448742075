#!/usr/bin/env bash
# Sets a Debian machine up for the gateway: tools/bootstrap.sh [run] [test] [image]
#
#   run    what `make run` needs: Python packages in .venv, an Asterisk, the makers of the spoken prompts
#   test   what `make test` and `make lint` need on top: SIPp, Redis, PostgreSQL, Chromium, Postfix, Dovecot,
#          Kannel, Perl's SMPP, the test tools
#   image  what `make image` needs: buildah
#
# Only what is missing is installed, so a second run takes well under a second. It works as root or through sudo; what
# could not be done is said with what to do about it, and the exit status is then 1. Two runs at once wait for each other.
#
#   GATEWAY_CACHE          where the Asterisk root is kept (default /var/cache/gateway-12345, or ~/.cache/gateway-12345)
#   GATEWAY_DEBIAN_MIRROR  the Debian mirror for that root (default: the one that this machine's apt uses)
set -euo pipefail
cd "$(dirname "$0")/.."

ASTERISK_SUITE=forky # the Debian release with asterisk 22 (LTS); bookworm and trixie have none
ASTERISK_OLDEST=20
BEGIN=$SECONDS

say() { printf '[%3ds] %s\n' $((SECONDS - BEGIN)) "$*"; }
fail() {
  printf '\nbootstrap: %s\n' "$1" >&2
  shift
  printf '  %s\n' "$@" >&2
  exit 1
}

# Runs a command as root: directly, through sudo, or not at all (status 126).
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else return 126; fi
}

# --- Debian packages ---------------------------------------------------------------------------------------------------

CHINESE_FONT='/usr/share/fonts/*/[nw][oq][ty]*/*[s-][Cm][Ji][Kc]*.ttc' # for reports as PDF: Noto Sans CJK or WenQuanYi Micro Hei
# "what proves that it is there:package", one set a line; the proof is a command or a path.
packages_of() {
  case $1 in
    run) echo python3:python3 /usr/lib/python3*/ensurepip/__init__.py:python3-venv flock:util-linux sox:sox espeak-ng:espeak-ng \
      /etc/ssl/certs/ca-certificates.crt:ca-certificates /usr/lib/*/libpango-1.0.so.0:libpango-1.0-0 \
      /usr/lib/*/libpangoft2-1.0.so.0:libpangoft2-1.0-0 /usr/lib/*/libharfbuzz-subset.so.0:libharfbuzz-subset0 \
      "$CHINESE_FONT:fonts-wqy-microhei" ;;
    asterisk-root) echo mmdebstrap:mmdebstrap ;;
    test) echo sipp:sip-tester redis-server:redis-server /usr/lib/postgresql/*/bin/initdb:postgresql \
      chromium:chromium /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc:fonts-noto-cjk \
      postfix:postfix dovecot:dovecot-core /usr/lib/dovecot/imap:dovecot-imapd \
      bearerbox:kannel /usr/lib/kannel/test/fakesmsc:kannel-extras /usr/share/perl5/Net/SMPP.pm:libnet-smpp-perl ;;
    image) echo buildah:buildah mmdebstrap:mmdebstrap ;;
  esac
}

is_there() { case $1 in /*) compgen -G "$1" >/dev/null ;; *) command -v "$1" >/dev/null ;; esac; }

missing_of() {
  local pair
  set -f
  for pair in $(packages_of "$1"); do
    set +f
    is_there "${pair%:*}" || echo "${pair#*:}"
  done
}

install_packages() {
  local wanted log
  wanted=$(missing_of "$1" | sort -u | tr '\n' ' ')
  [ -n "${wanted// /}" ] || return 0
  command -v apt-get >/dev/null || fail "these are missing: $wanted" "this is not a Debian machine: install them by its own means, then try again"
  say "installing Debian packages ($1): $wanted"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "no right to install: $wanted" "run as root, or install sudo, or: apt-get install --no-install-recommends $wanted"
  log=$(mktemp)
  if ! { apt_install "$wanted" || { apt_update && apt_install "$wanted"; }; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    fail "could not install: $wanted" "is the network up, and do apt's sources list this Debian? The whole output is in $log"
  fi
  rm -f "$log"
}

apt_update() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 update; }

# The tests start servers of their own, so none is left running: Debian's policy-rc.d says no while we install.
apt_install() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
  else policy=; fi
  # shellcheck disable=SC2086  # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 install $1 || status=$?
  if [ -n "$policy" ]; then
    as_root rm -f "$policy"
    trap - EXIT
  fi
  return $status
}

# --- Python ------------------------------------------------------------------------------------------------------------

make_venv() {
  [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null && return
  local python
  python=$(command -v python3.11 || command -v python3) || fail "no Python" "install python3 (3.11 or newer) and python3-venv"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$python is older than 3.11" "install Python 3.11 or newer"
  say "making .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv || fail "could not make .venv" "install python3-venv"
}

# `python -m gateway` and .venv/bin/gateway work from any folder, without building a package.
link_tree() {
  local site launcher=.venv/bin/gateway
  site=$(echo .venv/lib/python3*/site-packages)
  [ "$(cat "$site/gateway-tree.pth" 2>/dev/null)" = "$PWD" ] || echo "$PWD" >"$site/gateway-tree.pth"
  [ -x $launcher ] && grep -qF "$PWD/.venv" $launcher && return
  cat >$launcher <<EOF
#!$PWD/.venv/bin/python
import sys

from gateway.__main__ import main

sys.exit(main())
EOF
  chmod 755 $launcher
}

install_requirements() {
  local file=$1 stamp=".venv/.installed-$1" sum
  sum=$(sha256sum <"$file")
  [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && return
  say "installing the Python packages of $file into .venv"
  .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --retries 3 -r "$file" ||
    fail "could not install the Python packages of $file" "is the network up? pip's own message is above; its index and mirror come from pip's configuration"
  echo "$sum" >"$stamp"
}

# Others' clients and servers that tests and benchmarks talk with, each in an environment of its own.
install_peers() {
  local dir=$1 file=$2 sum
  sum=$(sha256sum <"$file")
  [ "$(cat "$dir/.installed" 2>/dev/null)" = "$sum" ] && return
  say "installing the Python packages of $file into $dir"
  rm -rf "$dir"
  mkdir -p "$(dirname "$dir")"
  .venv/bin/python -m venv "$dir" || fail "could not make $dir" "install python3-venv"
  "$dir/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes --retries 3 -r "$file" ||
    fail "could not install the Python packages of $file" "is the network up? pip's own message is above"
  echo "$sum" >"$dir/.installed"
}

# --- Asterisk ----------------------------------------------------------------------------------------------------------

installed_asterisk() {
  local version
  version=$(PATH="$PATH:/usr/sbin:/usr/local/sbin" asterisk -V 2>/dev/null | grep -oE '[0-9]+' | head -n 1) || return 1
  [ "${version:-0}" -ge $ASTERISK_OLDEST ]
}

cache_dir() {
  local dir
  for dir in "${GATEWAY_CACHE:-/var/cache/gateway-12345}" "$HOME/.cache/gateway-12345"; do
    if mkdir -p "$dir" 2>/dev/null && [ -w "$dir" ]; then
      echo "$dir"
      return
    fi
    [ -z "${GATEWAY_CACHE:-}" ] || break
  done
  fail "no folder to keep Asterisk in: $dir cannot be written" "set GATEWAY_CACHE to a folder that you may write"
}

debian_mirror() {
  if [ -n "${GATEWAY_DEBIAN_MIRROR:-}" ]; then echo "$GATEWAY_DEBIAN_MIRROR"
  elif command -v apt-get >/dev/null; then
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null | head -n 1
  fi
}

find_root() { # the same places in the same order as tools/lab/binary.py
  local dir
  if [ -n "${GATEWAY_ASTERISK_ROOT:-}" ]; then set -- "$GATEWAY_ASTERISK_ROOT"
  elif [ -n "${GATEWAY_CACHE:-}" ]; then set -- "$GATEWAY_CACHE/asterisk-root"
  else set -- /var/cache/gateway-12345/asterisk-root "$HOME/.cache/gateway-12345/asterisk-root"; fi
  for dir; do [ ! -x "$dir/usr/sbin/asterisk" ] || return 0; done
  return 1
}

have_asterisk() {
  if [ -z "${GATEWAY_ASTERISK_ROOT:-}" ] && installed_asterisk; then return; fi
  if find_root; then return; fi
  [ -z "${GATEWAY_ASTERISK_ROOT:-}" ] || fail "GATEWAY_ASTERISK_ROOT names $GATEWAY_ASTERISK_ROOT, which holds no asterisk" "name another or unset it"
  local dir
  dir=$(cache_dir)
  exec 8>"$dir/lock"
  flock -w 900 8 || fail "another run has been making $dir/asterisk-root for 15 minutes" "look for a hanging mmdebstrap"
  find_root || make_root "$dir"
  exec 8>&-
}

# Made beside its place and renamed: a run that is cut off leaves nothing that looks whole. The packages are only unpacked
# (no maintainer script runs, no right is needed): Asterisk is started by its own loader and needs no more.
make_root() {
  local dir=$1 work log mirror
  install_packages asterisk-root
  say "making Asterisk from Debian $ASTERISK_SUITE in $dir/asterisk-root (about 270 MB, 10 to 60 s)"
  work=$(mktemp -d "$dir/asterisk-root.XXXXXX")
  log=$(mktemp)
  mirror=$(debian_mirror)
  if ! mmdebstrap --mode=chrootless --variant=extract --include=asterisk --format=directory \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
    "$ASTERISK_SUITE" "$work/root" ${mirror:+"$mirror"} >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -rf "$work"
    fail "could not make Asterisk from Debian $ASTERISK_SUITE" "is the network up? Another mirror: GATEWAY_DEBIAN_MIRROR=...; or install asterisk >= $ASTERISK_OLDEST yourself" "the whole output is in $log"
  fi
  rm -f "$log"
  mv "$work/root" "$dir/asterisk-root"
  rmdir "$work"
}

# --- what was asked for --------------------------------------------------------------------------------------------------

main() {
  local set
  [ $# -gt 0 ] || set -- run
  for set; do case $set in run | test | image | bench) ;; *) fail "unknown set $set" "it is one of: run, test, image, bench" ;; esac; done
  if command -v flock >/dev/null; then # two runs in one tree wait for each other
    exec 9>"${TMPDIR:-/tmp}/gateway-bootstrap-$(id -u)-$(pwd | sha256sum | cut -c1-12).lock"
    flock -w 900 9 || fail "another bootstrap of this tree has been running for 15 minutes" "look for it with: pgrep -af bootstrap.sh"
  fi
  for set; do
    case $set in
      run)
        install_packages run
        make_venv
        link_tree
        install_requirements requirements.txt
        have_asterisk
        ;;
      test)
        install_packages test
        make_venv
        install_requirements requirements-dev.txt
        install_peers .cache/peers requirements-peers.txt
        ;;
      bench) install_peers .cache/bench-peers bench/requirements.txt ;;
      image) install_packages image ;;
    esac
  done
  if [ $((SECONDS - BEGIN)) -gt 1 ]; then say "ready: $*"; fi
}

main "$@"
