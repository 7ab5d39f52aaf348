"""The same on Flask, whose development server gives each client a thread.

Usage: flask_server.py PORT. Says "left PATH" when a client has gone.
"""
import random
import sys
import time

from flask import Flask, Response, request

app = Flask(__name__)
HISTORY = range(1, 8)


@app.get("/stream")
def stream():
    def numbers():
        try:
            while True:
                yield f"data: {random.randint(1, 100)}\n\n"
                time.sleep(0.05)
        finally:
            print("left /stream", flush=True)

    return Response(numbers(), mimetype="text/event-stream")


@app.get("/history/stream")
def history():
    """Three events a connection, each with its id; who has them all is told to stop."""
    after = int(request.headers.get("Last-Event-ID", 0))
    if after == HISTORY[-1]:
        return Response(status=204)

    def events():
        for number in HISTORY[after : after + 3]:
            yield f"id: {number}\ndata: {number * 10}\n\n"

    return Response(events(), mimetype="text/event-stream")


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), threaded=True)
