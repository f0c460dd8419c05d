"""What a browser makes of a page: its white space, so that a test asks what is shown; what its fields are told by."""

import re

BLOCK = re.compile(
    r"</?(article|aside|body|br|button|caption|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h\d|header"
    r"|input type=\"hidden\"|label|legend|li|main|nav|ol|option|p|section|select|summary|table|tbody|td|tfoot|th|thead"
    r"|tr|ul)\b"
)

ID, DESCRIBED = re.compile(r'\sid="([^"]+)"'), re.compile(r'\saria-describedby="([^"]+)"')
SHEET = re.compile(r"\sdata-sheet[\s=>].*?</table>", re.DOTALL)
NAMED = re.compile(r'<(?:input|select|textarea)\b[^>]*\saria-label="([^"]+)"')


def untied(html: str) -> list[str]:
    """Return what fields are described by and their page does not have, and names that cells of a table share."""
    ids = set(ID.findall(html))
    missing = [name for names in DESCRIBED.findall(html) for name in names.split() if name not in ids]
    names = [name for sheet in SHEET.findall(html) for name in NAMED.findall(sheet)]
    return missing + sorted({name for name in names if names.count(name) > 1})


def tight(html: str) -> str:
    """Return HTML with white space collapsed, and taken away beside block-level tags."""
    parts: list[str] = []
    spaced = True  # the last thing shown was a space, or a line begins
    for part in re.split(r"(<[^>]*>)", re.sub(r"[ \t\r\n]+", " ", html).replace(" >", ">")):
        if BLOCK.match(part):
            _end_of_line(parts)
            spaced = True
        elif part and not part.startswith("<"):
            part = part.lstrip(" ") if spaced else part
            spaced = part.endswith(" ") if part else spaced
        parts.append(part)
    return "".join(parts)


def _end_of_line(parts: list[str]) -> None:
    """Take the space away that the line ends with, where nothing but inline tags stands behind it."""
    for index in range(len(parts) - 1, -1, -1):
        if parts[index] and not parts[index].startswith("<"):
            parts[index] = parts[index].rstrip(" ")
            return
        if BLOCK.match(parts[index]):
            return
