# One image for every process: web, worker, sweeper and the commands. docker-compose.yml runs them.
FROM python:3.13-slim AS environment
WORKDIR /build
# More locks to install, for the neural pipeline: EXTRA="-r requirements/neural.txt"
ARG EXTRA=""
COPY requirements/ requirements/
RUN python -m venv /tools \
    && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements/tools.txt \
    && python -m venv --without-pip /venv \
    && /tools/bin/uv pip install --no-cache --compile-bytecode --python /venv/bin/python \
        --require-hashes -r requirements/runtime.txt $EXTRA

FROM python:3.13-slim
# pg_dump and pg_restore, for the commands backup and restore.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 attest \
    && useradd --uid 10001 --gid attest --home-dir /app --no-create-home --shell /usr/sbin/nologin attest
COPY --from=environment /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ATTEST_PRODUCTION=true \
    ATTEST_HOME=/app/var
# Settings insist on every variable; these stand in for them in this one step and do not stay in the image.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    ALLOWED_HOSTS=localhost DATABASE_URL=postgres:///none CELERY_BROKER_URL=redis:///none \
    python manage.py collectstatic --noinput --verbosity 0 \
    && mkdir var && chown attest:attest var
USER attest
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["gunicorn", "--config=python:config.gunicorn", "--bind=0.0.0.0:8000", "config.wsgi:application"]
