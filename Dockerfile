# Two images from one file: the gateway (default) and, with --target asterisk, the Asterisk beside it.
# `make image` builds the gateway for real with buildah, without a registry (BASE is then made by mmdebstrap).
ARG BASE=debian:bookworm-slim
ARG ASTERISK_BASE=debian:forky-slim

# Both run as the same user, because they share the state directory: configuration, prompts, recordings.
FROM ${ASTERISK_BASE} AS asterisk
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends asterisk \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd -g 12345 gateway && useradd -u 12345 -g gateway -M -d /var/lib/gateway -s /usr/sbin/nologin gateway
USER gateway
ENTRYPOINT ["/usr/sbin/asterisk", "-f", "-C", "/var/lib/gateway/asterisk/etc/asterisk.conf"]

FROM ${BASE} AS gateway
# espeak-ng and sox speak the prompts of a changed configuration; Pango, HarfBuzz and the font set the reports as PDF.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      python3 python3-venv ca-certificates espeak-ng sox \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-wqy-microhei \
 && rm -rf /var/lib/apt/lists/*

# The packages change less often than the code. PIP_CERT is for builds behind a proxy with a certificate of its own.
WORKDIR /opt/gateway
COPY requirements.txt .
ARG PIP_CERT
RUN python3 -m venv .venv \
 && .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -q -r requirements.txt

COPY gateway gateway
COPY config config
# Asterisk's XML documentation is the other image's: the folder is here so that the link to it does not dangle.
RUN groupadd -g 12345 gateway && useradd -u 12345 -g gateway -M -d /var/lib/gateway -s /usr/sbin/nologin gateway \
 && install -d -o gateway -g gateway -m 0700 /var/lib/gateway \
 && install -d /usr/share/asterisk/documentation \
 && .venv/bin/python -m compileall -q gateway \
 && printf '#!/bin/sh\ncd /opt/gateway && exec .venv/bin/python -m gateway "$@"\n' > /usr/local/bin/gateway \
 && chmod 0755 /usr/local/bin/gateway

USER gateway
ENV GATEWAY__GATEWAY__STATE_DIR=/var/lib/gateway
VOLUME /var/lib/gateway
EXPOSE 8345
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["/opt/gateway/.venv/bin/python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('GATEWAY__WEB__PORT', '8345') + '/healthz', timeout=2)"]
CMD ["sh", "-c", "gateway render && exec gateway run"]
