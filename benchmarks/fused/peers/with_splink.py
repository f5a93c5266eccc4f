"""Splink 5 on DuckDB over plain records; run by the interpreter that has it.

    python with_splink.py IN.json OUT.json

A model as its documentation teaches it: u from random pairs, m by expectation-maximisation over
two blocking rules, prediction over the blocks that a careful user would choose.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

KEPT = 200
ASKED_ALONE = 7
"""Probes asked one by one for their CPU, as a service is asked; the others in one batch."""
FIELDS = (
    "name", "given", "pinyin", "surname_pinyin", "sex", "year", "province", "city", "county",
    "relative", "number", "phone",
)  # fmt: skip
BLOCKS = (
    ("pinyin",), ("name",), ("surname_pinyin", "year"), ("surname_pinyin", "county"),
    ("given", "sex"), ("county", "year"), ("relative",), ("phone",), ("number",),
)  # fmt: skip


def main(source: Path, target: Path) -> None:
    """Read both sides, link them, write the best candidates of each probe."""
    doc = json.loads(source.read_text("utf-8"))
    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = duckdb.connect()
    connection.execute("SET threads=1")
    api = DuckDBAPI(connection)
    sides = [_table(connection, side, doc[side], target.parent) for side in ("gallery", "probes")]
    frames = [api.register(table, dataset_display_name=table) for table in sides]
    started = time.process_time()
    linker = Linker(frames, _settings(), log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for block in (("pinyin",), ("county", "year")):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*block))
    trained = time.process_time() - started
    started = time.process_time()
    pairs = linker.inference.predict(threshold_match_probability=1e-6).as_record_list()
    spent = time.process_time() - started
    answers: list[list[tuple[int, float]]] = [[] for _ in doc["probes"]]
    for pair in pairs:
        ends = {
            pair["source_dataset_l"]: pair["unique_id_l"],
            pair["source_dataset_r"]: pair["unique_id_r"],
        }
        answers[int(ends["probes"])].append(
            (int(ends["gallery"]), float(pair["match_probability"]))
        )
    for found in answers:
        found.sort(key=lambda item: -item[1])
        del found[KEPT:]
    settings = linker.misc.save_model_to_json()
    single = []
    for number, probe in enumerate(doc["probes"][:ASKED_ALONE]):
        table = _table(connection, f"alone_{number}", [probe], target.parent)
        one = api.register(table, dataset_display_name=table)
        started = time.process_time()
        alone = Linker([frames[0], one], settings, log_level=logging.ERROR)
        alone.inference.predict(threshold_match_probability=1e-6).as_record_list()
        single.append(time.process_time() - started)
    result = {
        "answers": answers,
        "seconds": sorted(single)[len(single) // 2],
        "batch_seconds": spent / max(len(doc["probes"]), 1),
        "training_seconds": trained,
    }
    target.write_text(json.dumps(result), "utf-8")


def _table(
    connection: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, Any]], folder: Path
) -> str:
    path = folder / f"{name}.ndjson"
    with path.open("w", encoding="utf-8") as file:
        for i, row in enumerate(rows):
            plain = {"unique_id": i, **{field: row[field] for field in FIELDS}}
            file.write(json.dumps(plain, ensure_ascii=False) + "\n")
    types = {"unique_id": "INTEGER", **dict.fromkeys(FIELDS, "VARCHAR"), "year": "INTEGER"}
    connection.read_json(str(path), columns=types, format="newline_delimited").create(name)
    return name


def _settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="link_only",
        probability_two_random_records_match=1e-5,
        comparisons=[
            cl.JaroWinklerAtThresholds("name", [0.8, 0.6]),
            cl.JaroWinklerAtThresholds("pinyin", [0.92, 0.8]),
            cl.ExactMatch("sex"),
            cl.CustomComparison(
                output_column_name="year",
                comparison_levels=[
                    {
                        "sql_condition": "year_l IS NULL OR year_r IS NULL",
                        "label_for_charts": "null",
                        "is_null_level": True,
                    },
                    *(
                        {
                            "sql_condition": f"abs(year_l - year_r) <= {n}",
                            "label_for_charts": f"to {n}",
                        }
                        for n in (0, 2, 5, 10)
                    ),
                    {"sql_condition": "ELSE", "label_for_charts": "else"},
                ],
            ),
            cl.CustomComparison(
                output_column_name="home",
                comparison_levels=[
                    {
                        "sql_condition": "province_l IS NULL OR province_r IS NULL",
                        "label_for_charts": "null",
                        "is_null_level": True,
                    },
                    *(
                        {"sql_condition": f"{p}_l = {p}_r", "label_for_charts": p}
                        for p in ("county", "city", "province")
                    ),
                    {"sql_condition": "ELSE", "label_for_charts": "else"},
                ],
            ),
            cl.JaroWinklerAtThresholds("relative", [0.8]),
            cl.LevenshteinAtThresholds("number", [1]),
            cl.LevenshteinAtThresholds("phone", [1]),
        ],
        blocking_rules_to_generate_predictions=[block_on(*block) for block in BLOCKS],
        retain_matching_columns=False,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
