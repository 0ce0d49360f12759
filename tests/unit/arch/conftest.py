"""Write an architecture into a temporary working directory, so that messages show a short path."""

import pytest

from cimsim.arch import load_arch
from cimsim.errors import SpecError


@pytest.fixture
def message(tmp_path, monkeypatch):
    """The message that a file's text (and overrides) is refused with."""
    monkeypatch.chdir(tmp_path)

    def refuse(text, *overrides):
        (tmp_path / "demo.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(SpecError) as caught:
            load_arch("demo.yaml", overrides)
        return str(caught.value)

    return refuse
