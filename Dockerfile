# The API, the workers, the clock and the migrations: one image, a command each (see docker-compose.yml).
FROM python:3.11-slim AS build
WORKDIR /srv/lianfang
COPY requirements/run.txt requirements/run.txt
COPY scripts/setup scripts/setup
RUN scripts/setup run

# The web client, which the API serves.
FROM node:24-slim AS web
WORKDIR /srv/lianfang/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY docs/openapi.json /srv/lianfang/docs/openapi.json
COPY web .
RUN npm run types && npm run build

# PgBouncer, with the settings that the service needs.
FROM debian:bookworm-slim AS pgbouncer
RUN apt-get update && apt-get install --yes --no-install-recommends pgbouncer && rm -rf /var/lib/apt/lists/*
COPY deploy/pgbouncer.ini /etc/pgbouncer/lianfang.ini
USER postgres
EXPOSE 6432
CMD ["pgbouncer", "/etc/pgbouncer/lianfang.ini"]

FROM python:3.11-slim AS lianfang
RUN useradd --system --uid 10001 --create-home lianfang
WORKDIR /srv/lianfang
COPY --from=build /srv/lianfang/.venv .venv
COPY alembic.ini pyproject.toml ./
COPY alembic alembic
COPY app app
COPY --from=web /srv/lianfang/web/dist web/dist
# Keys and passwords; a new volume takes over owner and mode of the folder that it covers.
RUN install -d -o lianfang -g lianfang -m 0700 /var/lib/lianfang-data \
    && install -d -o lianfang -g lianfang -m 0755 /run/lianfang-database /run/lianfang-pooler
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
