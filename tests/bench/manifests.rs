//! Manifests of a million lines, made while they are read.

use std::fmt;
use std::io::{BufReader, Read, Result};

pub const LINES: u64 = 1_000_000;

/// What the lines of a manifest look like.
pub struct Line {
    name: &'static str,
    /// What stands before and behind the line's number.
    parts: (&'static str, &'static str),
}

pub const ALL: [Line; 3] = [
    Line { name: "one directory", parts: (r#"{"source-ref": "s3://acme-street-signs/images/2026/"#, ".jpg\"}\n") },
    Line {
        name: "a directory each",
        parts: (r#"{"source-ref": "s3://acme-street-signs/sequences/"#, "/frames/sequence.json\"}\n"),
    },
    Line {
        name: "labeled before",
        parts: (
            r#"{"source-ref": "s3://acme-street-signs/images/2026/"#,
            concat!(
                r#".jpg", "sign": {"image_size": [{"width": 1920, "height": 1080, "depth": 3}], "annotations": "#,
                r#"[{"class_id": 0, "top": 111, "left": 632, "height": 200, "width": 55}, {"class_id": 3, "top": 7, "left": 12, "#,
                r#""height": 88, "width": 90}]}, "sign-metadata": {"objects": [{"confidence": 0.09}, {"confidence": 0.91}], "#,
                r#""class-map": {"0": "stop", "3": "yield"}, "type": "groundtruth/object-detection", "human-annotated": "yes", "#,
                r#""creation-date": "2026-11-22T09:00:00.000000", "job-name": "labeling-job/signs"}}"#,
                "\n"
            ),
        ),
    },
];

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The lines of such a manifest.
pub struct Lines<'l> {
    line: &'l Line,
    number: u64,
    text: Vec<u8>,
    /// What of the text is read.
    done: usize,
}

impl<'l> Lines<'l> {
    pub fn new(line: &'l Line) -> BufReader<Self> {
        BufReader::new(Self { line, number: 0, text: vec![], done: 0 })
    }
}

impl Read for Lines<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if self.done == self.text.len() && self.number < LINES {
            use std::io::Write;

            let (before, behind) = self.line.parts;
            self.text.clear();
            self.done = 0;
            for number in self.number..(self.number + 100).min(LINES) {
                write!(self.text, "{before}{number:07}{behind}")?;
            }
            self.number = (self.number + 100).min(LINES);
        }
        let read = (&self.text[self.done..]).read(into)?;
        self.done += read;
        Ok(read)
    }
}
