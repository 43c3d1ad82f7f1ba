//! A table of the file, read key by key: what is there, what is missing, what has a wrong type.

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Slips, near, quoted};

/// A key that a table may have.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The key with a value, as it is written.
    pub(super) example: &'static str,
}

/// What a key's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Texts,
    Date,
    Sections,
}

/// A table, and the keys it may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'t, 'i> {
    /// What it is, with an article.
    pub(super) what: &'static str,
    /// Where it begins.
    pub(super) at: usize,
    pub(super) entries: &'t DeTable<'i>,
    pub(super) keys: &'static [Key],
}

/// A text of the file and its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) is: &'t str,
    pub(super) at: usize,
}

impl<'t, 'i> Section<'t, 'i> {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Notes the keys that it may not have.
    pub(super) fn unknown_keys(&self, slips: &mut Slips<'_>) {
        let known = || self.keys.iter().map(|key| key.name);
        for key in self.entries.keys() {
            let name = key.get_ref().as_ref();
            if !known().any(|known| known == name) {
                let hint = near(name, known()).map_or_else(
                    || format!("it may have {}", quoted(known())),
                    |near| format!("did you mean `{near}`?"),
                );
                slips.add(key.span().start, format!("{} has no key `{name}`: {hint}", self.what));
            }
        }
    }

    /// A text that must be there.
    pub(super) fn required(&self, key: &str, hint: &str, slips: &mut Slips<'_>) -> Option<Text<'t>> {
        if self.value(key).is_none() {
            let what = self.what.strip_prefix("an ").or_else(|| self.what.strip_prefix("a ")).unwrap_or(self.what);
            slips.add(self.at, format!("the {what} lacks `{key}`: {hint}, `{}`", self.example(key)));
        }
        self.text(key, slips)
    }

    /// A text.
    pub(super) fn text(&self, key: &str, slips: &mut Slips<'_>) -> Option<Text<'t>> {
        let value = self.value(key)?;
        let at = value.span().start;
        let Some(is) = value.get_ref().as_str() else {
            self.wrong(key, value, slips);
            return None;
        };
        if is.trim().is_empty() {
            slips.add(at, format!("`{key}` is empty: write it as in `{}`", self.example(key)));
            return None;
        }
        Some(Text { is, at })
    }

    /// An array of texts, and where it begins.
    pub(super) fn texts(&self, key: &str, slips: &mut Slips<'_>) -> Option<(usize, Vec<Text<'t>>)> {
        let value = self.value(key)?;
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(key, value, slips);
            return None;
        };
        let mut texts = vec![];
        for item in array {
            match item.get_ref().as_str() {
                Some(is) => texts.push(Text { is, at: item.span().start }),
                None => slips.add(
                    item.span().start,
                    format!("`{key}` has {} in it: put each in quotes, `{}`", kind(item.get_ref()), self.example(key)),
                ),
            }
        }
        Some((value.span().start, texts))
    }

    /// A date.
    pub(super) fn date(&self, key: &str, slips: &mut Slips<'_>) -> Option<Date> {
        let value = self.value(key)?;
        let read = value.get_ref().as_datetime().filter(|read| read.time.is_none()).and_then(|read| read.date);
        let date = read.and_then(|date| {
            let (year, month, day) = (date.year.try_into(), date.month.try_into(), date.day.try_into());
            Date::new(year.ok()?, month.ok()?, day.ok()?).ok()
        });
        if date.is_none() {
            self.wrong(key, value, slips);
        }
        date
    }

    /// Tables in double brackets.
    pub(super) fn sections(
        &self,
        key: &str,
        what: &'static str,
        keys: &'static [Key],
        slips: &mut Slips<'_>,
    ) -> Vec<Section<'t, 'i>> {
        let Some(value) = self.value(key) else { return vec![] };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(key, value, slips);
            return vec![];
        };
        let mut sections = vec![];
        for item in array {
            match item.get_ref().as_table() {
                Some(entries) => sections.push(Section { what, at: item.span().start, entries, keys }),
                None => self.wrong(key, item, slips),
            }
        }
        sections
    }

    /// Has one of these keys a value of a wrong type, so that there is no saying what it names?
    pub(super) fn has_wrong(&self, keys: &[&str]) -> bool {
        keys.iter().filter_map(|key| self.value(key)).any(|value| match value.get_ref().as_array() {
            None => true,
            Some(array) => array.iter().any(|item| item.get_ref().as_str().is_none()),
        })
    }

    fn value(&self, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.entries.get(key)
    }

    fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    fn example(&self, name: &str) -> &'static str {
        self.key(name).map_or("", |key| key.example)
    }

    /// Notes a value of a wrong type.
    fn wrong(&self, name: &str, value: &Spanned<DeValue<'_>>, slips: &mut Slips<'_>) {
        let Some(key) = self.key(name) else { return };
        let wanted = match key.kind {
            Kind::Text => "a text in quotes",
            Kind::Texts => "a list of texts",
            Kind::Date => "a date without quotes and without a time",
            Kind::Sections => "a table in double brackets",
        };
        let is = kind(value.get_ref());
        slips.add(value.span().start, format!("`{name}` is {is}: write {wanted}, `{}`", key.example));
    }
}

/// What a value is, in words.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(when) if when.time.is_none() => "a date",
        DeValue::Datetime(_) => "a date with a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
