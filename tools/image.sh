#!/usr/bin/env bash
# `make image`: builds the gateway's image with buildah and runs it. No registry is needed: the base is made by
# mmdebstrap from this machine's Debian mirror and kept in buildah's store. As root, because of chroot isolation.
#
#   BASE=debian:bookworm-slim make image    takes a base from a registry instead
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || exec sudo --preserve-env=BASE,PIP_CERT,SSL_CERT_FILE,http_proxy,https_proxy "$0" "$@"

buildah() { command buildah --storage-driver vfs "$@"; }
say() { printf '[%3ds] %s\n' "$SECONDS" "$*"; }
work=$(mktemp -d)
container=
cleanup() {
  [ -z "$container" ] || buildah rm "$container" >/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

made=localhost/debian:bookworm-slim
base=${BASE:-$made}
if [ "$base" = "$made" ] && ! buildah inspect --type image "$made" >/dev/null 2>&1; then
  say "making the base with mmdebstrap"
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
  mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' bookworm "$work/base.tar" ${mirror:+"$mirror"}
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$work/base.tar" / >/dev/null
  buildah commit --quiet "$container" "$made" >/dev/null
  buildah rm "$container" >/dev/null
  container=
fi

before=$(buildah images --quiet localhost/gateway-12345 2>/dev/null || true)
say "building localhost/gateway-12345 on $base"
options=(--isolation chroot --network host --format docker --target gateway --build-arg "BASE=$base")
certificates=${PIP_CERT:-${SSL_CERT_FILE:-}} # of a proxy that this machine is behind
if [ -n "$certificates" ]; then
  options+=(--volume "$certificates:/run/build-certificates.crt:ro" --build-arg PIP_CERT=/run/build-certificates.crt)
fi
buildah build --quiet "${options[@]}" --tag localhost/gateway-12345 . >/dev/null
after=$(buildah images --quiet localhost/gateway-12345)
[ -z "$before" ] || [ "$before" = "$after" ] || buildah rmi "$before" >/dev/null # or each run would leave 700 MB behind

say "running it"
container=$(buildah from localhost/gateway-12345)
in_image() { buildah run --isolation chroot --network host "$container" -- "$@"; }
expected="gateway $(sed -n 's/^__version__ = "\(.*\)"/\1/p' gateway/__init__.py)"
version=$(in_image gateway --version)
[ "$version" = "$expected" ] || { echo "the image says '$version', not '$expected'" >&2; exit 1; }
[ "$(in_image id -u)" = 12345 ] || { echo "the image runs as $(in_image id), not as gateway" >&2; exit 1; }
in_image gateway check
in_image gateway render >/dev/null
say "ready: $version runs, checks its configuration and renders Asterisk's"
