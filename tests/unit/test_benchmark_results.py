"""What the benchmarks keep of their figures, and what the page of figures says of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import asked, plan, report
from benchmarks.__main__ import BENCHMARKS, CITY, describe
from benchmarks.results import keep, kept, series_of, slope


def row(size: int, seconds: float, **more: object) -> dict[str, object]:
    return {"what": f"draw, {size} lines", "series": "draw", "size": size, "seconds": seconds, **more}


def test_a_benchmark_run_again_replaces_its_own_figures_alone(tmp_path: Path):
    path = tmp_path / "results.json"
    keep("draw", [row(10, 1.0), row(100, 10.0)], path)
    keep("web", [{"what": "register", "seconds": 0.5, "yardsticks": {"bare": 0.123456}}], path)
    keep("draw", [row(10, 2.0)], path)
    found = kept(path)
    assert {name: len(each["rows"]) for name, each in found.items()} == {"draw": 1, "web": 1}
    assert found["web"]["rows"][0]["yardsticks"] == {"bare": 0.1235}
    assert path.read_text().endswith("}\n")
    assert json.loads(path.read_text()) == found


def test_the_slope_is_the_power_by_which_a_cost_grows():
    assert slope([(size, 3 * size**1.5) for size in (10, 200, 7000)]) == pytest.approx(1.5)
    assert slope([(10, 1.0), (1000, 1.0)]) == pytest.approx(0)


def test_one_size_alone_tells_nothing_of_growth(tmp_path: Path):
    path = tmp_path / "results.json"
    keep("draw", [row(100, 10.0)], path)
    assert series_of(kept(path)) == {}
    keep("draw-large", [row(10_000, 999.9)], path)
    assert series_of(kept(path)) == {"draw": [(100, 10.0), (10_000, 999.9)]}


def test_the_page_tells_ratios_rates_and_growth(tmp_path: Path):
    path = tmp_path / "results.json"
    keep(
        "draw",
        [row(10, 1.0, yardsticks={"sort": 0.5}, peak_megabytes=61.2, asked="4 s"), row(100, 20.0)],
        path,
    )
    served = {"served": "300/s", "yardstick_served": "900/s"}
    keep(
        "web",
        [{"what": "register", "seconds": 1 / 300, "yardsticks": {"a bare route": 1 / 900}, **served}],
        path,
    )
    page = report.page(kept(path), {"draw": "Of the draw.", "web": "Of the web."})
    assert "## draw\n\nOf the draw.\n" in page
    assert "| draw, 10 lines | 1 s |  | 61 MB | 2.00 × sort (0.5 s) | 4 s |" in page
    assert "| register | 300/s |  |  | 0.33 of the rate of a bare route: 900/s |  |" in page
    assert "| draw | 10 to 100 | 1.30 |" in page
    report.plot(series_of(kept(path)), tmp_path / "one.svg")
    report.plot(series_of(kept(path)), tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_what_was_asked_for_is_missing_until_it_was_measured_at_its_size(tmp_path: Path):
    path = tmp_path / "results.json"
    assert asked.table({}).count(asked.MISSING) == len(asked.ASKED) + 1
    loaded = {"seconds": 20.0, "peak_megabytes": 99.0, "yardsticks": {"COPY": 10.0}}
    sizes = [
        {"what": f"register import, {size:,} rows", "size": size, **loaded} for size in (600_000, 4_999_999)
    ]
    keep("load-large", sizes, path)
    assert asked.table(kept(path)).count(asked.MISSING) == len(asked.ASKED) + 1
    keep(
        "load-large", [*sizes, {"what": "register import, 5,000,000 rows", "size": 5_000_000, **loaded}], path
    )
    keep(
        "rehearse",
        [row(size, size / 1000) | {"series": "rehearse on PostgreSQL"} for size in (20_000, 200_000)],
        path,
    )
    told = asked.table(kept(path))
    assert "| register import | 5,000,000 rows | 40 s | 20 s; 99 MB; 2.00 × COPY, 20" in told
    assert f"1.00 from 20,000 to 200,000 residents, all of a rehearsal; beyond that {asked.MISSING}" in told
    assert told.count(asked.MISSING) == len(asked.ASKED)
    assert asked.table(kept(path)) in report.page(
        kept(path), dict.fromkeys(("load-large", "rehearse"), "Of it.")
    )


def test_the_growth_asked_for_is_that_of_the_draw_where_it_was_measured(tmp_path: Path):
    path = tmp_path / "results.json"
    of_all = [row(size, 9.0, series="rehearse on PostgreSQL") for size in (20_000, 4_000_000)]
    of_draw = [row(size, size / 1e4, series="closing to published bundle") for size in (10_000, 1_992_554)]
    keep("rehearse", of_all, path)
    assert "0.00 from 20,000 to 4,000,000 residents" in asked.table(kept(path))
    keep("rehearse", [*of_all, *of_draw], path)
    assert "1.00 from 10,000 to 1,992,554 registrations |" in asked.table(kept(path))


def test_steps_are_told_by_the_slope_and_never_by_less_than_their_size(tmp_path: Path):
    path, page = tmp_path / "results.json", tmp_path / "scaling.md"
    keep("draw", [row(size, 1e-6 * size**1.1) for size in (20_000, 2_000_000)], path)
    keep("load", [row(size, 30.0, series="bulk registration") for size in (1_000, 2_000_000)], path)
    told = plan.steps(kept(path))
    assert "| importing registrations | 30 s for 2,000,000 | 0.00 | 30 s | 5 minutes | 2.3 hours |" in told
    assert "| 8.5 s for 2,000,000 | 1.10 | 8.5 s | 110 s | 70 minutes |" in told
    page.write_text(f"before\n{plan._BEGINS}old\n{plan._ENDS}after\n", encoding="utf-8")
    for _ in range(2):
        plan.write(kept(path), page)
        assert page.read_text(encoding="utf-8") == f"before\n{plan._BEGINS}{told}{plan._ENDS}after\n"


def test_everything_that_was_asked_for_has_a_benchmark():
    assert {each.benchmark for each in asked.ASKED} <= BENCHMARKS.keys() | CITY.keys()


def test_every_benchmark_says_what_it_measures():
    said = describe()
    assert said.keys() == BENCHMARKS.keys() | CITY.keys()
    assert all(each.endswith(".") and len(each) > 20 for each in said.values())
