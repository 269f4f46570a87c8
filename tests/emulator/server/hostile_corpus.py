"""Requests that are not valid: odd heads, odd bodies, odd paths."""

import json

LIMIT = 100_000


def heads() -> list[bytes]:
    """Return requests that are none, or whose head says what cannot be."""
    lines = [
        b"",
        b"\r\n",
        b"\0" * 100,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1.1\r\n\r\n",
        b"GET  /  HTTP/1.1\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"BREW /pot HTTP/1.1\r\n\r\n",
        b"GET / HTTP/x\r\n\r\n",
        b"GET http://other.host/ HTTP/1.1\r\n\r\n",
        b"GET //[ HTTP/1.1\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: empty\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"CONNECT management.azure.com:443 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    ]
    lengths = [
        "-1",
        "+5",
        "0x10",
        "1e3",
        "1_0",
        "٣",
        "",
        " ",
        "5, 5",
        "9" * 20,
        "9" * 5000,
        str(LIMIT + 1),
        "NaN",
        "5 5",
    ]
    lines += [f"PUT /x HTTP/1.1\r\nContent-Length: {length}\r\n\r\nabcde".encode() for length in lengths]
    lines += [b"PUT /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nabcde"]
    codings = [
        "chunked",
        "Chunked",
        "xchunked",
        "chunked, gzip",
        "gzip",
        "gzip, chunked",
        "identity",
        "chunked\r\nTransfer-Encoding: chunked",
    ]
    chunks = [
        b"-1",
        b"+5",
        b"0x5",
        b"5_0",
        b"",
        b" ",
        b"g",
        b"f" * 13,
        b"7fffffffffffffff",
        b"5;x=" + b"y" * 1000,
        b"-0",
    ]
    head = "PUT /x HTTP/1.1\r\nTransfer-Encoding: "
    lines += [f"{head}{coding}\r\n\r\n5\r\nabcde\r\n0\r\n\r\n".encode() for coding in codings]
    lines += [f"{head}chunked\r\n\r\n".encode() + size + b"\r\nabcde\r\n0\r\n\r\n" for size in chunks]
    lines += [
        f"{head}chunked\r\nContent-Length: 5\r\n\r\n5\r\nabcde\r\n0\r\n\r\n".encode(),
        f"{head}chunked\r\n\r\n5\r\nabc".encode(),
        f"{head}chunked\r\n\r\n5\r\nabcdefgh\r\n0\r\n\r\n".encode(),
        f"{head}chunked\r\n\r\n0\r\n".encode() + b"X: y\r\n" * 1000,
        f"{head}chunked\r\n\r\n".encode() + b"1\r\nx\r\n" * (LIMIT + 2),
        f"{head}chunked\r\n\r\n".encode() + b"%x\r\n" % (LIMIT + 1) + b"x" * 100,
    ]
    return lines


def bodies() -> list[bytes]:
    """Return bodies that are no JSON, or another JSON than what any operation takes."""
    values = [None, True, 0, -1, 1e308, "", "x", [], [[]], [None], {}, {"properties": None}, {"properties": []}]
    values += [
        {"properties": {key: value}} for key in ("tags", "inputs", "jobs", "jobType") for value in (None, 1, [], "x")
    ]
    values += [
        {"properties": {"jobType": "Pipeline", "jobs": {"a": value}, "settings": value, "inputs": {"i": value}}}
        for value in (None, 1, [], "x", {})
    ]
    values += [{"properties": {"jobType": "Command", "command": value, "codeId": value}} for value in (None, 1, [], {})]
    values += [{"properties": {"componentSpec": value, "datastoreType": value}} for value in (None, 1, [], "x", {})]
    values += [
        {"properties": {"model": value, "defaults": value, "deploymentConfiguration": value}} for value in (1, [], "x")
    ]
    raw = [
        b"{",
        b"\xff\xfe\x00",
        b"[" * 50_000,
        b'{"a":' * 15_000,
        b'{"a": NaN}',
        b"\xef\xbb\xbf{}",
        b'"\\ud800"',
        b"1" * 5000,
    ]
    return raw + [json.dumps(value).encode() for value in values]


RESOURCES = (
    "jobs/x",
    "data/x/versions/1",
    "components/x/versions/1",
    "environments/x/versions/1",
    "codes/x/versions/1",
    "models/x/versions/1",
    "computes/x",
    "datastores/x",
    "batchEndpoints/x",
    "batchEndpoints/x/deployments/y",
)
