"""Put the tables of reports into the pages that discuss them: ``python docs/renew.py``.

Between a marker ``<!-- reports/NAME/tables.md -->`` and ``<!-- end -->`` stands that file.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("arrays.md", "comparison.md", "device.md", "sweep.md", "validation.md")
PAGES = [ROOT / "docs" / name for name in NAMES]
BLOCK = re.compile(r"(<!-- (reports/\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """The page with every block as its file has it."""
    return BLOCK.sub(lambda m: f"{m[1]}\n{(ROOT / m[2]).read_text(encoding='utf-8')}\n{m[3]}", text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
