//! Where the objects of a manifest are, in bounded memory.
//!
//! A tree of each bucket's directories. One with too many directories in it becomes a leaf that stands for all below it,
//! and when there are too many in all, the lowest and widest go first. So what is kept gets coarser, never wrong: each
//! object is counted once, below a prefix of its own key.

use std::collections::BTreeMap;

use crate::uri::S3Uri;

/// So many directories in one.
const MOST_BELOW: usize = 100;
/// So many directories in all, without the buckets.
const MOST: usize = 1_000;
/// So many buckets. Nothing stands for several of them, so the objects in further ones are only counted.
const MOST_BUCKETS: usize = 1_000;

/// Where some objects of a manifest are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    /// What the addresses of the objects begin with; it ends with a slash, or is the one object.
    pub uri: S3Uri,
    /// So many of the manifest's lines are about objects below it, and counted nowhere else.
    pub objects: u64,
    /// The first of these objects, as the manifest names it.
    pub example: String,
    /// Is it the whole key of one object?
    pub is_object: bool,
}

/// The places seen so far.
#[derive(Debug, Default)]
pub struct Places {
    buckets: BTreeMap<Box<str>, Directory>,
    /// Without the buckets themselves.
    directories: usize,
    elsewhere: u64,
}

#[derive(Debug, Default)]
struct Directory {
    below: BTreeMap<Box<str>, Directory>,
    /// Stands for all below it?
    closed: bool,
    /// Directly in it, or anywhere below it when it is closed.
    objects: u64,
    /// The first of these.
    example: Box<str>,
}

impl Places {
    /// One more object. `uri`: bucket and key as the manifest names them.
    pub fn add(&mut self, bucket: &str, key: &str, uri: &str) {
        if !self.buckets.contains_key(bucket) && self.buckets.len() < MOST_BUCKETS {
            self.buckets.insert(bucket.into(), Directory::default());
        }
        match self.buckets.get_mut(bucket) {
            Some(directory) => directory.add(key, uri, &mut self.directories),
            None => self.elsewhere += 1,
        }
        if self.directories > MOST {
            self.narrow();
        }
    }

    /// Objects in more buckets than are kept.
    #[must_use]
    pub fn elsewhere(&self) -> u64 {
        self.elsewhere
    }

    /// The prefixes, by bucket and key.
    #[must_use]
    pub fn prefixes(&self) -> Vec<Prefix> {
        let mut prefixes = vec![];
        for (bucket, directory) in &self.buckets {
            directory.prefixes(bucket, &mut String::new(), &mut prefixes);
        }
        prefixes
    }

    /// Closes what is lowest, the widest first, until there is room for as many again.
    fn narrow(&mut self) {
        while self.directories > MOST / 2 {
            let before = self.directories;
            for most in [MOST_BELOW / 2, MOST_BELOW / 4, MOST_BELOW / 10, 3, 1, 0] {
                for bucket in self.buckets.values_mut() {
                    if self.directories > MOST / 2 {
                        self.directories -= bucket.close_lowest(most);
                    }
                }
            }
            if self.directories == before {
                return;
            }
        }
    }
}

impl Directory {
    /// One more object, of this key from here on.
    fn add(&mut self, key: &str, uri: &str, directories: &mut usize) {
        if let Some((name, rest)) = key.split_once('/').filter(|_| !self.closed) {
            if !self.below.contains_key(name) && self.below.len() < MOST_BELOW {
                self.below.insert(name.into(), Self::default());
                *directories += 1;
            }
            // INVARIANT: as deep as a key has slashes, which the manifest's reader bounds.
            if let Some(below) = self.below.get_mut(name) {
                return below.add(rest, uri, directories);
            }
            *directories -= self.close();
        }
        self.count(1, uri);
    }

    fn count(&mut self, objects: u64, example: &str) {
        if self.objects == 0 {
            self.example = example.into();
        }
        self.objects += objects;
    }

    /// Makes it stand for all below it, and says how many directories that were.
    fn close(&mut self) -> usize {
        self.closed = true;
        let mut gone = 0;
        for mut below in std::mem::take(&mut self.below).into_values() {
            gone += 1 + below.close();
            if below.objects > 0 {
                self.count(below.objects, &below.example);
            }
        }
        gone
    }

    /// Closes what has more than so many directories in it, and in these none; says how many are gone.
    fn close_lowest(&mut self, most: usize) -> usize {
        if self.below.values().all(|below| below.below.is_empty()) {
            return if self.below.len() > most { self.close() } else { 0 };
        }
        self.below.values_mut().map(|below| below.close_lowest(most)).sum()
    }

    fn prefixes(&self, bucket: &str, key: &mut String, prefixes: &mut Vec<Prefix>) {
        if self.objects > 0 {
            let alone = if self.objects == 1 { S3Uri::parse(&self.example).ok() } else { None };
            let is_object = alone.is_some();
            let uri = alone.unwrap_or_else(|| S3Uri { bucket: bucket.to_owned(), key: key.clone() });
            prefixes.push(Prefix { uri, objects: self.objects, example: self.example.to_string(), is_object });
        }
        for (name, below) in &self.below {
            let length = key.len();
            key.push_str(name);
            key.push('/');
            below.prefixes(bucket, key, prefixes);
            key.truncate(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    fn places<'a>(uris: impl IntoIterator<Item = &'a str>) -> Places {
        let mut places = Places::default();
        for text in uris {
            let uri = S3Uri::parse(text).unwrap();
            places.add(&uri.bucket, &uri.key, text);
        }
        places
    }

    fn shown(places: &Places) -> Vec<(String, u64)> {
        places.prefixes().iter().map(|prefix| (prefix.uri.to_string(), prefix.objects)).collect()
    }

    #[test]
    fn a_prefix_is_a_directory_or_one_object() {
        let places = places(["s3://b/a/1", "s3://b/m", "s3://a/x/y/1", "s3://b/a/2", "https://c.s3.amazonaws.com/k"]);
        let expected = [("s3://a/x/y/1", 1), ("s3://b/m", 1), ("s3://b/a/", 2), ("s3://c/k", 1)];
        assert_eq!(shown(&places), expected.map(|(uri, objects)| (uri.to_owned(), objects)));
        assert!(places.prefixes().iter().all(|prefix| prefix.is_object == (prefix.objects == 1)));
    }

    #[test]
    fn a_directory_with_very_many_in_it_stands_for_all_of_them() {
        let uris: Vec<String> = (0..200).map(|n| format!("s3://b/seq/{n}/frames.json")).collect();
        let places = places(uris.iter().map(String::as_str).chain(["s3://b/other/1", "s3://b/other/2"]));
        assert_eq!(shown(&places), [("s3://b/other/".to_owned(), 2), ("s3://b/seq/".to_owned(), 200)]);
        assert_eq!(places.directories, 2);
        assert_eq!(places.prefixes()[1].example, "s3://b/seq/0/frames.json");
    }

    #[test]
    fn of_very_many_directories_the_widest_go_first() {
        let wide = (0..20).flat_map(|a| (0..60).map(move |b| format!("s3://b/wide/{a}/{b}/1")));
        let uris: Vec<String> = (0..9).map(|n| format!("s3://b/narrow/{n}/1")).chain(wide).collect();
        let places = places(uris.iter().map(String::as_str));
        assert!(places.directories <= MOST);
        let prefixes = shown(&places);
        assert_eq!(prefixes.iter().filter(|(uri, _)| uri.starts_with("s3://b/narrow/")).count(), 9);
        assert!(prefixes.contains(&("s3://b/wide/0/".to_owned(), 60)), "{prefixes:?}");
    }

    #[test]
    fn too_many_buckets_are_counted() {
        let uris: Vec<String> = (0..MOST_BUCKETS + 7).map(|n| format!("s3://bucket-{n}/k")).collect();
        let places = places(uris.iter().map(String::as_str));
        assert_eq!((places.prefixes().len(), places.elsewhere()), (MOST_BUCKETS, 7));
    }

    fn uris() -> impl Strategy<Value = Vec<String>> {
        // Few buckets, and keys from a handful of steps to thousands of directories, some of them nested deep.
        let step = prop_oneof![Just(String::new()), "[ab]", "[0-9]{1,3}"];
        let uri = ("[ab]", prop::collection::vec(step, 1..6))
            .prop_map(|(bucket, steps)| format!("s3://{bucket}/{}", steps.join("/")));
        prop::collection::vec(uri.prop_filter("a key", |uri| uri.len() > 7), 0..1_500)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn every_object_lies_below_a_prefix_and_is_counted_once(uris in uris()) {
            let places = places(uris.iter().map(String::as_str));
            let prefixes = places.prefixes();
            let starts: Vec<(String, bool)> = prefixes.iter().map(|p| (p.uri.to_string(), p.is_object)).collect();
            let below = |(start, is_object): &(String, bool), uri: &str| {
                if *is_object { uri == start } else { uri.starts_with(start) }
            };
            let all: BTreeSet<&String> = uris.iter().collect();
            for uri in &all {
                prop_assert!(starts.iter().any(|start| below(start, uri)), "{uri}");
            }
            prop_assert_eq!(prefixes.iter().map(|prefix| prefix.objects).sum::<u64>(), uris.len() as u64);
            let examples = prefixes.iter().map(|prefix| &prefix.example);
            prop_assert!(starts.iter().zip(examples).all(|(start, example)| below(start, example) && all.contains(example)));
            prop_assert!(places.directories <= MOST && prefixes.len() <= MOST + MOST_BUCKETS);
        }
    }
}
