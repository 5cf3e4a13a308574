//! Tables for spreadsheets (RFC 4180), in which nothing from outside is a formula (H17).

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// A table: its first line names the columns.
pub(super) struct Csv {
    text: String,
}

impl Csv {
    pub(super) fn new(columns: &[&str]) -> Self {
        let mut csv = Self {
            text: String::new(),
        };
        csv.line(columns.iter().map(ToString::to_string));
        csv
    }

    /// A line: a text for each column.
    pub(super) fn line(&mut self, cells: impl IntoIterator<Item = String>) {
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            self.text.push_str(&written(&cell));
        }
        self.text.push_str("\r\n");
    }

    /// As a file of this name, which is one of ours.
    pub(super) fn answer(self, name: &str) -> Response {
        let headers = [
            (
                header::CONTENT_TYPE,
                "text/csv; charset=utf-8; header=present".to_owned(),
            ),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ),
        ];
        (headers, self.text).into_response()
    }
}

/// A cell. What a spreadsheet would take for a formula begins with an apostrophe, which makes it a text.
fn written(cell: &str) -> String {
    let is_formula = cell
        .trim_start_matches([' ', '"', '\u{feff}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let cell = match is_formula {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    };
    match cell.contains(['"', ',', '\r', '\n', '\'', ' ', '\t', ';']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h17_formulas_are_texts_and_cells_stay_whole() {
        let mut csv = Csv::new(&["a", "b"]);
        for cell in [
            "=1+1",
            "+4930",
            "-1",
            "@x",
            "\t=1",
            " =1",
            "\"=1",
            "＝1",
            "Ada \"the\", first\nline",
            "plain",
            "",
        ] {
            csv.line([cell.to_owned(), "x".to_owned()]);
        }
        let expected = [
            "a,b",
            "\"'=1+1\",x",
            "\"'+4930\",x",
            "\"'-1\",x",
            "\"'@x\",x",
            "\"'\t=1\",x",
            "\"' =1\",x",
            "\"'\"\"=1\",x",
            "\"'＝1\",x",
            "\"Ada \"\"the\"\", first\nline\",x",
            "plain,x",
            ",x",
            "",
        ];
        assert_eq!(csv.text, expected.join("\r\n"));
    }
}
