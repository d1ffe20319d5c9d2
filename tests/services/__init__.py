"""The real servers and the browser that the tests drive; every module here is loaded as a pytest plugin."""
