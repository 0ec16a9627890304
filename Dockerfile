# The API, the worker, the scheduler and the migrations: one image, four commands (see docker-compose.yml).
FROM python:3.11-slim AS build
WORKDIR /srv/lianfang
COPY requirements/run.txt requirements/run.txt
COPY scripts/setup scripts/setup
RUN scripts/setup run

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home lianfang
WORKDIR /srv/lianfang
COPY --from=build /srv/lianfang/.venv .venv
COPY alembic.ini pyproject.toml ./
COPY alembic alembic
COPY app app
# Keys and the application role's secrets; a volume, shared by all processes of one installation.
RUN install -d -o lianfang -g lianfang -m 0700 /var/lib/lianfang-data
ENV PATH=/srv/lianfang/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LIANFANG_DATA_FOLDER=/var/lib/lianfang-data
USER lianfang
VOLUME /var/lib/lianfang-data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["lianfang", "serve", "--host", "0.0.0.0", "--port", "8000"]
