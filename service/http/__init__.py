"""The API over HTTP: messages, handlers and the ASGI application."""
