"""Gunicorn's settings, for `make run` and the Docker image alike: `gunicorn -c mvsite/gunicorn_conf.py mvsite.wsgi`."""

from mvsite.settings import HOST, PORT

bind = f"[{HOST}]:{PORT}" if ":" in HOST else f"{HOST}:{PORT}"
worker_class = "mvsite.web_worker.WebWorker"
# Two processes, so that one busy with Python does not hold up the pages; `Prefer: wait` (a few, see jobs/waiters.py),
# uploads and downloads hold a thread each.
workers = 2
threads = 16
# The application is imported once, before the processes part: a second of start-up and memory saved.
preload_app = True
# A process that shows no life for this long is replaced; a slow request alone is not cut by it.
timeout = 120
graceful_timeout = 5
# The default of 2 s closes a connection just when a client that asks every two seconds sends its next request.
keepalive = 75
# Who may say that a request came by https is decided in one place, mvsite/proxies.py.
secure_scheme_headers: dict[str, str] = {}
# The application logs each request itself, and gunicorn's "starting" lines say nothing new.
loglevel = "warning"
control_socket_disable = True
