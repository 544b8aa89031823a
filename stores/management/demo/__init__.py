"""What `manage.py demo` is made of: its environment, the processes it runs, its memory, the story it tells."""
