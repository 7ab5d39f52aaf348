"""A number every second until the client leaves, on sse-starlette. FastAPI knows nothing of what it sends.

Usage: article_app.py PORT
"""
import asyncio
import random
import sys

import uvicorn
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from sse_starlette.sse import EventSourceResponse

app = FastAPI(title="Numbers", version="1.0.0")
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])


@app.get("/stream")
async def stream(request: Request):
    async def numbers():
        while not await request.is_disconnected():
            yield {"data": random.randint(1, 100)}
            await asyncio.sleep(1)

    return EventSourceResponse(numbers())


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
