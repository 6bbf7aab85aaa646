#!/bin/sh
# Runs once, when the database of docker-compose.yml is made: the owner of the tables, and the application, which
# owns nothing and so cannot drop a trigger.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$OWNER_PASSWORD" --set application_password="$APPLICATION_PASSWORD" <<'SQL'
CREATE ROLE ticketdesk_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE ticketdesk LOGIN PASSWORD :'application_password';
CREATE DATABASE ticketdesk OWNER ticketdesk_owner;
REVOKE ALL ON DATABASE ticketdesk FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE ticketdesk TO ticketdesk;
SQL
