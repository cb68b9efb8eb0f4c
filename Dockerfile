# The app without TensorFlow: docker build .
# With it, for servers that train: docker build --target train .
FROM python:3.12-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml hatch_build.py requirements.txt requirements-ray.txt requirements-train.txt README.md LICENSE streamlit_app.py ./
COPY .streamlit/config.toml .streamlit/
COPY fer fer
COPY dashboard dashboard
COPY pages pages
COPY models models
RUN python -m venv /opt/fer && /opt/fer/bin/pip install --no-cache-dir .

FROM build AS build-train
RUN /opt/fer/bin/pip install --no-cache-dir '.[train]'

FROM python:3.12-slim-bookworm AS base
RUN useradd --uid 1000 --create-home --home-dir /data fer \
    && install -d -o fer -g fer -m 700 /data/fer-dashboard /data/fer-dashboard/models /data/fer-dashboard/runs
ENV PATH=/opt/fer/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    XDG_DATA_HOME=/data
USER 1000
WORKDIR /data
VOLUME ["/data/fer-dashboard/models", "/data/fer-dashboard/runs"]
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://localhost:8501/_stcore/health', timeout=4)"]
# What visitors store is for this account alone.
ENTRYPOINT ["sh", "-c", "umask 077 && exec python -m dashboard --server.address=0.0.0.0 --server.port=8501 \"$@\"", "fer"]

FROM base AS train
COPY --from=build-train /opt/fer /opt/fer

FROM base AS app
COPY --from=build /opt/fer /opt/fer
