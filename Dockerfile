# Two stages: the libraries as locked, with hashes, then an image without the tools that put them there.
# Pin the base by digest where you build for others: --build-arg PYTHON=python:3.12-slim@sha256:…
ARG PYTHON=python:3.12-slim

FROM ${PYTHON} AS build
WORKDIR /build
COPY requirements-run.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/tools && /opt/tools/bin/pip install --no-cache-dir --quiet "uv==0.13.8"
RUN python -m venv --without-pip /opt/lamplighter
RUN /opt/tools/bin/uv pip sync --quiet --no-cache --require-hashes --python /opt/lamplighter/bin/python requirements-run.lock
COPY src ./src
RUN /opt/tools/bin/uv pip install --quiet --no-cache --no-deps --no-build-isolation --python /opt/lamplighter/bin/python .
RUN /opt/tools/bin/uv pip uninstall --quiet --python /opt/lamplighter/bin/python hatchling pathspec pluggy trove-classifiers
RUN /opt/lamplighter/bin/python -m compileall -q /opt/lamplighter/lib

FROM ${PYTHON}
RUN groupadd --gid 1000 lamplighter \
 && useradd --uid 1000 --gid 1000 --home-dir /data --no-create-home --shell /usr/sbin/nologin lamplighter \
 && install -d -o 1000 -g 1000 -m 0700 /data /handover \
 && install -d -m 0755 /config
COPY --from=build /opt/lamplighter /opt/lamplighter
ENV PATH=/opt/lamplighter/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# All that is written goes to /data and /tmp, so the root may be read-only.
ENV LAMPLIGHTER_DATA=/data LAMPLIGHTER_SERVER__HOST=0.0.0.0
USER 1000:1000
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8460
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["lamplighter", "healthcheck"]
ENTRYPOINT ["lamplighter"]
CMD ["serve"]
