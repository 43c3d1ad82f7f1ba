//! Many ARNs that are said together.
//!
//! Roles with the same policies fail to reach the same resources: they share one list, each less what it uses itself.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::Arn;

/// A list of ARNs, which others may share, less some of them.
#[derive(Clone, Default)]
pub struct Arns {
    all: Arc<[Arn]>,
    /// The places in `all` that are left out, ascending.
    without: Box<[usize]>,
}

impl Arns {
    /// The same list less the ARNs at these places, which ascend; it is shared, not copied.
    #[must_use]
    pub fn without(&self, places: impl IntoIterator<Item = usize>) -> Self {
        Self { all: Arc::clone(&self.all), without: places.into_iter().collect() }
    }

    /// One by one, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Arn> {
        let listed = (0..).zip(self.all.iter());
        listed.filter(|(place, _)| self.without.binary_search(place).is_err()).map(|(_, arn)| arn)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len() - self.without.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first of them.
    #[must_use]
    pub fn first(&self) -> Option<&Arn> {
        self.iter().next()
    }
}

impl From<Vec<Arn>> for Arns {
    fn from(arns: Vec<Arn>) -> Self {
        Self { all: arns.into(), without: [].into() }
    }
}

impl PartialEq for Arns {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Arns {}

impl PartialOrd for Arns {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Arns {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.iter().cmp(other.iter())
    }
}

impl std::fmt::Debug for Arns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Arns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_not_there() {
        let bucket = |name| Arn::bucket("aws", name);
        let all = Arns::from(vec![bucket("a"), bucket("b"), bucket("c")]);
        let some = all.without([0, 2]);
        assert_eq!((all.len(), some.len(), some.first()), (3, 1, Some(&bucket("b"))));
        assert_eq!(some, Arns::from(vec![bucket("b")]));
        assert!(all.without([0, 1, 2]).is_empty());
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"["arn:aws:s3:::b"]"#);
    }
}
