"""Follows an event stream as a Python team would: httpx, line by line, resuming after the last id.

Usage: httpx_reader.py URL DROP_AFTER. Says one JSON object a line: each request's status and each event. The
first connection is dropped after DROP_AFTER events; it stops at 204.
"""
import json
import sys

import httpx

url, drop_after = sys.argv[1], int(sys.argv[2])


def say(**what):
    print(json.dumps(what), flush=True)


def events(lines):
    fields = {}
    for line in lines:
        if line == "":
            if "data" in fields:
                yield fields
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value[1:] if value.startswith(" ") else value


last_event_id = None
with httpx.Client(timeout=10) as client:
    while True:
        headers = {"accept": "text/event-stream"}
        if last_event_id is not None:
            headers["last-event-id"] = last_event_id
        with client.stream("GET", url, headers=headers) as response:
            say(status=response.status_code, after=last_event_id)
            if response.status_code == 204:
                break
            for event in events(line.rstrip("\r\n") for line in response.iter_lines()):
                say(**event)
                last_event_id = event.get("id", last_event_id)
                drop_after -= 1
                if drop_after == 0:
                    break
