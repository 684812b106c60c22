"""Files of unknown origin: encoding, delimiter, records and their lines. Without a database."""

import gzip
import io
import zipfile

import pytest

from compliance.errors import InvalidInput
from compliance.imports.csv_cases import COLUMNS, CaseFile, CaseLine, LineResult
from compliance.imports.text_files import Record, encoding_of, records

HEADER = "applicant_external_id,full_name,account,kind,reference"
WHOLE = ",".join(COLUMNS)
GOOD = "X1,Ilse Brandmüller,cko,identity,idv_1"
PLAIN = "X1,Ada Bo,cko,identity,r1"
XLSX = b"PK\x03\x04\x14\x00"


def found(content: bytes) -> list[str]:
    """Each line as ``number ok`` or ``number error``; or the sentence that refuses the file."""
    try:
        file = CaseFile(lambda: io.BytesIO(content))
    except InvalidInput as refusal:
        return [str(refusal)]
    lines = list(file.lines())
    assert len(lines) == file.rows
    notices = [file.encoding.notice] if file.encoding.notice else []
    return notices + [f"{one.line} ok" if isinstance(one, CaseLine) else f"{one.line} {one.error}" for one in lines]


def text(*lines: str, end: str = "\r\n") -> str:
    return end.join(lines) + end


def zipped(name: str, content: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
    return out.getvalue()


def row(**given: str) -> str:
    filled = {"applicant_external_id": "X1", "full_name": "Ada Bo", "account": "cko", "kind": "identity"}
    values = dict.fromkeys(COLUMNS, "") | filled | {"reference": "r1"} | given
    return ",".join(values.values())


CP1252 = "Not UTF-8. It is read as Windows-1252: check the letters, first in line 2."
QUOTE = "A quotation mark opens here and is not closed, or text follows it."
SHORTENED = "A spreadsheet has shortened this number. Format the column as text and export it again."
DATE = "birth_date: Expected YYYY-MM-DD."
ALONE = "The line has one value only: it does not use the delimiter of the header."
BREAK = "Contains a line break or another control character."
FORMULA = "This is a formula of a spreadsheet."
SAVE = "Save the table as “CSV UTF-8”."
WESTERN = ("François Noël", "Íñigo Óþersson", "Mª José Åström", "Söören Määttä", "Seán O’Brien–Díaz")
ICONV = "iconv"
RFC, EXCEL, UNICODE, ISO, CASES = "RFC 4180", "Excel", "Unicode 16, chapter 3.10", "ISO 3166-1", "given cases"

FILES: dict[str, tuple[str, bytes, list[str]]] = {
    "lines end with CRLF": (RFC, text(HEADER, GOOD).encode(), ["2 ok"]),
    "lines end with LF": (RFC, text(HEADER, GOOD, end="\n").encode(), ["2 ok"]),
    "lines end with CR": (EXCEL + " for Mac", text(HEADER, GOOD, end="\r").encode(), ["2 ok"]),
    "the last line has no end": (RFC, text(HEADER, GOOD).rstrip().encode(), ["2 ok"]),
    "fields in quotation marks": (RFC, text(HEADER, '"X1","Bo, Ada","cko","identity","r1"').encode(), ["2 ok"]),
    "a doubled quotation mark": (RFC, text(HEADER, 'X1,"Ada ""Bo"" Li",cko,identity,r1').encode(), ["2 ok"]),
    "a line break inside a field": (
        RFC,
        text(HEADER, 'X1,"Ada\nBo",cko,identity,r1', GOOD).encode(),
        ["2 full_name: Contains a line break or another control character.", "4 ok"],
    ),
    "an unclosed quotation mark": (RFC, text(HEADER, 'X1,"Ada,cko,identity,r1', GOOD).encode(), [f"2 {QUOTE}", "3 ok"]),
    "an unclosed quotation mark before quoted fields": (
        RFC,
        text(HEADER, GOOD, 'X2,"Ada,cko,identity,r2', 'X3,"Ada Li",cko,identity,r3', GOOD).encode(),
        ["2 ok", f"3 {QUOTE}", "4 ok", "5 ok"],
    ),
    "text after a quotation mark": (RFC, text(HEADER, 'X1,"Ada" Bo,cko,identity,r1').encode(), [f"2 {QUOTE}"]),
    "an unclosed quotation mark in the header": (RFC, text('"' + HEADER, GOOD).encode(), [f"line 1: {QUOTE}"]),
    "more values than columns": (
        RFC,
        text(HEADER, GOOD + ",more").encode(),
        ["2 The line has more values than the header has columns."],
    ),
    "a delimiter at the end of each line": (EXCEL, text(HEADER + ",", GOOD + ",").encode(), ["2 ok"]),
    "fewer values than columns": (EXCEL, text(WHOLE, row().rstrip(",")).encode(), ["2 ok"]),
    "semicolons": (EXCEL + " in German", text(HEADER, GOOD).replace(",", ";").encode("utf-8-sig"), ["2 ok"]),
    "tabs": (EXCEL + ", Unicode text", text(HEADER, GOOD).replace(",", "\t").encode(), ["2 ok"]),
    "sep= with a comma": (EXCEL, text("sep=,", HEADER, GOOD).encode(), ["3 ok"]),
    "sep= with a bar": (EXCEL, text("SEP=|", *text(HEADER, GOOD).replace(",", "|").split("\r\n")).encode(), ["3 ok"]),
    "sep= alone": (EXCEL, b"sep=,\r\n", ["The file has no header."]),
    "UTF-8 with a mark": (UNICODE, text(HEADER, GOOD).encode("utf-8-sig"), ["2 ok"]),
    "UTF-16 with a mark": (UNICODE, text(HEADER, GOOD).encode("utf-16"), ["2 ok"]),
    "UTF-16 with a mark, big endian": (UNICODE, b"\xfe\xff" + text(HEADER, GOOD).encode("utf-16-be"), ["2 ok"]),
    "UTF-16 without a mark": (UNICODE, text(HEADER, GOOD).encode("utf-16-le"), ["2 ok"]),
    "UTF-16 big endian without a mark": (UNICODE, text(HEADER, GOOD).encode("utf-16-be"), ["2 ok"]),
    "UTF-16 that is cut": (UNICODE, b"\xff\xfe\x00", ["line 1: This is not UTF-16, though the file begins so."]),
    "Windows-1252": (EXCEL, text(HEADER, GOOD).encode("cp1252"), [CP1252, "2 ok"]),
    "one byte of Windows-1252 in a UTF-8 file": (
        CASES,
        text(HEADER, GOOD).encode() + text("X2,Ilse Brandm\xfcller,cko,identity,r2").encode("cp1252"),
        ["line 3: This is not UTF-8, though the rest of the file is. Export the file again."],
    ),
    "a byte that Windows-1252 does not have": (
        UNICODE,
        text(HEADER).encode() + b"X1,Ada \x81,cko,identity,r1\r\n",
        ["line 2: This is neither UTF-8 nor Windows-1252. Export the file as UTF-8."],
    ),
    "a spreadsheet": (EXCEL, XLSX, ["This is an .xlsx file. Save the table as “CSV UTF-8”."]),
    "an empty file": (RFC, b"", ["The file is empty."]),
    "blank lines only": (RFC, b"\r\n,,,\r\n", ["The file has no header."]),
    "a header only": (RFC, text(HEADER).encode(), []),
    "blank lines anywhere": (CASES, text("", HEADER, "", GOOD, ",,,,", "", GOOD).encode(), ["4 ok", "7 ok"]),
    "a repeated column": (CASES, text(HEADER + ",full_name", GOOD).encode(), ["The header repeats: full_name."]),
    "an unknown column": (CASES, text(HEADER + ",colour", GOOD).encode(), ["The header has unknown columns: colour."]),
    "missing columns": (CASES, text("full_name,kind").encode(), [
        "The header lacks: applicant_external_id, account, reference."]),
    "a header in capitals": (EXCEL, text(HEADER.upper(), GOOD).encode(), ["2 ok"]),
    "a name of 140,000 characters": (
        CASES,
        text(HEADER, f"X1,{'A' * 140_000},cko,identity,r1", GOOD).encode(),
        ["2 full_name: Longer than 300 characters.", "3 ok"],
    ),
    "an id that Excel has shortened": (
        EXCEL, text(WHOLE, row(applicant_external_id="1.23457E+11")).encode(), [
            f"2 applicant_external_id: {SHORTENED}"]),
    "a reference that Excel has shortened": (
        EXCEL + " in German", text(HEADER, 'X1,Ada Bo,cko,identity,"1,23457E+11"').encode(), [
            f"2 reference: {SHORTENED}"]),
    "an error value of Excel": (
        EXCEL, text(WHOLE, row(case_reference="#N/A")).encode(), [
            "2 case_reference: This is an error value of a spreadsheet."]),
    "an id with leading zeros": (EXCEL, text(WHOLE, row(applicant_external_id="000123")).encode(), ["2 ok"]),
    "a date as a number": (EXCEL, text(WHOLE, row(birth_date="33345")).encode(), [
        f"2 {DATE} A spreadsheet wrote the date as a number."]),
    "a date with slashes": (EXCEL, text(WHOLE, row(birth_date="17/04/1991")).encode(), [f"2 {DATE}"]),
    "a date with a time": (EXCEL, text(WHOLE, row(birth_date="1991-04-17 00:00:00")).encode(), [f"2 {DATE}"]),
    "a day that does not exist": (CASES, text(WHOLE, row(birth_date="1991-04-31")).encode(), [f"2 {DATE}"]),
    "the United Kingdom as UK": (ISO, text(WHOLE, row(country="UK")).encode(), [
        "2 country: UK is no code of ISO 3166-1. Write GB."]),
    "Greece as EL": (ISO, text(WHOLE, row(country="el")).encode(), [
        "2 country: EL is no code of ISO 3166-1. Write GR."]),
    "a country that does not exist": (ISO, text(WHOLE, row(country="XX")).encode(), [
        "2 country: XX is no code of ISO 3166-1."]),
    "Kosovo": (ISO + ", user-assigned", text(WHOLE, row(country="XK")).encode(), ["2 ok"]),
    "a name without a letter": (CASES, text(WHOLE, row(full_name="12345")).encode(), [
        "2 full_name: Expected a name with letters."]),
    "a name in Arabic letters": (UNICODE, text(WHOLE, row(full_name="علی کریمی")).encode(), ["2 ok"]),
    "the last line is an end-of-file mark": ("MS-DOS", text(HEADER, GOOD).encode() + b"\x1a", ["2 ok", f"3 {ALONE}"]),
    "a footer of a database client": ("sqlcmd", text(HEADER, GOOD, "(1 row)").encode(), ["2 ok", f"3 {ALONE}"]),
    "semicolons below a header with commas": (CASES, text(HEADER, GOOD.replace(",", ";"), GOOD).encode(), [
        f"2 {ALONE}", "3 ok"]),
    "bars": (CASES, text(HEADER, GOOD).replace(",", "|").encode(), ["2 ok"]),
    "blanks before quotation marks": (CASES, text(HEADER, 'X1, "Bo, Ada", cko, identity, r1').encode(), ["2 ok"]),
    "lines end with CR, one of them Windows-1252": (
        EXCEL + " for Mac",
        text(HEADER, GOOD, end="\r").encode() + "X2,Ilse Brandmüller,cko,identity,r2\r".encode("cp1252"),
        ["line 3: This is not UTF-8, though the rest of the file is. Export the file again."],
    ),
    "half a surrogate pair in UTF-16": (
        UNICODE,
        text(HEADER, GOOD, "X2,Ada\ud800,cko,identity,r2").encode("utf-16", "surrogatepass"),
        ["line 3: This is not UTF-16, though the file begins so."],
    ),
    "half a surrogate pair in UTF-8": (
        UNICODE,
        text(HEADER, GOOD, "X2,Ada\ud800,cko,identity,r2").encode("utf-8", "surrogatepass"),
        ["line 3: This is not UTF-8, though the rest of the file is. Export the file again."],
    ),
    "UTF-32": (UNICODE, text(HEADER, GOOD).encode("utf-32"), [f"This is UTF-32. {SAVE}"]),
    **{
        f"the code page {page}": (ICONV, text(HEADER, PLAIN, f"X2,{name},cko,identity,r2", end=end).encode(page), [
            "line 3: This is neither UTF-8 nor Windows-1252. Export the file as UTF-8."])
        for page, name, end in (
            ("cp1251", "Иван Петров", "\n"), ("koi8-r", "Иван Петров", "\n"), ("cp1253", "Ελένη Παππά", "\n"),
            ("cp1250", "Łucja Źrebiec", "\n"), ("cp1256", "علي كريمي", "\n"), ("gb18030", "张伟", "\n"),
            ("shift_jis", "山田太郎", "\n"), ("mac-roman", "Jürgen Bär", "\r"), ("cp850", "Jürgen Bär", "\n"),
        )
    },
    "names of Western Europe in Windows-1252": (
        ICONV,
        text(HEADER, *(f"X1,{name},cko,identity,r1" for name in WESTERN)).encode("cp1252"),
        [CP1252, *(f"{number} ok" for number in range(2, 2 + len(WESTERN)))],
    ),
    "letters encoded twice": (
        UNICODE,
        text(HEADER, GOOD.encode().decode("cp1252")).encode(),
        ["2 full_name: Its letters were encoded as UTF-8 twice. Export the file again."],
    ),
    "letters that an export lost": (
        UNICODE,
        text(HEADER, *(f"X1,Ilse Brandm{sign}ller,cko,identity,r1" for sign in "?\ufffd")).encode(),
        [f"{line} full_name: A letter was lost in an export: “?” or “�” replaces it." for line in (2, 3)],
    ),
    "a NUL in the account": (UNICODE, text(WHOLE, row(account="c\x00ko")).encode(), [f"2 account: {BREAK}"]),
    "a NUL in the kind": (UNICODE, text(WHOLE, row(kind="\x00identity")).encode(), [f"2 kind: {BREAK}"]),
    "a kind of 100,000 characters": (
        CASES, text(WHOLE, row(kind="k" * 100_000)).encode(), ["2 kind: Longer than 20 characters."]),
    "a line separator in a name": (UNICODE, text(WHOLE, row(full_name="Ada\u2028Bo")).encode(), [
        f"2 full_name: {BREAK}"]),
    "an e-mail address of 279 characters": (
        "RFC 5321", text(WHOLE, row(email=f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.{'f' * 17}.de")).encode(), [
            "2 email: Longer than 254 characters."]),
    "formulas": (
        EXCEL,
        text(HEADER, "X1,=A2,cko,identity,r1", '="007",Ada Bo,cko,identity,r1').encode(),
        [f"2 full_name: {FORMULA}", f"3 applicant_external_id: {FORMULA} Export its value."],
    ),
    "error values of a German Excel": (EXCEL, text(WHOLE, row(reference="#BEZUG!"), row(full_name="#NV")).encode(), [
        "2 reference: This is an error value of a spreadsheet.",
        "3 full_name: This is an error value of a spreadsheet."]),
    "words for an empty value": (
        "SQL and pandas",
        text(WHOLE, row(applicant_external_id="NULL"), row(full_name="None"), row(reference="n/a")).encode(),
        [f"{line} {column}: This word or sign stands for an empty value."
         for line, column in ((2, "applicant_external_id"), (3, "full_name"), (4, "reference"))],
    ),
    "an id that Java has shortened": ("Double.toString", text(WHOLE, row(reference="1.23457E11")).encode(), [
        f"2 reference: {SHORTENED}"]),
    "a birth date to come": (CASES, text(WHOLE, row(birth_date="2999-01-01")).encode(), [
        "2 birth_date: This date is not plausible."]),
    "settings that repeat a name": (
        "RFC 8259, 4", text(HEADER + ",settings", GOOD + ',"{""a"": 1, ""a"": 2}"').encode(), [
            "2 settings: Expected a JSON object without repeated names."]),
    **{
        f"{kind} with the name of a CSV file": (source, content, [f"This is {kind}. {SAVE}"])
        for kind, source, content in (
            ("a ZIP file", "PKWARE APPNOTE, 4.3.7", zipped("cases.csv")),
            ("an .xlsx file", "ECMA-376", zipped("[Content_Types].xml")),
            ("an .ods file", "OpenDocument 1.3, part 2", zipped("mimetype", "application/vnd.oasis.opendocument")),
            ("an HTML or XML file", EXCEL, b"<html><table><tr><td>account</td></tr></table></html>"),
            ("an .rtf file", "RTF 1.9", b"{\\rtf1 text}"),
            ("a compressed file", "RFC 1952", gzip.compress(text(HEADER, GOOD).encode())),
            ("an image or video (png)", "PNG", b"\x89PNG\r\n\x1a\n" + bytes(20)),
        )
    },
    "an id with a NUL": (UNICODE, text(WHOLE, row(applicant_external_id="X\x00")).encode(), [
        "2 applicant_external_id: Contains a line break or another control character."]),
    "an id with an invisible character": (UNICODE, text(WHOLE, row(applicant_external_id="X\u200b1")).encode(), [
        "2 applicant_external_id: Contains an invisible character."]),
}  # fmt: skip
"""Source of the rule, content, and the right answer."""


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_or_named(name: str) -> None:
    _, content, answer = FILES[name]
    assert found(content) == answer


def test_the_table_has_at_least_forty_files() -> None:
    assert len(FILES) >= 40


def test_values_are_read_exactly() -> None:
    file = CaseFile(lambda: io.BytesIO(text(WHOLE, row(applicant_external_id="007", full_name='"Bo, ""A"""')).encode()))
    (line,) = file.lines()
    assert not isinstance(line, LineResult)
    assert (line.declared["external_id"], line.declared["full_name"]) == ("007", 'Bo, "A"')


def test_records_name_the_line_where_they_begin() -> None:
    content = b'a,b\n1,"x\ny"\n\n2,z\n'
    read = records(lambda: io.BytesIO(content), "utf-8", ("a", "b"))
    lines = [(one.line, one.fields) for one in read]
    assert lines == [(1, ("a", "b")), (2, ("1", "x\ny")), (5, ("2", "z"))]


def test_a_record_without_text_is_blank() -> None:
    assert Record(line=1, fields=(" ", "")).is_blank and not Record(line=1, problem="x").is_blank


def test_an_encoding_is_certain_or_has_a_notice() -> None:
    assert encoding_of(lambda: io.BytesIO(b"ascii")).notice == ""
