"""Files as others send them: PFIF of every version, ledgers of several shapes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook

OLD = """<?xml version="1.0" encoding="UTF-8"?>
<p:pfif xmlns:p="http://zesty.ca/pfif/1.1">
 <p:person>
  <p:person_record_id>old.example.org/p.7</p:person_record_id>
  <p:entry_date>2005-09-04T01:02:03Z</p:entry_date>
  <p:author_name>Volunteer Desk</p:author_name>
  <p:author_email>desk@old.example.org</p:author_email>
  <p:source_date>2005-09-03T09:21:12Z</p:source_date>
  <p:first_name>KATHERINE</p:first_name>
  <p:last_name>DOE</p:last_name>
  <p:home_city>BATON ROUGE</p:home_city>
  <p:home_state>LA</p:home_state>
  <p:home_street>1 MAIN ST</p:home_street>
  <p:home_zip>70802</p:home_zip>
  <p:photo_url>http://old.example.org/7.jpg</p:photo_url>
  <p:other>description: long brown hair</p:other>
  <p:note>
   <p:note_record_id>old.example.org/n.1</p:note_record_id>
   <p:author_name>Jane</p:author_name>
   <p:source_date>2005-09-03T20:52:25Z</p:source_date>
   <p:found>true</p:found>
   <p:phone_of_found_person>(225)555-0101</p:phone_of_found_person>
   <p:last_known_location>shelter at the river center</p:last_known_location>
   <p:text>spoke to her by phone</p:text>
  </p:note>
 </p:person>
</p:pfif>"""

SECOND = """<?xml version="1.0" encoding="UTF-8"?>
<pfif:pfif xmlns:pfif="http://zesty.ca/pfif/1.2">
 <pfif:person>
  <pfif:sex>male</pfif:sex>
  <pfif:first_name>建国</pfif:first_name>
  <pfif:last_name>王</pfif:last_name>
  <pfif:date_of_birth>1950-09</pfif:date_of_birth>
  <pfif:home_country>CN</pfif:home_country>
  <pfif:home_state>44</pfif:home_state>
  <pfif:home_city>广州市</pfif:home_city>
  <pfif:person_record_id>second.example.org/1</pfif:person_record_id>
  <pfif:source_date>2010-02-01T00:00:00Z</pfif:source_date>
 </pfif:person>
 <pfif:note>
  <pfif:note_record_id>second.example.org/n.9</pfif:note_record_id>
  <pfif:person_record_id>second.example.org/1</pfif:person_record_id>
  <pfif:linked_person_record_id>third.example.org/1</pfif:linked_person_record_id>
  <pfif:author_name>录入员</pfif:author_name>
  <pfif:source_date>2010-02-02T00:00:00Z</pfif:source_date>
  <pfif:status>believed_missing</pfif:status>
  <pfif:text>与另一条记录为同一人</pfif:text>
 </pfif:note>
</pfif:pfif>"""

THIRD = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:pfif="http://zesty.ca/pfif/1.3">
 <id>http://third.example.org/feed</id><title>persons</title><updated>2011-05-01T00:00:00Z</updated>
 <entry>
  <id>pfif:third.example.org/1</id><title>王建国</title><updated>2011-05-01T00:00:00Z</updated>
  <pfif:person>
   <pfif:person_record_id>third.example.org/1</pfif:person_record_id>
   <pfif:entry_date>2011-05-01T00:00:00Z</pfif:entry_date>
   <pfif:expiry_date>2099-01-01T00:00:00Z</pfif:expiry_date>
   <pfif:source_date>2011-04-30T12:00:00Z</pfif:source_date>
   <pfif:full_name>王建国</pfif:full_name>
   <pfif:sex>other</pfif:sex>
   <pfif:age>60-65</pfif:age>
   <pfif:note>
    <pfif:note_record_id>third.example.org/n.1</pfif:note_record_id>
    <pfif:author_name>救助站</pfif:author_name>
    <pfif:source_date>2011-05-01T00:00:00Z</pfif:source_date>
    <pfif:status>believed_alive</pfif:status>
    <pfif:last_known_location>常州市天宁区</pfif:last_known_location>
    <pfif:text>在站</pfif:text>
   </pfif:note>
  </pfif:person>
 </entry>
</feed>"""

FOURTH = """<?xml version="1.0" encoding="UTF-8"?>
<pfif:pfif xmlns:pfif="http://zesty.ca/pfif/1.4" xmlns:x="http://example.org/own">
 <pfif:person>
  <pfif:person_record_id>fourth.example.org/a1</pfif:person_record_id>
  <pfif:entry_date>2026-02-20T00:00:00Z</pfif:entry_date>
  <pfif:expiry_date>2027-01-01T00:00:00Z</pfif:expiry_date>
  <pfif:author_name>寻亲志愿者</pfif:author_name>
  <pfif:source_date>2026-02-19T08:00:00Z</pfif:source_date>
  <pfif:full_name>李秀英</pfif:full_name>
  <pfif:given_name>秀英</pfif:given_name>
  <pfif:family_name>李</pfif:family_name>
  <pfif:alternate_names>李阿英
小英</pfif:alternate_names>
  <pfif:description>左手戴银镯</pfif:description>
  <pfif:sex>female</pfif:sex>
  <pfif:date_of_birth>1943</pfif:date_of_birth>
  <pfif:age>82</pfif:age>
  <pfif:home_city>安顺市</pfif:home_city>
  <pfif:home_state>GZ</pfif:home_state>
  <pfif:home_postal_code>561000</pfif:home_postal_code>
  <pfif:profile_urls>https://example.org/a1</pfif:profile_urls>
  <x:shelter>三号楼</x:shelter>
 </pfif:person>
</pfif:pfif>"""

VERSIONS = {"1.1": OLD, "1.2": SECOND, "1.3": THIRD, "1.4": FOURTH}


def tombstone(record_id: str, day: str) -> str:
    """An expired record of PFIF 1.4."""
    return f"""<pfif:pfif xmlns:pfif="http://zesty.ca/pfif/1.4"><pfif:person>
    <pfif:person_record_id>{record_id}</pfif:person_record_id>
    <pfif:entry_date>{day}T00:00:00Z</pfif:entry_date>
    <pfif:expiry_date>{day}T00:00:00Z</pfif:expiry_date>
    <pfif:source_date>{day}T00:00:00Z</pfif:source_date>
    <pfif:full_name/></pfif:person></pfif:pfif>"""


def pfif(*persons: tuple[str, str, str]) -> bytes:
    """PFIF 1.4 of persons: record id, full name, day of the version."""
    inside = "".join(
        f"<pfif:person><pfif:person_record_id>{i}</pfif:person_record_id>"
        f"<pfif:source_date>{day}T00:00:00Z</pfif:source_date>"
        f"<pfif:full_name>{name}</pfif:full_name></pfif:person>"
        for i, name, day in persons
    )
    return f'<pfif:pfif xmlns:pfif="http://zesty.ca/pfif/1.4">{inside}</pfif:pfif>'.encode()


def excel(*rows: Sequence[str | int | float | datetime | None]) -> bytes:
    """A workbook with one sheet."""
    made = BytesIO()
    book = Workbook(made)
    sheet, day = book.add_worksheet("台账"), book.add_format({"num_format": "yyyy-mm-dd"})
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(at, column, cell, day)
            elif cell is not None:
                sheet.write(at, column, cell)
    book.close()
    return made.getvalue()


LEDGER = (
    ("编号", "姓名", "性别", "年龄", "身份证号", "户籍地", "入站日期", "备注"),
    (
        "2026-1",
        "王建国",
        "男",
        65,
        "440103********0011",
        "广东省广州市荔湾区",
        "2026年3月1日",
        "轮椅",
    ),
    ("2026-2", "李四", "雄", 40, "", "", "2026-03-01", ""),
    ("2026-3", "不详", "女", "六十多", "", "", datetime(2026, 2, 28), ""),  # noqa: DTZ001  a cell
    ("2026-4", "张三、张阿三", "女", "约40岁", "", "江苏省常州市", 46081, ""),
)
