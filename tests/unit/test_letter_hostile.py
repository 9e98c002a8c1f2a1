"""Documents meant to harm, or merely broken: refused with a cause, in bounded time and memory, the others read."""

from __future__ import annotations

import io
import time
import zipfile
import zlib

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from assets.letter_files import bounded
from assets.letter_files.bounded import Extractor
from assets.messages import REASONS
from assets.readers import FileRefused
from tests.unit.letter_documents import LETTER, docx_letter, pdf_letter, saved
from tests.unit.test_letter_files import read
from tests.unit.workspace import Workspace

SECONDS = 5.0


@pytest.fixture(scope="module")
def extractor():
    with Extractor(SECONDS) as started:
        yield started


def repacked(data: bytes, **changes: bytes) -> bytes:
    """A package with parts replaced or added."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as before,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as after,
    ):
        parts = {name: before.read(name) for name in before.namelist()} | changes
        for name, part in parts.items():
            after.writestr(name, part)
    return content.getvalue()


def changed(change) -> bytes:
    """The sound letter with its main part changed."""
    data = docx_letter()
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return repacked(data, **{"word/document.xml": change(package.read("word/document.xml"))})


def entity(xml: bytes, target: bytes) -> bytes:
    head, _, body = xml.partition(b"?>")
    declared = b"<!DOCTYPE d [<!ENTITY e " + target + b">]>"
    return head + b"?>" + declared + body.replace(b"LM-1", b"&e;")


def tracked() -> bytes:
    document = docx.Document(io.BytesIO(docx_letter()))
    inserted = f'<w:ins {nsdecls("w")} w:id="1" w:author="x"><w:r><w:t>2 400 €</w:t></w:r></w:ins>'
    document.paragraphs[0]._p.append(parse_xml(inserted))
    return saved(document)


def wide() -> bytes:
    document = docx.Document(io.BytesIO(docx_letter()))
    for cell in document.tables[0].rows[0]._tr.tc_lst:
        cell.get_or_add_tcPr().append(parse_xml(f'<w:gridSpan {nsdecls("w")} w:val="999999999"/>'))
    return saved(document)


def nested(xml: bytes) -> bytes:
    deep = 5_000
    opened = b"<w:sdt><w:sdtContent>" * deep
    closed = b"</w:sdtContent></w:sdt>" * deep
    return xml.replace(b"<w:body>", b"<w:body>" + opened + closed)


def pdf_of(*objects: bytes) -> bytes:
    """A PDF file of objects numbered from 1; the first is the catalogue."""
    body = b"%PDF-1.4\n"
    for number, content in enumerate(objects, 1):
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    return body + b"trailer << /Root 1 0 R /Size %d >>\n%%%%EOF\n" % (len(objects) + 1)


def stream(data: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        data = zlib.compress(data, 1)
    filters = b" ".join([b"/FlateDecode"] * times)
    return b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream" % (len(data), filters, data)


PAGES = (
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>",
)


def long_work() -> bytes:
    return pdf_of(*PAGES, stream(b"0 0 m 1 1 l S\n" * 3_000_000))


def many_pages() -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 503))
    page = PAGES[2].replace(b"4 0 R", b"503 0 R")
    return pdf_of(PAGES[0], b"<< /Type /Pages /Kids [" + kids + b"] /Count 500 >>", *[page] * 500, stream(b""))


HOSTILE = {
    "docx empty": ("docx", lambda: b"", {"empty_file"}),
    "docx truncated": ("docx", lambda: docx_letter()[:-200], {"not_docx"}),
    "docx that is a pdf": ("docx", pdf_letter, {"not_docx"}),
    "docx with a password": ("docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5000, {"not_docx"}),
    "docx that is another zip": (
        "docx",
        lambda: repacked(docx_letter(), **{"[Content_Types].xml": b"x"}),
        {"not_docx"},
    ),
    "docx bomb": ("docx", lambda: repacked(docx_letter(), **{"word/x.bin": b"\0" * (300 << 20)}), {"too_large"}),
    "docx of many parts": (
        "docx",
        lambda: repacked(docx_letter(), **{f"word/{number}.xml": b"" for number in range(3000)}),
        {"too_many_parts"},
    ),
    "docx with macros": ("docx", lambda: repacked(docx_letter(), **{"word/vbaProject.bin": b"x"}), {"docx_macro"}),
    "docx with a file entity": (
        "docx",
        lambda: changed(lambda xml: entity(xml, b'SYSTEM "file:///etc/passwd"')),
        {"docx_entity"},
    ),
    "docx with a wide entity": ("docx", lambda: changed(lambda xml: entity(xml, b'"&#97;"')), {"docx_entity"}),
    "docx with an entity in UTF-16": (
        "docx",
        lambda: changed(
            lambda xml: entity(xml, b'"x"').decode().replace("UTF-8", "UTF-16", 1).encode("utf-16"),
        ),
        {"docx_entity"},
    ),
    "docx with tracked changes": ("docx", tracked, {"docx_tracked"}),
    "docx nested without end": ("docx", lambda: changed(nested), {"letter_too_heavy", "not_docx"}),
    "docx of damaged xml": ("docx", lambda: changed(lambda xml: xml[:-50]), {"not_docx"}),
    "pdf empty": ("pdf", lambda: b"", {"empty_file"}),
    "pdf that is a docx": ("pdf", docx_letter, {"not_pdf"}),
    "pdf with a password": ("pdf", lambda: pdf_letter(password="secret"), {"pdf_password"}),
    "pdf truncated": ("pdf", lambda: pdf_letter()[:700], {"not_pdf", "pdf_no_text"}),
    "pdf of noise": ("pdf", lambda: b"%PDF-1.7\n" + bytes(range(256)) * 500, {"not_pdf", "pdf_no_text"}),
    "pdf without text": ("pdf", lambda: pdf_of(*PAGES, stream(b"0 0 m 1 1 l S")), {"pdf_no_text"}),
    "pdf of many pages": ("pdf", many_pages, {"too_many_pages"}),
    "pdf whose pages lead in a circle": (
        "pdf",
        lambda: pdf_of(PAGES[0], b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"),
        {"not_pdf", "pdf_no_text", "letter_too_heavy", "letter_too_slow"},
    ),
    "pdf nested without end": (
        "pdf",
        lambda: pdf_of(*PAGES, stream(b"[" * 2_000_000)),
        {"not_pdf", "pdf_no_text", "letter_too_heavy", "letter_too_slow"},
    ),
    "pdf that takes memory": (
        "pdf",
        lambda: pdf_of(*PAGES, stream(b"\0" * (1 << 28), times=2)),
        {"not_pdf", "pdf_no_text", "letter_too_heavy", "letter_too_slow"},
    ),
    "pdf that takes time": ("pdf", long_work, {"letter_too_slow", "letter_too_heavy"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_with_a_cause_and_in_time(extractor, name):
    kind, make, codes = HOSTILE[name]
    data = make()
    began = time.monotonic()
    with pytest.raises(FileRefused) as refusal:
        extractor.extract(kind, data)
    assert refusal.value.code in codes
    assert refusal.value.code in REASONS
    assert time.monotonic() - began < SECONDS + 2


def test_the_next_document_is_read_after_one_that_took_the_process_along(extractor):
    for _ in range(2):
        with pytest.raises(FileRefused):
            extractor.extract("docx", changed(nested))
        assert extractor.extract("docx", docx_letter()).grids


def test_a_file_too_large_is_not_even_opened(extractor, monkeypatch):
    monkeypatch.setattr(bounded, "MAX_BYTES", 1000)
    with pytest.raises(FileRefused) as refusal:
        extractor.extract("docx", docx_letter())
    assert refusal.value.code == "too_large"


def test_links_templates_and_spans_are_neither_followed_nor_believed():
    link = (
        b'<Relationship Id="rId900" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" '
        b'Target="http://127.0.0.1:9/x" TargetMode="External"/></Relationships>'
    )
    data = docx_letter()
    name = "word/_rels/document.xml.rels"
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        rels = package.read(name)
    for kind in (b"hyperlink", b"attachedTemplate", b"image"):
        linked = repacked(data, **{name: rels.replace(b"</Relationships>", link % kind), "../../evil.xml": b"<a/>"})
        assert read(linked).letter == LETTER
    assert [len(row) for row in read_grid(wide()).rows] == [320] * 4


def read_grid(data: bytes):
    from assets.letter_files.docx import read_docx

    return read_docx(data).grids[0]


def test_what_is_hostile_is_rejected_and_everything_else_taken(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.put("documents/a.docx", changed(lambda xml: entity(xml, b'SYSTEM "file:///etc/passwd"')))
    workspace.put("documents/b.DOCX", docx_letter())
    workspace.put("documents/c.pdf", b"%PDF-1.4 nothing")
    workspace.put("documents/d.docx", docx_letter(tables=[[("Mission", "Honoraires"), ("Tenue", "12 00 €")]]))
    workspace.run()
    assert workspace.column("select _file from raw.document") == ["documents/b.DOCX"]
    assert [
        (file, sheet, row, column, value, code) for file, sheet, row, _, column, value, code in workspace.rejects()
    ] == [
        ("documents/a.docx", "", 0, None, None, "docx_entity"),
        ("documents/c.pdf", "", 0, None, None, "not_pdf"),
        ("documents/d.docx", "table 1", 2, "Honoraires", "12 00 €", "letter_amount"),
    ]
