# One process, one folder of data. Build: docker build -t xunqin . ; run: see compose.yaml
FROM python:3.12-slim-bookworm
RUN useradd --create-home --uid 10001 xunqin
WORKDIR /app
COPY requirements-build.txt requirements.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements-build.txt \
 && pip install --no-cache-dir --no-deps --require-hashes --no-build-isolation -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY api api
COPY tracing tracing
COPY indexes indexes
COPY matchers matchers
RUN pip install --no-cache-dir --no-deps --no-build-isolation .
USER xunqin
ENV XUNQIN_DATA_DIR=/data XUNQIN_HOST=0.0.0.0
VOLUME /data
EXPOSE 8420
HEALTHCHECK CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8420/livez')"
CMD ["xunqin", "serve"]
