"""Publication: sorted Parquet, the same bytes on a rerun, switched in one step."""

import os
import threading

import duckdb
import pytest

from assets.publication import (
    RELATIONS,
    VERSIONS,
    publish_month,
    published_months,
    sweep_versions,
)

ROWS = 5000


def make_warehouse(path, shuffled=False, amount="10.00", validated_at="null"):
    """Output relations with a few columns each, `prebill_line` long enough for several threads."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for schema in ("marts", "raw"):
            connection.execute(f"create schema {schema}")
        order = "hash(i)" if shuffled else "i"
        connection.execute(
            f"""
            create table marts.prebill_line as
            select
                case when i % 2 = 0 then '2026-03' else '2026-02' end as month,
                'L' || i as line_key,
                ({amount} + i)::decimal(18, 2) as amount_net,
                case when i % 3 = 0 then null else 'x' end as label,
            from range({ROWS}) as numbers(i)
            order by {order}
            """
        )
        for relation, source in RELATIONS.items():
            if relation == "month_state":
                connection.execute(
                    f"create table {source} as select '2026-03' as month, {validated_at}::timestamp as validated_at"
                )
            elif relation != "prebill_line":
                connection.execute(f"create table {source} as select '2026-03' as month, 'k' as key, 'f' as _file")
    return path


def contents(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.fixture
def published(tmp_path):
    folder = tmp_path / "published"
    folder.mkdir()
    return folder


def test_every_output_relation_is_published_with_the_rows_of_the_month(tmp_path, published):
    publication = publish_month(make_warehouse(tmp_path / "w.duckdb"), published, "2026-03")
    assert {file.stem for file in (published / "2026-03").iterdir()} == set(RELATIONS)
    assert publication.rows["prebill_line"] == ROWS // 2
    with duckdb.connect() as connection:
        months = connection.execute(
            f"select distinct month from read_parquet('{published}/2026-03/prebill_line.parquet')"
        ).fetchall()
        columns = connection.execute(f"from read_parquet('{published}/2026-03/client_file.parquet')").description
    assert months == [("2026-03",)]
    assert [column[0] for column in columns] == ["month", "key"]


def test_a_rerun_gives_the_same_bytes_whatever_the_order_of_the_rows(tmp_path, published):
    first = publish_month(make_warehouse(tmp_path / "w.duckdb"), published, "2026-03")
    before = contents(published / "2026-03")
    again = publish_month(make_warehouse(tmp_path / "w.duckdb", shuffled=True), published, "2026-03")
    assert contents(published / "2026-03") == before
    assert (again.digest, again.changed) == (first.digest, False)


def test_a_clock_time_changes_the_version_but_not_the_digest(tmp_path, published):
    first = publish_month(make_warehouse(tmp_path / "w.duckdb"), published, "2026-03")
    stamped = make_warehouse(tmp_path / "w.duckdb", validated_at="timestamp '2026-04-01 09:00:00'")
    second = publish_month(stamped, published, "2026-03")
    assert (second.digest, second.changed) == (first.digest, True)


def test_another_month_stays_as_it_was(tmp_path, published):
    warehouse = make_warehouse(tmp_path / "w.duckdb")
    publish_month(warehouse, published, "2026-02")
    before = contents(published / "2026-02")
    publish_month(make_warehouse(tmp_path / "w.duckdb", amount="20.00"), published, "2026-03")
    assert contents(published / "2026-02") == before
    assert published_months(published) == ["2026-02", "2026-03"]


def test_replaced_versions_and_orphans_of_a_kill_are_swept_and_live_ones_are_not(tmp_path, published):
    publish_month(make_warehouse(tmp_path / "w.duckdb"), published, "2026-03")
    old = os.path.basename(os.readlink(published / "2026-03"))
    publish_month(make_warehouse(tmp_path / "w.duckdb", amount="20.00"), published, "2026-03")
    (published / VERSIONS / "2026-03.half").mkdir()
    (published / VERSIONS / "2026-03.half" / "prebill_line.parquet").write_bytes(b"PAR1")
    os.symlink("nowhere", published / VERSIONS / "2026-04.link")
    assert sweep_versions(published) == sorted([old, "2026-03.half", "2026-04.link"])
    assert len(list((published / "2026-03").iterdir())) == len(RELATIONS)
    assert sweep_versions(published) == []


def test_nothing_is_swept_where_nothing_was_published(tmp_path):
    assert sweep_versions(tmp_path / "published") == []
    assert published_months(tmp_path / "published") == []


def test_a_failure_half_way_leaves_the_published_month_untouched(tmp_path, published):
    publish_month(make_warehouse(tmp_path / "w.duckdb"), published, "2026-03")
    before = contents(published / "2026-03")
    broken = make_warehouse(tmp_path / "w.duckdb", amount="20.00")
    with duckdb.connect(str(broken)) as connection:
        connection.execute("drop table marts.month_state")
    with pytest.raises(duckdb.Error):
        publish_month(broken, published, "2026-03")
    assert contents(published / "2026-03") == before


def test_a_workspace_copied_with_its_links_followed_can_be_published_into(tmp_path, published):
    (published / "2026-03").mkdir()
    (published / "2026-03" / "prebill_line.parquet").write_bytes(b"PAR1")
    publish_month(make_warehouse(tmp_path / "w.duckdb"), published, "2026-03")
    assert (published / "2026-03").is_symlink()


def test_readers_see_one_version_or_the_other_while_months_are_switched(tmp_path, published):
    one = make_warehouse(tmp_path / "one.duckdb")
    other = make_warehouse(tmp_path / "other.duckdb", amount="20.00")
    publish_month(one, published, "2026-03")
    seen, stop = [], threading.Event()

    def read():
        with duckdb.connect() as connection:
            while not stop.is_set():
                folder = os.path.realpath(published / "2026-03")
                file = f"{folder}/prebill_line.parquet"
                seen.append(connection.execute(f"select count(*), min(amount_net) from '{file}'").fetchone())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(20):
        publish_month(other if number % 2 else one, published, "2026-03")
    stop.set()
    reader.join()
    assert {rows for rows, _ in seen} == {ROWS // 2}
