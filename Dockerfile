# The image: one static file, and what it cannot do without. Two more targets: `test` runs the tests, `full` is linked
# with the system's shared libraries, on Debian, with every trait of the package.
#
# The same sources give the same bytes: nothing here asks for the time, and what git knows comes in as arguments.
# `.ci/image` passes them, and also builds where there is no network.
ARG REGISTRY=docker.io/library
ARG SWIFT_VERSION=6.3.1
# Package.swift's; `.ci/image smoke` compares them.
ARG VITRINE_VERSION=0.1.0

FROM ${REGISTRY}/swift:${SWIFT_VERSION}-bookworm AS sources
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN dpkg -s ca-certificates libssl-dev pkg-config zlib1g-dev > /dev/null 2>&1 || \
    { apt-get update && apt-get install -y --no-install-recommends ca-certificates libssl-dev pkg-config zlib1g-dev && \
      rm -rf /var/lib/apt/lists/*; }
WORKDIR /vitrine
COPY Package.swift ./
COPY Sources Sources
# The manifest names them too.
COPY Tests Tests

FROM sources AS test
# hadolint ignore=DL3008
RUN dpkg -s curl openssl prometheus > /dev/null 2>&1 || \
    { apt-get update && apt-get install -y --no-install-recommends curl openssl prometheus && rm -rf /var/lib/apt/lists/*; }
COPY README.md ./
RUN swift test

FROM sources AS build-full
# hadolint ignore=DL3008
RUN dpkg -s libpq-dev libhiredis-dev > /dev/null 2>&1 || \
    { apt-get update && apt-get install -y --no-install-recommends libpq-dev libhiredis-dev && \
      rm -rf /var/lib/apt/lists/*; }
ARG VITRINE_REVISION
ARG VITRINE_REVISION_DATE
# Swift itself is in the binary here too: what Debian has updates for is shared.
RUN swift build -c release --product vitrine --enable-all-traits -debug-info-format none \
    --static-swift-stdlib -Xlinker -s

FROM ${REGISTRY}/debian:bookworm-slim AS full
ARG VITRINE_VERSION
ARG VITRINE_REVISION
LABEL org.opencontainers.image.title="vitrine" \
      org.opencontainers.image.description="A small HTTP/1.1 service to try a platform with, every trait built in" \
      org.opencontainers.image.source="https://github.com/vitrine/vitrine" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VITRINE_VERSION}" \
      org.opencontainers.image.revision="${VITRINE_REVISION}"
RUN groupadd --gid 65532 nonroot && \
    useradd --uid 65532 --gid 65532 --home-dir / --no-create-home --shell /usr/sbin/nologin nonroot
# hadolint ignore=DL3008
RUN dpkg -s libhiredis0.14 libpq5 libssl3 zlib1g > /dev/null 2>&1 || \
    { apt-get update && apt-get install -y --no-install-recommends libhiredis0.14 libpq5 libssl3 zlib1g && \
      rm -rf /var/lib/apt/lists/*; }
COPY --from=sources /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build-full /vitrine/.build/release/vitrine /vitrine
USER 65532:65532
EXPOSE 8080 8443 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/vitrine", "check", "--timeout", "2"]
ENTRYPOINT ["/vitrine"]

FROM sources AS build
ARG VITRINE_REVISION
ARG VITRINE_REVISION_DATE
# Debug information would be stripped, but leaves a hash behind that differs from build to build.
RUN swift build -c release --product vitrine -debug-info-format none \
    --static-swift-stdlib -Xswiftc -static-executable -Xlinker -s -Xlinker -Map=/tmp/link.map
WORKDIR /image
COPY LICENSE ./
COPY .ci/sbom /usr/local/bin/
ARG SOURCE_DATE_EPOCH=0
RUN mkdir -p etc/ssl/certs && install -d -m 1777 tmp && chmod 644 LICENSE && \
    echo 'nonroot:x:65532:65532::/:/sbin/nologin' > etc/passwd && \
    echo 'nonroot:x:65532:' > etc/group && \
    cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/ && \
    cp /vitrine/.build/release/vitrine vitrine && \
    sbom /tmp/link.map vitrine ca-certificates > sbom.cdx.json && \
    find . -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

FROM scratch
ARG VITRINE_VERSION
ARG VITRINE_REVISION
LABEL org.opencontainers.image.title="vitrine" \
      org.opencontainers.image.description="A small HTTP/1.1 service to learn, demonstrate and test a platform with" \
      org.opencontainers.image.source="https://github.com/vitrine/vitrine" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VITRINE_VERSION}" \
      org.opencontainers.image.revision="${VITRINE_REVISION}"
COPY --from=build /image /
USER 65532:65532
EXPOSE 8080 8443 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/vitrine", "check", "--timeout", "2"]
ENTRYPOINT ["/vitrine"]
