"""Exports of time trackers: what a file becomes, what a later one replaces, what the maps make of it."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.messages import REASONS
from assets.readers import FileRefused
from assets.timesheets.reading import read_export
from assets.timesheets.tools import TOOLS, recognise
from tests.unit import tracker_files as files
from tests.unit.tracker_files import Work
from tests.unit.workspace import Workspace, workbook

DAY = date(2026, 3, 13)
AUDIT = Work("Alice", "ACME", "Audit", "Revue", DAY, 5400)


@pytest.fixture
def workspace(tmp_path):
    place = Workspace(tmp_path)
    place.put_minimal()
    place.put("collaborator.csv", "collaborator_id,name,email\nALICE,Alice Martin,alice@cabinet.fr\nBOB,Bob,\n")
    return place


def entries(place: Workspace, columns: str = "source, collaborator_id, mission_id, work_date, minutes") -> list[tuple]:
    return place.query(f"select {columns} from raw.time_entry order by all")


def refused(place: Workspace) -> list[tuple]:
    """(row, column, value, table) of what was rejected."""
    return place.query("select row_number, column_name, value, table_name from raw.rejected_row order by all")


def tracked(place: Workspace, columns: str) -> list[tuple]:
    return place.query(f"select {columns} from input.tracked_entry order by _file, _row")


# --- one file of each tool


@pytest.mark.parametrize(
    ("file", "content", "approved"),
    [
        ("kimai/en.csv", files.kimai([AUDIT]), True),
        ("kimai/fr.csv", files.kimai([AUDIT], french=True, delimiter=";"), True),
        ("kimai/decimal.csv", files.kimai([AUDIT], french=True, delimiter=";", decimal=True), True),
        ("toggl/Toggl_Track_detailed_report.csv", files.toggl([AUDIT]), True),
        ("toggl/amounts.csv", files.toggl([AUDIT], amount=True), True),
        ("clockify/report.csv", files.clockify([AUDIT]), True),
        ("clockify/american.csv", files.clockify([AUDIT], american=True), True),
        ("harvest/report.csv", files.harvest([AUDIT]), True),
        ("harvest/comma.csv", files.harvest([AUDIT], mark=","), True),
        (
            "harvest/waiting.csv",
            files.harvest([Work("Alice", "ACME", "Audit", "Revue", DAY, 5400, approved=False)]),
            False,
        ),
        ("Downloads/report.CSV", files.toggl([AUDIT]), True),
    ],
)
def test_an_export_of_each_tool_in_its_variants_gives_the_same_entry(workspace, file, content, approved):
    workspace.put(f"timesheets/{file}", content)
    report = workspace.run()
    assert refused(workspace) == []
    assert report.unread == () and report.unknown_columns == ()
    assert tracked(workspace, "client, project, task, work_date, minutes, billable, approved, _file, _row") == [
        ("ACME", "Audit", "Revue", DAY, 90, True, approved, f"timesheets/{file}", 2)
    ]


def test_variants_of_a_header_are_the_tool_they_are_of():
    extra = "Project,Client,Description,Activity,User,Group,Email,Tags,Type,Billable,Invoiced,Invoice ID,Start Date"
    extra += ",Start Time,End Date,End Time,Duration (h),Duration (decimal),Date of creation"
    assert recognise(extra.split(",")) is TOOLS["clockify"]
    assert recognise(["De", "date", " À", "DURE\u0301E", "Nom", "Projet", "Activité"]) is TOOLS["kimai"], "accent apart"
    assert recognise(["Date", "Duration"]) is None
    for tool in TOOLS.values():
        best = [names[0] for names in tool.headers.values()]
        assert recognise(best) is tool


def test_a_workbook_is_read_like_a_csv_and_its_line_of_totals_is_no_entry(workspace):
    header = ["Date", "Duration", "Name", "Customer", "Project", "Activity", "Billable"]
    row = [DAY, 1.5, "Alice", "ACME", "Audit", "Revue", True]
    workspace.put(
        "timesheets/kimai/export.xlsx",
        workbook({"Export": [header, row, [None, 1.5, None, None, None, None, None]], "Notes": [["x"]]}),
    )
    report = workspace.run()
    assert refused(workspace) == []
    assert report.unread == ("timesheets/kimai/export.xlsx [Notes]",)
    assert tracked(workspace, "work_date, minutes, billable, _sheet, _row") == [(DAY, 90, True, "Export", 2)]


def test_a_workbook_of_several_exports_is_refused_since_none_is_the_later():
    header = ["Date", "Duration", "Name", "Project", "Activity"]
    with pytest.raises(FileRefused) as refusal:
        read_export("timesheets/kimai/a.xlsx", workbook({"March": [header], "April": [header]}))
    assert (refusal.value.code, refusal.value.expected) == ("tracker_sheets", ("March, April",))


def test_a_duration_a_spreadsheet_keeps_as_a_time_is_read_to_the_minute(workspace):
    import io

    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet, hours = book.add_worksheet(), book.add_format({"num_format": "[h]:mm"})
        for place, name in enumerate(["Date", "Duration", "Name", "Project", "Activity"]):
            sheet.write(0, place, name)
        for row, minutes in enumerate((90, 26 * 60, 1, 0), 1):
            for place, cell in enumerate(["2026-03-13", None, "Alice", f"P{row}", "x"]):
                sheet.write(row, place, cell)
            sheet.write_number(row, 1, minutes / 1440, hours)
    workspace.put("timesheets/kimai/export.xlsx", content.getvalue())
    workspace.run()
    assert tracked(workspace, "minutes") == [(90,), (1560,), (1,), (0,)]


def test_a_file_named_after_a_table_feeds_it_wherever_it_lies(workspace):
    workspace.put("timesheets/kimai/project_map.csv", "tool,project,mission_id\nkimai,Audit,M1\n")
    workspace.run()
    assert workspace.column("select mission_id from raw.project_map") == ["M1"]


# --- dates and durations


def read(*rows: tuple[str, str], header: str = "Date") -> tuple[list[tuple], list[tuple]]:
    """A Kimai export of these dates and durations: (day, minutes) read, and (row, column, value, code) refused."""
    content = files.written(
        [header, "Duration", "Name", "Customer", "Project", "Activity"],
        [[day, duration, "Alice", "ACME", f"P{number}", "x"] for number, (day, duration) in enumerate(rows)],
        ";",
    )
    export, _ = read_export("timesheets/kimai/a.csv", content.encode())
    return (
        export.rows.select("work_date", "minutes").rows(),
        export.rejects.select("row_number", "column_name", "value", "code").rows(),
    )


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("1:30", 90),
        ("01:30:00", 90),
        ("0:00:29", 0),
        ("0:00:30", 1),
        ("01:29:29", 89),
        ("100:05", 6005),
        ("1,5", 90),
        ("1.50", 90),
        ("0,08", 5),
        ("1.33", 80),
        ("0.750", 45),
        ("2", 120),
        ("8,0", 480),
        ("2.000,0", 120_000),
        ("2 000,0", 120_000),
        ("1,234.50", 74_070),
    ],
)
def test_a_duration_is_read_to_the_minute(written, minutes):
    assert read(("2026-03-13", written)) == ([(DAY, minutes)], [])


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "required"),
        *((text, "duration") for text in ("x", "-1:30", "-1", "1:75", "1h30", "1e3", "1e400", "NaN", "٣", "(1,50)")),
        *((text, "duration") for text in ("90 min", "1.2.3", "=1+1", "1:30:00:00", "01:30 AM", "1" * 20)),
        *((text, "duration_max") for text in ("9999:01", "5400", "12.000,5")),
        ("1.500", "hours_ambiguous"),
    ],
)
def test_what_is_no_duration_is_rejected_with_its_place_and_the_others_are_taken(written, code):
    taken, refused = read(("2026-03-13", written), ("2026-03-13", "0:45"))
    assert (taken, refused) == ([(DAY, 45)], [(2, "Duration", written or None, code)])


@pytest.mark.parametrize(("beside", "minutes"), [("0,25", 90_000), ("0.25", 90), ("1.250,5", 90_000)])
def test_a_mark_before_three_digits_is_read_as_the_rest_of_the_column_says(beside, minutes):
    assert read(("2026-03-13", "1.500"), ("2026-03-14", beside))[0][0] == (DAY, minutes)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (["03/04/2026", "13/04/2026"], [date(2026, 4, 3), date(2026, 4, 13)]),
        (["03/04/2026", "03/13/2026"], [date(2026, 3, 4), date(2026, 3, 13)]),
        (["3/4/2026", "3/13/2026"], [date(2026, 3, 4), date(2026, 3, 13)]),
        (["03-04-2026", "13-04-2026"], [date(2026, 4, 3), date(2026, 4, 13)]),
        (["03.04.2026"], [date(2026, 4, 3)]),
        (["03/03/2026"], [date(2026, 3, 3)]),
        (["2026-04-03 00:00:00", "2026-04-04T08:00:00+02:00"], [date(2026, 4, 3), date(2026, 4, 4)]),
    ],
)
def test_one_date_that_reads_one_way_settles_the_column(days, expected):
    taken, refused = read(*((day, "1:00") for day in days))
    assert ([day for day, _ in taken], refused) == (expected, [])


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (["03/04/2026", "05/04/2026"], "dates_ambiguous"),
        (["13/04/2026", "04/13/2026"], "dates_contradictory"),
    ],
)
def test_dates_that_nothing_settles_refuse_the_file(days, code):
    with pytest.raises(FileRefused) as refusal:
        read(*((day, "1:00") for day in days))
    assert (refusal.value.code, refusal.value.row, refusal.value.column) == (code, 1, "Date")


def test_a_refused_export_leaves_what_the_file_said_before(workspace):
    workspace.put("timesheets/kimai/a.csv", files.kimai([AUDIT]))
    workspace.run()
    workspace.put("timesheets/kimai/a.csv", files.kimai([AUDIT]).replace("2026-03-13", "03/04/2026"))
    workspace.run()
    assert tracked(workspace, "work_date") == [(DAY,)]
    assert refused(workspace) == [(1, "Date", None, "time_entry")]


def test_a_header_in_french_settles_that_the_day_comes_first():
    content = files.kimai([Work("Alice", "A", "P", "T", date(2026, 4, 3), 60)], french=True)
    export, _ = read_export("timesheets/a.csv", content.encode())
    assert export.rows["work_date"].to_list() == [date(2026, 4, 3)]


@pytest.mark.parametrize("day", ["31/02/2026", "2026-02-30", "0026-01-01", "13/13/2026", "demain", "01/04/26"])
def test_what_is_no_date_is_rejected_as_written_under_the_name_of_its_column(day):
    taken, refused = read((day, "1:00"), ("2026-03-13", "1:00"), header=" DATE ")
    assert (taken, refused) == ([(DAY, 60)], [(2, "DATE", day, "date")])


# --- files that are no export


def test_a_file_no_tool_wrote_is_refused_with_what_it_lacks(workspace):
    workspace.put("timesheets/kimai/summary.csv", "Customer;Project;Duration\nACME;Audit;1:30\n")
    workspace.put("timesheets/whatever.csv", "a;b\n1;2\n")
    workspace.put("timesheets/kimai/moved.csv", files.toggl([AUDIT]))
    workspace.put("timesheets/toggl/empty.csv", "")
    workspace.put("timesheets/toggl/broken.xlsx", b"PK\x03\x04")
    workspace.run(language="en")
    reasons = dict(workspace.query("select source_file, reason from raw.rejected_row"))
    assert "missing columns: date, activity, e-mail / user / name" in reasons["timesheets/kimai/summary.csv"]
    assert "Kimai, Toggl Track, Clockify, Harvest" in reasons["timesheets/whatever.csv"]
    assert "move it to timesheets/toggl/" in reasons["timesheets/kimai/moved.csv"]
    assert set(reasons) >= {"timesheets/toggl/empty.csv", "timesheets/toggl/broken.xlsx"}
    assert tracked(workspace, "tool") == []


def test_hostile_names_are_kept_as_they_are_or_rejected_masked(workspace):
    names = ["'; drop table x; --", '"quoted"', "=cmd|' /C calc'!A0", "../../etc", "a|b", "x" * 10_001, "nul\x00"]
    rows = [["2026-03-13", "1:00", name, "ACME", name, "x"] for name in names]
    workspace.put(
        "timesheets/kimai/a.csv",
        files.written(["Date", "Duration", "Name", "Customer", "Project", "Activity"], rows),
    )
    workspace.run()
    kept = [project for (project,) in tracked(workspace, "project")]
    assert kept == names[:5]
    masked = workspace.query("select distinct value from raw.rejected_row where column_name = 'Name'")
    assert masked == [("***",)]
    assert all("|" not in mission for (mission,) in entries(workspace, "mission_id"))


def test_nobody_is_named_in_what_was_rejected_nor_in_the_time_entries(workspace):
    content = files.kimai([AUDIT]).replace("1:30", "x") + files.kimai([AUDIT]).split("\r\n")[1] + "\r\n"
    workspace.put("timesheets/kimai/a.csv", content)
    workspace.run()
    told = str(workspace.query("from raw.rejected_row")) + str(workspace.query("from raw.time_entry"))
    assert "alice" not in told.lower()


# --- overlapping exports


def minutes_by_day(place: Workspace) -> dict[date, int]:
    return dict(place.query("select work_date, sum(minutes) from input.tracked_entry group by 1"))


def test_the_same_export_twice_and_overlapping_ones_double_nothing(workspace):
    week = [Work("Alice", "ACME", "Audit", "Revue", DAY + timedelta(days), 3600) for days in range(5)]
    twice = [*week, week[0]]
    workspace.put("timesheets/kimai/1.csv", files.kimai(twice))
    workspace.put("timesheets/kimai/2.csv", files.kimai(reversed(twice), french=True, delimiter=";"))
    workspace.run()
    keys = workspace.column("select _key from raw.time_entry")
    assert len(keys) == len(set(keys)) == 6, "an entry may well be there twice"
    workspace.put("timesheets/kimai/3.csv", files.kimai(week[3:]))
    workspace.run()
    assert sorted(workspace.column("select _key from raw.time_entry")) == sorted(keys), "the keys are those there were"
    assert {file for (file,) in entries(workspace, "_file")} == {"timesheets/kimai/2.csv", "timesheets/kimai/3.csv"}


def test_a_later_export_takes_out_what_was_deleted_for_the_users_and_days_it_covers(workspace):
    def work(user, day, seconds=3600):
        return Work(user, "ACME", "Audit", "Revue", date(2026, 3, day), seconds)

    workspace.put("timesheets/kimai/1.csv", files.kimai([work("Alice", 2), work("Alice", 20), work("Bob", 10)]))
    workspace.put("timesheets/toggl/1.csv", files.toggl([work("Alice", 12)]))
    workspace.run()
    # Alice's day 20 moved to the 18th. Not covered: her day 2, all of Bob, the other tool.
    workspace.put("timesheets/kimai/2.csv", files.kimai([work("Alice", 10), work("Alice", 18), work("Alice", 25)]))
    workspace.run()
    assert entries(workspace, "source, collaborator_id[:5], day(work_date)") == [
        ("kimai", "kimai", day) for day in (2, 10, 10, 18, 25)
    ] + [("toggl", "toggl", 12)]


def test_a_day_of_one_user_covers_the_days_of_the_others_in_the_same_export(workspace):
    alice, bob = (Work(user, "A", "P", "T", date(2026, 3, 31), 3600) for user in ("Alice", "Bob"))
    early = Work("Alice", "A", "P", "T", date(2026, 3, 1), 3600)
    workspace.put("timesheets/kimai/1.csv", files.kimai([early, alice, bob]))
    workspace.put("timesheets/kimai/2.csv", files.kimai([early, bob]))
    workspace.run()
    assert minutes_by_day(workspace) == {date(2026, 3, 1): 60, date(2026, 3, 31): 60}, "Alice's last entry was deleted"


def test_an_export_without_entries_replaces_nothing(workspace):
    workspace.put("timesheets/kimai/1.csv", files.kimai([AUDIT]))
    workspace.put("timesheets/kimai/2.csv", files.kimai([]))
    workspace.run()
    assert (refused(workspace), len(entries(workspace))) == ([], 1)


def test_what_is_mended_in_the_tool_without_touching_the_work_keeps_its_key(workspace):
    workspace.put("timesheets/harvest/1.csv", files.harvest([AUDIT]))
    workspace.run()
    before = entries(workspace, "source_id, billable, approved, description")
    again = Work("Alice", "ACME", "Audit", "Revue", DAY, 5400, billable=False, approved=False, description="Note")
    workspace.put("timesheets/harvest/2.csv", files.harvest([again]))
    workspace.run()
    assert entries(workspace, "source_id, billable, approved, description") == [(before[0][0], False, False, "Note")]


# --- maps


def test_the_narrowest_mapping_wins_in_its_days(workspace):
    for number in range(3, 8):
        workspace.put(
            f"mission_{number}.csv",
            "mission_id,client_file_id,mission_code,vintage,fy_label,billing_mode,service_code,start_date\n"
            f"M{number},F1,X{number},2025,2025,TIME,BOOK,2025-01-01\n",
        )
    workspace.put(
        "project_map.csv",
        "tool;client;project;task;mission_id;valid_from;valid_to\n"
        "kimai;;Audit;;M1;;\n"
        "kimai;;Audit;Revue;M2;;\n"
        "Kimai;ACME;Audit;;M3;;\n"
        "kimai;acme;AUDIT;Revue;M4;;2026-03-31\n"
        "kimai;ACME;Audit;Revue;M5;2026-04-01;\n"
        "kimai;ACME;Audit;Revue;M6;2026-05-01;\n"
        "toggl;;Audit;;M7;;\n",
    )
    cases = {
        ("Beta", "Autre", date(2026, 3, 1)): "M1",
        ("Beta", "Revue", date(2026, 3, 1)): "M2",
        ("ACME", "Autre", date(2026, 3, 1)): "M3",
        ("ACME", "Revue", date(2026, 3, 31)): "M4",
        ("ACME", "Revue", date(2026, 4, 1)): "M5",
        ("ACME", "Revue", date(2026, 5, 1)): "M6",
        ("", "", date(2026, 3, 2)): "M1",
    }
    workspace.put(
        "timesheets/kimai/1.csv",
        files.kimai([Work("Alice", client, "Audit", task, day, 60) for client, task, day in cases]),
    )
    workspace.run()
    assert workspace.query("select mission_id, _row from raw.time_entry order by _row") == [
        (mission, row) for row, mission in enumerate(cases.values(), 2)
    ]


def test_a_mapping_delivered_later_covers_what_is_archived_without_its_file(workspace):
    file = workspace.put("timesheets/kimai/1.csv", files.kimai([AUDIT]))
    workspace.run()
    ((source, user, mission, *_),) = entries(workspace)
    assert (source, mission) == ("kimai", "kimai: ACME / Audit / Revue")
    assert user.startswith("kimai:") and "alice" not in user.lower()
    file.unlink()
    workspace.put("project_map.csv", "tool,client,project,task,mission_id\nkimai,,Audit,,M1\n")
    workspace.put("user_map.csv", "tool,user,collaborator_id\nkimai,Alice@Cabinet.fr,ALICE\n")
    workspace.run()
    assert entries(workspace) == [("kimai", "ALICE", "M1", DAY, 90)]


@pytest.mark.parametrize("user", ["alice@cabinet.fr", "alice", "ALICE", " Alice "])
def test_a_user_is_mapped_by_e_mail_login_or_name(workspace, user):
    workspace.put("timesheets/kimai/1.csv", files.kimai([AUDIT]))
    workspace.put("user_map.csv", f"tool,user,collaborator_id\nkimai,{user},ALICE\n")
    workspace.run()
    assert [row[1] for row in entries(workspace)] == ["ALICE"]


def test_a_correction_gives_an_entry_of_a_tracker_its_mission(workspace):
    workspace.put("timesheets/kimai/1.csv", files.kimai([AUDIT]))
    workspace.run()
    (key,) = workspace.column("select _key from raw.time_entry")
    workspace.put(
        "correction.csv",
        f"correction_id,table,key,column,new_value,reason,author\nC1,time_entry,{key},mission_id,M2,r,me\n"
        "C2,tracked_entry,x,minutes,1,r,me\n",
    )
    workspace.run()
    assert [row[2] for row in entries(workspace)] == ["M2"]
    assert workspace.query("select row_number, column_name from raw.rejected_row") == [(3, "table")]


def test_an_entry_of_no_time_is_no_work_to_bill_and_one_without_project_can_be_mapped(workspace):
    workspace.put("timesheets/toggl/1.csv", files.toggl([Work("Alice", "", "", "", DAY, 20)]))
    workspace.put("project_map.csv", "tool,project,mission_id\ntoggl,-,M1\n")
    workspace.run()
    assert entries(workspace, "mission_id, minutes, billable") == [("M1", 0, False)]


# --- any entries, any tool

USERS, CLIENTS, PROJECTS, TASKS = (
    ("Alice", "Bob"),
    ("ACME", "Büro; Süd", 'L"Or'),
    ("Audit", "Bilan 2025"),
    ("", "Revue"),
)
WORK = st.builds(
    Work,
    user=st.sampled_from(USERS),
    client=st.sampled_from(CLIENTS),
    project=st.sampled_from(PROJECTS),
    task=st.sampled_from(TASKS),
    day=st.dates(date(2026, 3, 1), date(2026, 4, 30)),
    seconds=st.integers(1, 40 * 60).map(lambda minutes: minutes * 60),
    billable=st.booleans(),
    description=st.sampled_from(["", "call", 'a;b\n"c"']),
)
WRITERS = {
    "kimai": lambda work, _: files.kimai(work),
    "kimai_fr": lambda work, _: files.kimai(work, french=True, delimiter=";", decimal=True),
    "toggl": lambda work, _: files.toggl(work),
    "clockify": lambda work, american: files.clockify(work, american=american),
    "harvest": lambda work, american: files.harvest(work, mark="." if american else ","),
}


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(sorted(WRITERS)), st.lists(WORK, min_size=1, max_size=30), st.booleans(), st.integers(0, 10**6))
def test_minutes_per_mission_are_those_that_were_worked(tmp_path_factory, writer, work, american, seed):
    # A day beyond the 12th settles how dates are written, as in any export of a month.
    work = [*work, Work("Alice", "ACME", "Audit", "", date(2026, 3, 28), 60)]
    tool = writer.partition("_")[0]
    place = Workspace(tmp_path_factory.mktemp("any"))
    place.put_minimal()
    place.put("project_map.csv", f"tool,project,mission_id\n{tool},Audit,M1\n{tool},Bilan 2025,M2\n")
    place.put(f"timesheets/{tool}/1.csv", WRITERS[writer](work, american))
    shuffled = Random(seed).sample(work, len(work))
    place.put(f"timesheets/{tool}/2.csv", WRITERS[writer](shuffled, american))
    place.run()
    expected: dict[tuple, int] = {}
    for each in work:
        key = ("M1" if each.project == "Audit" else "M2", each.day, each.billable)
        expected[key] = expected.get(key, 0) + each.seconds // 60
    found = place.query("select mission_id, work_date, billable, sum(minutes) from raw.time_entry group by all")
    assert {tuple(key): minutes for *key, minutes in found} == expected
    assert refused(place) == []
    keys = place.column("select _key from raw.time_entry")
    assert len(keys) == len(set(keys)) == len(work)


# --- any file at all

CELLS = st.one_of(
    st.sampled_from(
        ["", "2026-03-13", "13/03/2026", "1:30", "1,5", "1.500", "Yes", "a@b.fr", '"', "\x00", "\x1a#", "٣"]
    ),
    st.text(max_size=12),
)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(files.HEADERS)),
    st.lists(st.lists(CELLS, min_size=25, max_size=27), max_size=4),
    st.sampled_from([",", ";", "\t"]),
    st.binary(max_size=6),
    st.integers(0, 400),
)
def test_whatever_is_in_a_file_it_is_read_or_refused_with_a_reason(name, rows, delimiter, noise, place):
    header = files.header(name)
    content = files.written(header, [row[: len(header)] for row in rows], delimiter).encode("utf-8", "replace")
    content = content[:place] + noise + content[place:]
    try:
        export, _ = read_export(f"timesheets/{name.partition('_')[0]}/a.csv", content)
    except FileRefused as refusal:
        assert refusal.code in REASONS
    else:
        assert set(export.rejects["code"]) <= REASONS.keys()
        assert export.rows["minutes"].null_count() == export.rows["user"].null_count() == 0
