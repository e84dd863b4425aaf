# One image for every part: the app, and workers with another command.
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip /app/.venv/bin/pip install -r requirements.txt
COPY . .
# The embedding model is exported at build time, so that a container starts in seconds.
RUN .venv/bin/python -m rag.export --var /app/built

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 nichewise
WORKDIR /app
COPY --from=build --chown=nichewise /app /app
# A volume that is still empty gets the model from here; a folder of the host in its place gets it exported at the first start.
RUN mkdir /data && mv built/models /data/models && rmdir built && chown -R nichewise /data
USER nichewise
ENV PATH=/app/.venv/bin:$PATH NICHEWISE_VAR_DIR=/data NICHEWISE_HOST=0.0.0.0 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8501
# A worker serves no page: start it with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python", "-m", "deploy.healthy"]
CMD ["python", "app.py"]
