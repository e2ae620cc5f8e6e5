"""The HTTP server of one worker: uvicorn with hard limits, and a stop that always ends."""
