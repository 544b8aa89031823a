"""What `gunicorn config.wsgi` takes up by itself; the command line and GUNICORN_CMD_ARGS win."""

worker_class = "gthread"  # a desktop or a check that waits for Miva holds a thread, not the process
threads = 8
timeout = 90  # seconds; longer than the longest answer
graceful_timeout = 30
max_requests = 20_000
max_requests_jitter = 2_000
