"""Gunicorn's settings for `make run` and the Docker image: `gunicorn -c mvsite/gunicorn_conf.py mvsite.wsgi`."""

from mvsite.settings import HOST, PORT

bind = f"[{HOST}]:{PORT}" if ":" in HOST else f"{HOST}:{PORT}"
worker_class = "mvsite.web_worker.WebWorker"
# Two processes, so that one busy with Python doesn't block the pages. `Prefer: wait` (limited by jobs/waiters.py),
# uploads and downloads each occupy a thread.
workers = 2
threads = 16
# Import the application once, before forking: this saves a second of startup time, and memory.
preload_app = True
# A process without a sign of life for this long is replaced; this does not interrupt slow requests.
timeout = 120
graceful_timeout = 5
# The default of 2 s would close a connection just as a client that polls every two seconds sends its next request.
keepalive = 75
# mvsite/proxies.py decides who is trusted to say that a request came over https.
secure_scheme_headers: dict[str, str] = {}
# The application logs every request itself, and gunicorn's startup lines add nothing.
loglevel = "warning"
control_socket_disable = True
