# Cordboard in a container.
#
#   docker build -t cordboard .
#   docker run -d --name cordboard --network host --stop-timeout 40 \
#       -v /etc/cordboard:/etc/cordboard:ro -v cordboard-data:/data cordboard
#
# --network host: each call takes ports of its own for its sound, out of a range of thousands. Published one by one, each
# would get a proxy process and another address in front; SIP and SDP name addresses inside their messages, which
# must be those that peers can reach. On the host's network both are simply true. Without it (Docker Desktop,
# Kubernetes): publish the SIP ports and the whole range of the configuration's media ports with the same numbers on both
# sides, and set the advertised addresses to the host's.
#
# --stop-timeout: Docker kills what has not stopped after ten seconds. Give it ten seconds more than `stop_after_s` in the
# configuration: the time that running calls get, 30 s if it is not set.
#
# The configuration is /etc/cordboard/cordboard.toml; its data_dir should be /data, the volume with the database, the
# call records and the recordings. The container's user must be able to read the one and write the other.

FROM node:22-bookworm-slim AS pages
WORKDIR /web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY web .
RUN npm run build

FROM rust:1.95-bookworm AS build
WORKDIR /src
# libopus comes as source and is built with cmake.
RUN apt-get update && apt-get install --yes --no-install-recommends cmake && rm -rf /var/lib/apt/lists/*
COPY . .
COPY --from=pages /web/dist web/dist
# The caches outlive a build: only what changed is compiled again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin cordboard \
    && cp target/release/cordboard /usr/local/bin/

FROM debian:bookworm-slim
# espeak-ng speaks the messages that are given as text; it runs as a program of its own. By ca-certificates webhooks, the storage
# and TLS trunks prove who they are.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates espeak-ng \
    && rm -rf /var/lib/apt/lists/*
# A number that is nobody's on the host. No port below 1024 is needed.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin cordboard \
    && install --directory --owner cordboard --group cordboard --mode 0700 /data
COPY --from=build /usr/local/bin/cordboard /usr/local/bin/cordboard
USER cordboard
WORKDIR /data
VOLUME /data
# Asks /healthz: is the switch alive, and does the database take writes? If `http` in the configuration is
# another address than 127.0.0.1:8080, add --health-cmd 'cordboard health --http ADDRESS' to docker run.
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s --retries=2 CMD ["cordboard", "health"]
ENTRYPOINT ["cordboard"]
CMD ["--log-json", "run", "--config", "/etc/cordboard/cordboard.toml"]
