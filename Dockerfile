# One image for every part: the app, and workers and backups with another command.
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.txt .
# The usual PyTorch for Linux brings 4 GB for graphics cards, which nothing here uses: name the index of its CPU wheels with
# `--build-arg PIP_EXTRA_INDEX_URL=...`, and they are taken instead.
ARG PIP_EXTRA_INDEX_URL
RUN --mount=type=cache,target=/root/.cache/pip /app/.venv/bin/pip install -r requirements.txt
COPY . .
# The embedding model is exported and our modules are compiled now, so that a container starts in seconds.
RUN .venv/bin/python -m rag.export --var /data && .venv/bin/python -m compileall -q -x '^\./\.venv/' .

FROM python:3.11-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-rus \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 nichewise \
    && install --directory --owner nichewise /backups /files
WORKDIR /app
COPY --from=build /app /app
# A volume that is still empty gets the model from here; a folder of the host in its place gets it exported at the first start.
COPY --from=build --chown=nichewise /data /data
USER nichewise
ENV PATH=/app/.venv/bin:$PATH NICHEWISE_VAR_DIR=/data NICHEWISE_HOST=0.0.0.0 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8501
# A worker serves no page: start it with --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s CMD ["python", "-m", "deploy.healthy"]
CMD ["python", "app.py"]
