"""The routes under ``/api/v1``: translations between HTTP and the use cases."""
