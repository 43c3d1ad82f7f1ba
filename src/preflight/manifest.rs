//! An input manifest, read line by line: how many objects it names, where they are, and which lines are broken.
//!
//! Knows the form of a line (<https://docs.aws.amazon.com/sagemaker/latest/dg/sms-input-data-input-manifest.html>, read
//! 2026-11-22) and keeps the places of the objects ([`Places`]), not the objects: a manifest of any length takes the same
//! little memory. Of video frames and point clouds a line names a sequence file, and what that file names is not read.

mod places;

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use serde::Deserialize;
use serde_json::error::Category;

pub use places::{Places, Prefix};

use crate::uri::S3Uri;

/// A line may have so many characters.
const LONGEST: usize = 100_000;
/// An attribute may have so many characters.
const LONGEST_ATTRIBUTE: usize = 20_000;
/// A line of more bytes has too many characters whatever they are, and is not kept.
const MOST_BYTES: usize = 4 * LONGEST;
/// A key in S3 has so many bytes at most.
const LONGEST_KEY: usize = 1_024;
/// So many broken lines are kept.
const MOST_BROKEN: usize = 10;

/// What a manifest says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Lines, all of them: objects, inline sources, broken and blank ones.
    pub lines: u64,
    /// Lines that name an object.
    pub objects: u64,
    /// Lines that hold their text themselves.
    pub inline: u64,
    /// Lines of nothing but space. AWS does not say what becomes of them, so nothing is held against them.
    pub blank: u64,
    /// Lines that are wrong.
    pub broken: u64,
    /// The first of these.
    pub first_broken: Vec<Broken>,
    /// Every object lies below one of these, but for those in [`Self::elsewhere`]; by bucket and key.
    pub prefixes: Vec<Prefix>,
    /// Objects in more buckets than anybody has.
    pub elsewhere: u64,
}

/// A line that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// From 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The file is compressed; no line of it was read.
    #[error("the manifest is compressed with gzip, and Ground Truth reads it as text: decompress it")]
    Compressed,
    /// Bytes that are no text.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// No JSON, from this column on.
    #[error("the line is not JSON from column {0} on")]
    NotJson(usize),
    /// JSON, but no object.
    #[error("the line is not a JSON object")]
    NotAnObject,
    /// A source of another type, or twice.
    #[error("{0}")]
    Source(String),
    /// Neither.
    #[error("the line has neither `source-ref` nor `source`")]
    NoSource,
    /// Both.
    #[error("the line has both `source-ref` and `source`, and may have one of them")]
    Both,
    /// An address of nothing in S3.
    #[error("`source-ref` is `{0}`, which does not have the form `s3://bucket/key`")]
    NotInS3(String),
    /// A bucket alone.
    #[error("`source-ref` is `{0}`, which names a bucket and no object in it")]
    NoKey(String),
    /// No object can have this key.
    #[error("the key in `source-ref` has {0} bytes, and {LONGEST_KEY} are the most")]
    LongKey(usize),
    /// Longer than Ground Truth reads.
    #[error("the line has more than {LONGEST} characters")]
    Long,
    /// An attribute that is longer than Ground Truth reads.
    #[error("`source` has {0} characters, and {LONGEST_ATTRIBUTE} are the most")]
    LongSource(usize),
}

/// Reads a manifest to its end.
///
/// # Errors
///
/// When it cannot be read; whatever is wrong with what it says is in the answer.
pub fn read(mut lines: impl BufRead) -> io::Result<Manifest> {
    let (mut manifest, mut places) = (Manifest::default(), Places::default());
    if lines.fill_buf()?.starts_with(b"\x1f\x8b") {
        manifest.lines = 1;
        manifest.broken(Why::Compressed);
        return Ok(manifest);
    }
    let mut line = vec![];
    loop {
        line.clear();
        let read = lines.by_ref().take(MOST_BYTES as u64 + 1).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        manifest.lines += 1;
        if read > MOST_BYTES {
            if !line.ends_with(b"\n") {
                lines.skip_until(b'\n')?;
            }
            manifest.broken(Why::Long);
            continue;
        }
        let text = if manifest.lines == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line) } else { &line };
        match source(text) {
            Ok(Source::None) => manifest.blank += 1,
            Ok(Source::Inline) => manifest.inline += 1,
            Ok(Source::Object(uri)) => match object(&uri) {
                Ok((bucket, key)) => {
                    manifest.objects += 1;
                    places.add(&bucket, &key, &uri);
                }
                Err(why) => manifest.broken(why),
            },
            Err(why) => manifest.broken(why),
        }
    }
    manifest.elsewhere = places.elsewhere();
    manifest.prefixes = places.prefixes();
    Ok(manifest)
}

impl Manifest {
    fn broken(&mut self, why: Why) {
        self.broken += 1;
        if self.first_broken.len() < MOST_BROKEN {
            self.first_broken.push(Broken { line: self.lines, why });
        }
    }
}

/// What a line is about.
enum Source<'l> {
    None,
    Inline,
    Object(Cow<'l, str>),
}

#[derive(Deserialize)]
struct Line<'l> {
    #[serde(rename = "source-ref", borrow)]
    reference: Option<Text<'l>>,
    #[serde(rename = "source", borrow)]
    inline: Option<Text<'l>>,
}

/// An `Option<Cow<str>>` would never borrow.
#[derive(Deserialize)]
struct Text<'l>(#[serde(borrow)] Cow<'l, str>);

fn source(line: &[u8]) -> Result<Source<'_>, Why> {
    let text = str::from_utf8(line).map_err(|_| Why::NotUtf8)?.trim_ascii();
    // serde would take a list for an object.
    if !text.starts_with('{') {
        return if text.is_empty() { Ok(Source::None) } else { Err(not_an_object(text)) };
    }
    if text.len() > LONGEST && text.chars().count() > LONGEST {
        return Err(Why::Long);
    }
    let line: Line<'_> = serde_json::from_str(text).map_err(|error| why(&error))?;
    match (line.reference, line.inline) {
        (Some(_), Some(_)) => Err(Why::Both),
        (None, None) => Err(Why::NoSource),
        (Some(Text(uri)), None) => Ok(Source::Object(uri)),
        (None, Some(Text(text))) if text.len() > LONGEST_ATTRIBUTE => match text.chars().count() {
            count if count > LONGEST_ATTRIBUTE => Err(Why::LongSource(count)),
            _ => Ok(Source::Inline),
        },
        (None, Some(_)) => Ok(Source::Inline),
    }
}

fn not_an_object(text: &str) -> Why {
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_or_else(|error| why(&error), |_| Why::NotAnObject)
}

fn why(error: &serde_json::Error) -> Why {
    match error.classify() {
        Category::Data => {
            let says = error.to_string();
            Why::Source(says.rsplit_once(" at line ").map_or(says.as_str(), |(says, _)| says).to_owned())
        }
        _ => Why::NotJson(error.column()),
    }
}

/// Bucket and key; what has the usual form is not copied.
fn object(uri: &str) -> Result<(Cow<'_, str>, Cow<'_, str>), Why> {
    let (bucket, key) = match uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
        Some((bucket, key)) if !bucket.is_empty() => (Cow::Borrowed(bucket), Cow::Borrowed(key)),
        _ => {
            let uri = S3Uri::parse(uri).map_err(|_| Why::NotInS3(super::schema::shown(uri)))?;
            (Cow::Owned(uri.bucket), Cow::Owned(uri.key))
        }
    };
    match key.len() {
        0 => Err(Why::NoKey(super::schema::shown(uri))),
        length if length > LONGEST_KEY => Err(Why::LongKey(length)),
        _ => Ok((bucket, key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: impl AsRef<[u8]>) -> Manifest {
        read(text.as_ref()).unwrap()
    }

    fn counts(manifest: &Manifest) -> [u64; 5] {
        [manifest.lines, manifest.objects, manifest.inline, manifest.blank, manifest.broken]
    }

    #[test]
    fn lines_are_counted_by_what_they_are() {
        let text = "\u{feff}{\"source-ref\": \"s3://b/a/1.jpg\", \"x\": {\"source\": []}}\r\n\n \r\n\
                    {\"source\": \"t\\u00e9xt\"}\n{}\n{\"source-ref\":\"s3:\\/\\/b/a/2.jpg\"}";
        let manifest = manifest(text);
        assert_eq!(counts(&manifest), [6, 2, 1, 2, 1]);
        assert_eq!(manifest.first_broken, [Broken { line: 5, why: Why::NoSource }]);
        let [prefix] = manifest.prefixes.as_slice() else { panic!("one prefix") };
        assert_eq!((prefix.uri.to_string().as_str(), prefix.objects, prefix.is_object), ("s3://b/a/", 2, false));
        assert_eq!(prefix.example, "s3://b/a/1.jpg");
        assert_eq!(counts(&self::manifest("")), [0; 5]);
    }

    #[test]
    fn a_broken_line_says_why() {
        for (line, says) in [
            ("x", "the line is not JSON from column 1 on"),
            ("{\"source\": \"a\"", "the line is not JSON from column 14 on"),
            ("{\"source\": \"a\"} {}", "the line is not JSON from column 17 on"),
            ("[\"s3://b/a\"]", "the line is not a JSON object"),
            ("{\"Source-Ref\": \"s3://b/a\"}", "the line has neither `source-ref` nor `source`"),
            ("{\"source-ref\": null}", "the line has neither `source-ref` nor `source`"),
            ("{\"source-ref\": 1}", "invalid type: integer `1`, expected a string"),
            ("{\"source\": \"\", \"source\": \"\"}", "duplicate field `source`"),
            ("{\"source\": \"\", \"source-ref\": \"s3://b/a\"}", "the line has both"),
            ("{\"source-ref\": \"b/a\"}", "`source-ref` is `b/a`, which does not have the form `s3://bucket/key`"),
            ("{\"source-ref\": \"s3:///a\"}", "`source-ref` is `s3:///a`, which does not"),
            ("{\"source-ref\": \"s3://b\"}", "`source-ref` is `s3://b`, which names a bucket and no object"),
            ("{\"source-ref\": \"s3://b/\"}", "`source-ref` is `s3://b/`, which names a bucket and no object"),
        ] {
            let manifest = manifest(line);
            assert_eq!(counts(&manifest), [1, 0, 0, 0, 1], "{line}");
            let why = manifest.first_broken[0].why.to_string();
            assert!(why.starts_with(says), "{line}: {why}");
        }
        assert_eq!(manifest(b"{\"source\": \"\xff\"}").first_broken[0].why, Why::NotUtf8);
        let long = format!("{{\"source-ref\": \"s3://b/{}\"}}", "k".repeat(1025));
        assert_eq!(manifest(long).first_broken[0].why, Why::LongKey(1025));
    }

    #[test]
    fn what_is_too_long_is_broken_and_the_rest_goes_on() {
        let line = |source: usize, other: usize| {
            format!("{{\"source\": \"{}\", \"x\": \"{}\"}}", "é".repeat(source), "é".repeat(other))
        };
        let text = [line(20_000, 0), line(20_001, 0), line(0, 90_000), line(0, 100_000), line(0, 900_000), line(1, 1)];
        let manifest = manifest(text.join("\n"));
        assert_eq!(counts(&manifest), [6, 0, 3, 0, 3]);
        let broken: Vec<_> = manifest.first_broken.into_iter().map(|broken| (broken.line, broken.why)).collect();
        assert_eq!(broken, [(2, Why::LongSource(20_001)), (4, Why::Long), (5, Why::Long)]);
    }

    #[test]
    fn of_many_broken_lines_the_first_are_kept() {
        let manifest = manifest("x\n".repeat(1000));
        assert_eq!((manifest.broken, manifest.first_broken.len()), (1000, MOST_BROKEN));
    }

    #[test]
    fn a_compressed_manifest_is_told_so() {
        let manifest = manifest(b"\x1f\x8b\x08\n\n");
        assert_eq!((manifest.broken, manifest.first_broken[0].why.clone()), (1, Why::Compressed));
    }
}
