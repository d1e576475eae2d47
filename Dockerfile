# One image for every process of the platform; the command says which: `docker run … orderloom relay`.
#
# Where packages come from is the builder's business: a pip.conf and a file of certificates can be given as build
# secrets (see docker-compose.yml). They are mounted while pip runs and leave nothing in the image.
ARG ORDERS_IMAGE_PYTHON=python:3.11.16-slim-bookworm

FROM ${ORDERS_IMAGE_PYTHON} AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /build
# Beside the environment that is shipped, one that builds: its tools never get into the image.
RUN python3 -m venv /opt/orders && python3 -m venv /opt/builder
COPY pyproject.toml requirements.lock deploy/part_of_lock.py ./
# The lock has everything that a developer needs; the image takes the lines that the services need, hashes and all.
RUN --mount=type=secret,id=pip_config --mount=type=secret,id=ca_bundle \
    if [ -s /run/secrets/pip_config ]; then export PIP_CONFIG_FILE=/run/secrets/pip_config; fi; \
    if [ -s /run/secrets/ca_bundle ]; then export PIP_CERT=/run/secrets/ca_bundle; fi; \
    set -eu; \
    for part in orders builder; do \
      /opt/$part/bin/python part_of_lock.py $part > $part.txt; \
      /opt/$part/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r $part.txt; \
    done
COPY . .
RUN /opt/builder/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir wheels . \
    && /opt/orders/bin/python -m pip install --quiet --no-deps --no-index wheels/*.whl \
    && /opt/orders/bin/python -m pip check \
    && /opt/orders/bin/python -m pip uninstall --quiet --yes pip setuptools \
    && install -m 0755 deploy/ready /opt/orders/bin/ready

FROM ${ORDERS_IMAGE_PYTHON}
# The Python below ours installs nothing either, be it built in /usr/local or Debian's in /usr.
RUN find /usr -regextype posix-extended -regex '.*/(bin/(pip|wheel)[0-9.]*|python-wheels|python3[.0-9]*/ensurepip|\
(site|dist)-packages/(pip|setuptools|wheel|pkg_resources|_distutils_hack|distutils-precedence)([-.][^/]*)?)' \
    -prune -exec rm -rf {} +
# By number: Kubernetes can only see that a number is not root. The folder is where the local issuer keeps its key;
# a volume that is mounted there takes over its owner.
RUN groupadd --gid 10001 orders \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin orders \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/orders
COPY --from=builder /opt/orders /opt/orders
ENV PATH=/opt/orders/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ORDERS_AUTH__KEY_FILE=/var/lib/orders/issuer.json
WORKDIR /var/lib/orders
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["orders"]
CMD ["--help"]
