"""Undo compression, but only so far: what swells beyond its limit, is broken or is cut off is an error."""

from __future__ import annotations

import re
import zlib

import brotli

_STEP = 1 << 16  # bytes that brotli gives, and gzip takes, at a time
_FIRST_STEP = 1 << 9  # bytes of a gzip member that are taken first
_PADDING = re.compile(rb"\0*")


class PackedError(ValueError):
    """Packed data that cannot be had: too large when unpacked, broken, or cut off."""


def unpacked(body: bytes, encoding: str, max_size: int) -> bytes:
    """Undo an HTTP content encoding. Bytes that are not in the encoding they claim are returned as they are.

    Args:
        body: payload as it was sent.
        encoding: `gzip`, `x-gzip`, `deflate`, `br`, `identity` or nothing.
        max_size: most bytes to return.

    Raises:
        PackedError: there are more bytes, the data are cut off, or the encoding is another one.
    """
    if encoding in ("gzip", "x-gzip"):
        return gunzipped(body, max_size) if body[:2] == b"\x1f\x8b" else body
    if encoding == "deflate":
        return _inflated(body, max_size)
    if encoding == "br":
        return _unbrotlied(body, max_size)
    if encoding not in ("", "identity"):
        raise PackedError(f"the content encoding {encoding[:40]!r} is not read")
    return body


def gunzipped(body: bytes, max_size: int) -> bytes:
    """Undo gzip, of one or more members.

    zlib copies what it was given beyond a member's end. Many small members would have most of the body
    copied for each of them: so it is given little at first, and more if the member goes on.

    Raises:
        PackedError: there are more than `max_size` bytes, or the data are broken or cut off.
    """
    parts: list[bytes] = []
    size = at = 0
    view = memoryview(body)
    while at < len(body):
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        step = _FIRST_STEP
        while not unpacker.eof:
            given = view[at : at + step]
            if not given:
                raise PackedError("the gzip data are cut off")
            try:
                part = unpacker.decompress(given, max_size - size + 1)
            except zlib.error:
                raise PackedError("the gzip data are broken") from None
            parts.append(part)
            size += len(part)
            _check(size, max_size)
            at += len(given) - len(unpacker.unused_data)
            step = min(2 * step, _STEP)
        padding = _PADDING.match(body, at)
        at = padding.end() if padding else at
    return b"".join(parts)


def _inflated(body: bytes, max_size: int) -> bytes:
    """Undo deflate, with its header or, as some servers send it, without."""
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        unpacker = zlib.decompressobj(bits)
        try:
            found = unpacker.decompress(body, max_size + 1)
        except zlib.error:
            continue
        _check(len(found), max_size)
        if not unpacker.eof:
            raise PackedError("the deflate data are cut off")
        return found
    return body


def _unbrotlied(body: bytes, max_size: int) -> bytes:
    unpacker = brotli.Decompressor()
    parts: list[bytes] = []
    size, data = 0, body
    while not unpacker.is_finished():
        try:
            part = unpacker.process(data, output_buffer_limit=_STEP)
        except brotli.error:
            if not parts:
                return body
            raise PackedError("the brotli data are broken") from None
        if not part and not unpacker.is_finished():
            raise PackedError("the brotli data are cut off")
        parts.append(part)
        size, data = size + len(part), b""
        _check(size, max_size)
    return b"".join(parts)


def _check(size: int, max_size: int) -> None:
    if size > max_size:
        raise PackedError(f"larger than {max_size} bytes after decompression")
