"""nomenklatura's logic-v2 over plain records; run by the interpreter that has it.

    python with_nomenklatura.py IN.json OUT.json

`candidates` of each probe (rows of the gallery) come with the input: logic-v2 scores pairs and
leaves finding them to an index.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from followthemoney import model
from nomenklatura.matching import LogicV2

SEX = {"male": "male", "female": "female"}


def main(source: Path, target: Path) -> None:
    """Score the candidates of each probe."""
    doc = json.loads(source.read_text("utf-8"))
    config = LogicV2.default_config()
    gallery: dict[int, Any] = {}
    answers, started = [], time.process_time()
    for number, (probe, rows) in enumerate(zip(doc["probes"], doc["candidates"], strict=True)):
        asked = _entity(f"p{number}", probe)
        for row in rows:
            if row not in gallery:
                gallery[row] = _entity(f"g{row}", doc["gallery"][row])
        found = [(row, float(LogicV2.compare(asked, gallery[row], config).score)) for row in rows]
        answers.append(sorted(found, key=lambda item: -item[1]))
    spent = time.process_time() - started
    target.write_text(
        json.dumps({"answers": answers, "seconds": spent / max(len(answers), 1)}), "utf-8"
    )


def _entity(key: str, flat: dict[str, Any]) -> Any:
    birth = flat["birthday"] or (str(flat["year"]) if flat["year"] else None)
    properties = {
        "name": [*flat["names"], *flat["pinyins"]],
        "birthDate": [birth] if birth else [],
        "gender": [SEX[flat["sex"]]] if flat["sex"] else [],
        "idNumber": [flat["number"]] if flat["number"] else [],
        "phone": [flat["phone"]] if flat["phone"] else [],
        "nationality": ["cn"],
    }
    return model.get_proxy({"id": key, "schema": "Person", "properties": properties})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
