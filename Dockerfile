# syntax=docker/dockerfile:1
# The service without torch or compiler, run as an ordinary user.
#   docker build -t edgemood . && docker run --rm -p 3000:3000 edgemood
ARG PYTHON=python:3.12-slim-bookworm

FROM ${PYTHON} AS install
RUN python3 -m venv --copies /opt/edgemood
COPY constraints/serve.txt /tmp/serve.txt
RUN /opt/edgemood/bin/python -m pip install --no-cache-dir --requirement /tmp/serve.txt \
 && /opt/edgemood/bin/python -m pip uninstall --yes --quiet pip setuptools

FROM ${PYTHON}
LABEL org.opencontainers.image.title="edgemood" \
      org.opencontainers.image.description="Emotion labels for text from small classifiers" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin edgemood \
 && install --directory --owner edgemood /state
COPY --from=install /opt/edgemood /opt/edgemood
COPY edgemood /app/edgemood
COPY service /app/service
COPY variants /app/variants
WORKDIR /app
ENV PATH=/opt/edgemood/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BENTOML_DO_NOT_TRACK=True \
    EMOTION_HOST=0.0.0.0 \
    EMOTION_STATE=/state
USER edgemood
VOLUME /state
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT', 3000)}/readyz\", timeout=2)"]
CMD ["python", "-m", "service"]
