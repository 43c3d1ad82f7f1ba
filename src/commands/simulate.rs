//! `gt-audit simulate`: requests decided offline, JSON lines in, JSON lines out, in the same order.
//!
//! A line that is wrong is answered with an error and its number; the others go on. What has arrived is decided by all
//! cores at once and written before more is read, so that memory does not grow with the input, and whoever writes a line
//! and waits for its answer gets it.

mod decided;
mod line;
mod warnings;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::thread;

use serde::Serialize;
use serde_json::Value;

use super::error::Error;
use super::terminal::Terminal;
use crate::policy::json;

use line::FIELDS;

/// More than this, in bytes, is not read ahead.
const READ_AHEAD: usize = 1 << 20;
/// A longer line is a mistake: all the policies that AWS lets bear on a request have less than a third of it.
const LONGEST_LINE: usize = 1 << 20;

/// The answer to a line that is wrong.
#[derive(Debug, Serialize)]
struct Wrong {
    id: Value,
    line: u64,
    error: String,
}

/// A line that has arrived, and its number, from 1.
struct Arrived {
    number: u64,
    text: Vec<u8>,
}

pub(super) fn run(file: Option<&Path>, terminal: &mut Terminal<'_>) -> Result<u8, Error> {
    let unread =
        |error| Error::Read { path: file.map_or("standard input".to_owned(), |p| p.display().to_string()), error };
    let source: Box<dyn io::Read> = match file.filter(|path| *path != Path::new("-")) {
        Some(path) => Box::new(File::open(path).map_err(unread)?),
        None => Box::new(io::stdin()),
    };
    let mut lines = BufReader::with_capacity(READ_AHEAD, source);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut code = 0;
    let mut number = 0;
    loop {
        let batch = arrived(&mut lines, &mut number).map_err(unread)?;
        if batch.is_empty() {
            return Ok(code);
        }
        for (answer, good) in answers(&batch, cores) {
            code = if good { code } else { 2 };
            terminal.out.write_all(answer.as_bytes())?;
            terminal.out.write_all(b"\n")?;
        }
        terminal.out.flush()?;
    }
}

/// The next line, and all lines behind it that have been read already; none at the end. Of a line that is too long only
/// the beginning is kept. Empty lines are counted and left out.
fn arrived(lines: &mut BufReader<Box<dyn io::Read>>, number: &mut u64) -> io::Result<Vec<Arrived>> {
    let mut batch = vec![];
    while batch.is_empty() || lines.buffer().contains(&b'\n') {
        let mut text = vec![];
        if lines.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut text)? == 0 {
            break;
        }
        *number += 1;
        if text.len() > LONGEST_LINE {
            lines.skip_until(b'\n')?;
        }
        if !text.trim_ascii().is_empty() {
            batch.push(Arrived { number: *number, text });
        }
    }
    Ok(batch)
}

/// The answers to a batch in its order, each with whether the line was good; every core takes a part.
fn answers(batch: &[Arrived], cores: usize) -> Vec<(String, bool)> {
    let part = batch.len().div_ceil(cores).max(1);
    let answered = |lines: &[Arrived]| lines.iter().map(|line| answer_of(line.number, &line.text)).collect::<Vec<_>>();
    thread::scope(|scope| {
        let parts: Vec<_> = batch.chunks(part).map(|lines| scope.spawn(move || answered(lines))).collect();
        let joined = parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}

/// The answer to a line that stands alone, as a line, and whether the line was good.
#[must_use]
pub fn answer(line: &[u8]) -> (String, bool) {
    answer_of(1, line)
}

/// The answer to the line of a number.
fn answer_of(number: u64, line: &[u8]) -> (String, bool) {
    let json = if line.len() > LONGEST_LINE {
        Err(format!("the line has more than {LONGEST_LINE} bytes"))
    } else {
        json::read(line).map_err(|error| in_line(&error.to_string()))
    };
    let id = json.as_ref().ok().and_then(|json| json.get("id").cloned()).unwrap_or(Value::Null);
    let decided = json.and_then(|json| {
        let fields = json.as_object().into_iter().flat_map(serde_json::Map::keys);
        let unknown: Vec<String> = fields.filter(|field| !FIELDS.contains(&field.as_str())).cloned().collect();
        // From the text and not from `json`, so that an error says the column.
        decided::decide(&serde_json::from_slice(line).map_err(|error| in_line(&error.to_string()))?, unknown)
    });
    let written = match &decided {
        Ok(decided) => serde_json::to_string(decided),
        Err(error) => serde_json::to_string(&Wrong { id, line: number, error: format!("line {number}: {error}") }),
    };
    // INVARIANT: plain data with text for keys is always JSON.
    (written.unwrap_or_default(), decided.is_ok())
}

/// An error of the JSON reader, for which every line is the first.
fn in_line(error: &str) -> String {
    error.replace(" at line 1 column ", " at column ")
}
