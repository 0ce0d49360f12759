"""``python -m cimsim``."""

from cimsim.cli import main

if __name__ == "__main__":
    main(prog_name="python -m cimsim")
