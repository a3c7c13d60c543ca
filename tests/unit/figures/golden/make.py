"""Writes the golden figures anew: ``python tests/unit/figures/golden/make.py``; look at them then."""

import importlib.util
from pathlib import Path

from harness.figures import group_figures

HERE = Path(__file__).parent


def main() -> None:
    spec = importlib.util.spec_from_file_location("made", HERE.parent / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    three = module.Made().rates("identity", module.THREE)
    three.worst("identity", module.THREE, limit=0.10)
    for one in group_figures(*three.nouns())[0].figures:
        (HERE / f"{one.kind}.svg").write_text(one.svg, encoding="utf-8")


if __name__ == "__main__":
    main()
