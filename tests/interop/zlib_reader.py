"""Follows a compressed event stream with nothing but Python's standard library, and shows the text as it arrives.

Usage: zlib_reader.py PORT PATH. Says "complete" after a stream whose checksum and length are right.
"""
import http.client
import sys
import zlib

connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=15)
connection.request("GET", sys.argv[2], headers={"accept-encoding": "gzip"})
response = connection.getresponse()
print(response.getheader("content-encoding"), flush=True)
gzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
while chunk := response.read1():
    print(gzip.decompress(chunk).decode(), end="", flush=True)
print("complete" if gzip.eof else "cut off", flush=True)
