"""What exports are written as: by our own writers, so that every file is safe to open."""

import io
from typing import ClassVar

from import_export.formats.base_formats import Format

from bprs.importing.resources import TypedDataset
from bprs.spreadsheets.writing import FileFormat, open_writer


class _WrittenFormat(Format):  # type: ignore[misc]  # the library is untyped
    file_format: ClassVar[FileFormat]
    title: ClassVar[str]
    content_type: ClassVar[str]

    def get_title(self) -> str:
        return self.title

    def export_data(self, dataset: TypedDataset) -> bytes:
        target = io.BytesIO()
        with open_writer(target, dataset.headers, dataset.kinds, file_format=self.file_format) as writer:
            writer.write_rows(dataset)
        return target.getvalue()

    def get_extension(self) -> str:
        return self.file_format

    def get_content_type(self) -> str:
        return self.content_type

    def can_export(self) -> bool:
        return True


class XLSX(_WrittenFormat):
    file_format = "xlsx"
    title = "Excel (.xlsx)"
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CSV(_WrittenFormat):
    file_format = "csv"
    title = "CSV"
    content_type = "text/csv; charset=utf-8"
