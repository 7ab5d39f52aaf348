"""A random number every 0.05 s until the client leaves, on FastAPI: as a bare StreamingResponse, and as the
very bytes that sse-starlette's EventSourceResponse would send.

Usage: fastapi_server.py PORT. Says "left PATH" when a client has gone.
"""
import asyncio
import random
import sys
from datetime import datetime, timezone

import uvicorn
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import StreamingResponse

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])


async def numbers(request: Request, write):
    try:
        while not await request.is_disconnected():
            for chunk in write(random.randint(1, 100)):
                yield chunk
            await asyncio.sleep(0.05)
    finally:
        print("left", request.url.path, flush=True)


@app.get("/stream")
async def stream(request: Request):
    def write(number):
        return [f"data: {number}\n\n"]

    return StreamingResponse(numbers(request, write), media_type="text/event-stream")


@app.get("/starlette/stream")
async def like_sse_starlette(request: Request):
    def write(number):
        yield f"data: {number}\r\n\r\n"
        yield f": ping - {datetime.now(timezone.utc)}\r\n\r\n"
        # Its field order, and a line end that falls between two chunks.
        yield f"id: {number}\r\nevent: message\r\ndata: {number}\r"
        yield "\nretry: 10\r\n\r\n"

    headers = {"cache-control": "no-store", "connection": "keep-alive", "x-accel-buffering": "no"}
    return StreamingResponse(numbers(request, write), media_type="text/event-stream", headers=headers)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
