"""Engagement letters as people write them: DOCX and PDF files to the structure of the JSON letter.

`docx` and `pdf` lay a file out as lines of text and tables (`content`), in a process of its own with bounds (`bounded`,
`worker`), since such files come from outside. `reading` turns that into a letter or refuses it; `fees` reads its fee
tables, `identity` what the letter says of itself, `revision` the clause on yearly revision; `words` holds the wordings
understood and `values` amounts, dates and the like. What is checked of a letter afterwards is checked by
`assets.letters`, whatever it came from.
"""
