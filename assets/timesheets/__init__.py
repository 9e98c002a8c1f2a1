"""Exports of time trackers: from a file of Kimai, Toggl, Clockify or Harvest to time entries of missions.

`tools` knows the headers, `cells` the ways to write a date or a duration, `reading` turns a file into rows of
`tracked_entry`, `mapping` turns those into time entries through `project_map` and `user_map`, in SQL and at each run,
and `proposals` looks for the mappings that are missing. Nothing here bills anything.
"""
