# One image for every role: web, workers, beat, migrations. docker-compose.yml has the commands.
#   docker build --build-arg COMMIT=$(git rev-parse HEAD) -t mvsite .
FROM python:3.12-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/mvsite/venv
COPY requirements.txt requirements-no-deps.txt /tmp/
# Wheels only: the image has no compiler, so a missing wheel should fail here, with its name.
RUN /opt/mvsite/venv/bin/pip install --only-binary=:all: -r /tmp/requirements.txt \
    && /opt/mvsite/venv/bin/pip install --only-binary=:all: --no-deps -r /tmp/requirements-no-deps.txt

FROM python:3.12-slim-bookworm
# ffmpeg itself comes from the imageio-ffmpeg wheel; the fonts are for text drawn into frames.
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-dejavu-core tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --home-dir /home/mvsite mvsite \
    && install -d -o mvsite -g mvsite /data /srv/static
COPY --from=packages /opt/mvsite/venv /opt/mvsite/venv
WORKDIR /opt/mvsite/app
COPY . .
ENV PATH=/opt/mvsite/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    MV_DATA_DIR=/data \
    MV_STATIC_ROOT=/srv/static \
    MV_SINGLE_USER=false \
    LOG_FORMAT=json
USER mvsite
# This needs no services, and nothing signed with this key is kept.
RUN SECRET_KEY=build DATABASE_URL=postgresql://unused REDIS_URL=redis://unused \
    python manage.py collectstatic --no-input --verbosity 0
# What /healthz and the workers report. Last, so that a new commit does not rebuild the layers above. Without a commit,
# a digest of the files is used, so that two images with different code never report the same.
ARG COMMIT=""
USER root
RUN echo "${COMMIT:-files-$(find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-40)}" > COMMIT
USER mvsite
VOLUME /data
EXPOSE 8000
# tini passes signals on and reaps orphaned child processes of the workers.
ENTRYPOINT ["tini", "--"]
CMD ["gunicorn", "-c", "mvsite/gunicorn_conf.py", "mvsite.wsgi"]
