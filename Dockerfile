# syntax=docker/dockerfile:1
# The base is pinned by tag: the digest was not known where this was written. Who builds for production adds it
# (python:3.11-slim-bookworm@sha256:...); all Python packages are pinned by hash.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements-build.lock requirements.lock ./
# The build tool first: what comes as source only is then built with it, and not with an unpinned one.
RUN python -m pip install --require-hashes --only-binary :all: -r requirements-build.lock \
    && python -m pip wheel --require-hashes --no-deps --no-build-isolation --use-pep517 --wheel-dir wheels -r requirements.lock
COPY pyproject.toml ./
COPY cases ./cases
COPY storage ./storage
COPY chat ./chat
COPY commands ./commands
COPY bot ./bot
# From here on nothing comes over the network.
RUN python -m pip wheel --no-index --no-deps --no-build-isolation --wheel-dir wheels . \
    && python -m venv /opt/roundtable \
    && /opt/roundtable/bin/python -m pip install --no-index --find-links wheels roundtable

FROM python:3.11-slim-bookworm
ENV PATH=/opt/roundtable/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ROUNDTABLE_CONFIG=/data/config.toml
RUN groupadd --gid 10001 roundtable \
    && useradd --uid 10001 --gid roundtable --no-create-home --home-dir /data --shell /usr/sbin/nologin roundtable \
    && install -d -m 0700 -o roundtable -g roundtable /data
COPY --from=build /opt/roundtable /opt/roundtable
USER 10001:10001
WORKDIR /data
VOLUME /data
# The start includes a first synchronisation with the homeserver.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["roundtable", "health"]
ENTRYPOINT ["roundtable"]
CMD ["run"]
