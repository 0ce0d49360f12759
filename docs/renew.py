"""Put the tables of comparisons into the page that discusses them: ``python docs/renew.py``.

Between a marker ``<!-- reports/NAME/tables.md -->`` and ``<!-- end -->`` stands that file.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "comparison.md"
BLOCK = re.compile(r"(<!-- (reports/\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """The page with every block as its file has it."""
    return BLOCK.sub(lambda m: f"{m[1]}\n{(ROOT / m[2]).read_text(encoding='utf-8')}\n{m[3]}", text)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
