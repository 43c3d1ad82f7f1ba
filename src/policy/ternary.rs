//! Truth in three values, after Kleene: what is unknown is neither held nor refused.

/// Three-valued truth. `min` is and, `max` is or.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Truth {
    /// Certainly not.
    #[default]
    False,
    /// It depends on something that is not known.
    Unknown,
    /// Certainly.
    True,
}

impl Truth {
    /// Certainly, or certainly not.
    #[must_use]
    pub fn of(known: bool) -> Self {
        if known { Self::True } else { Self::False }
    }

    /// What all of them say, where they agree; what one does not say alone is unknown.
    #[must_use]
    pub fn agreement(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut truths = truths.into_iter();
        let Some(first) = truths.next() else { return Self::Unknown };
        if truths.all(|truth| truth == first) { first } else { Self::Unknown }
    }
}

/// The other way round; what is unknown stays so.
impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::Unknown => Self::Unknown,
            Self::False => Self::True,
        }
    }
}
