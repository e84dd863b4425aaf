# One image for every part: the app, and workers with another command.
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip /app/.venv/bin/pip install -r requirements.txt
COPY . .
# The embedding model is exported at build time, so that a container starts in seconds.
RUN NICHEWISE_VAR_DIR=/app/built /app/.venv/bin/python -m rag.export

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 nichewise
WORKDIR /app
COPY --from=build --chown=nichewise /app /app
RUN mkdir -p /data && mv /app/built/models /data/models && rm -rf /app/built && chown -R nichewise /data
USER nichewise
ENV NICHEWISE_VAR_DIR=/data NICHEWISE_HOST=0.0.0.0 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD [".venv/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/api/ready', timeout=2)"]
CMD [".venv/bin/python", "app.py"]
