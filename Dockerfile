# syntax=docker/dockerfile:1
# The service without torch, compiler or pip, run by an unprivileged user. `make image` builds it.
# PYTHON can be any Debian image with Python 3.11 or later and its venv module, of any architecture.
# The digest is that of the tag's index for all architectures in October 2026, with Python 3.12.15;
# docs/ship.md says how to renew it.
ARG PYTHON=python:3.12-slim-bookworm@sha256:34386ef0cb081344d7ec1c103ba398e6e9f64e9ab3a1509accc92a4e24a07258

FROM ${PYTHON} AS install
RUN command -v strip || { apt-get update && apt-get install --yes --no-install-recommends binutils; }
COPY constraints/serve.txt /tmp/serve.txt
RUN python3 -m venv /opt/edgemood \
 && /opt/edgemood/bin/python -m pip install --no-cache-dir --no-compile --requirement /tmp/serve.txt \
 && /opt/edgemood/bin/python -m pip uninstall --yes --quiet pip setuptools
# Remove files that no running program reads: symbols, tests, type stubs, sources of compiled modules,
# and numpy's interface to Fortran. Libraries in *.libs are not stripped, which could damage them.
COPY deploy/image/prune.sh deploy/image/warm.py /tmp/
RUN sh /tmp/prune.sh /opt/edgemood/lib/python3*/site-packages
# Start the service once and send it a request, so that the image holds the byte code of the modules it
# uses. A running container cannot write byte code; it compiles any other module at its first import.
COPY edgemood /app/edgemood
COPY service /app/service
COPY variants /app/variants
COPY LICENSE /app/
RUN cd /app && PYTHONNODEBUGRANGES=1 /opt/edgemood/bin/python /tmp/warm.py \
 && chown -R root:root /opt/edgemood /app && chmod -R go-w /opt/edgemood /app

FROM ${PYTHON}
LABEL org.opencontainers.image.title="edgemood" \
      org.opencontainers.image.description="Emotion labels for text from small classifiers" \
      org.opencontainers.image.licenses="Apache-2.0"
# Only /state is the user's. No program of the image installs packages or gains another user's rights.
RUN groupadd --system --gid 10001 edgemood \
 && useradd --system --uid 10001 --gid edgemood --home-dir /nonexistent --shell /usr/sbin/nologin edgemood \
 && install --directory --owner edgemood --group edgemood --mode 0700 /state \
 && rm -rf /usr/local/lib/python3*/site-packages/pip* /usr/local/bin/pip* /usr/share/python-wheels \
      /usr/local/lib/python3*/ensurepip /usr/lib/python3*/ensurepip \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=install /opt/edgemood /opt/edgemood
COPY --from=install /app /app
WORKDIR /app
ENV PATH=/opt/edgemood/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONNODEBUGRANGES=1 \
    PYTHONUNBUFFERED=1 \
    BENTOML_DO_NOT_TRACK=True \
    EMOTION_HOST=0.0.0.0 \
    EMOTION_STATE=/state
USER 10001:10001
VOLUME /state
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT', 3000)}/readyz\", timeout=2)"]
CMD ["python", "-m", "service"]
