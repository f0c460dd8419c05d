"""Pictures with 256 colours: a third of the size, and a page of text looks no different."""

from __future__ import annotations

import base64
import struct
import zlib

from playwright.sync_api import Page

# The browser reads its own picture. The palette: the most frequent colours as they are, then one for each shade (the
# first four bits of red, green and blue) that has none yet, so that a rare red word stays red.
REDUCE = """async picture => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    const often = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
    const shade = colour => colour & 0xf0f0f0;
    const palette = often.slice(0, 96), seen = new Set(palette.map(shade));
    for (const colour of often) {
        if (palette.length < 256 && !seen.has(shade(colour))) palette.push(colour);
        seen.add(shade(colour));
    }
    const part = (colour, shift) => (colour >> shift) & 255;
    const apart = (a, b) => [0, 8, 16].reduce((sum, shift) => sum + (part(a, shift) - part(b, shift)) ** 2, 0);
    const nearest = colour => palette.reduce((best, each, at) => {
        const far = apart(colour, each);
        return far < best[0] ? [far, at] : best;
    }, [Infinity, 0])[1];
    const places = new Map([...counts.keys()].map(colour => [colour, nearest(colour)]));
    let text = "";
    for (const pixel of pixels) text += String.fromCharCode(places.get(pixel));
    return {width: bitmap.width, height: bitmap.height, palette: palette.flatMap(c => [0, 8, 16].map(s => part(c, s))),
            pixels: btoa(text)};
}"""


def reduced(page: Page, picture: bytes) -> bytes:
    """Return a PNG picture with a palette (PNG 1.2, colour type 3, filter 0)."""
    blank = page.context.new_page()  # the product's own pages let no script in
    found = blank.evaluate(REDUCE, base64.b64encode(picture).decode())
    blank.close()
    width, height, pixels = found["width"], found["height"], base64.b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, width * height, width))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = [(b"IHDR", head), (b"PLTE", bytes(found["palette"])), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
