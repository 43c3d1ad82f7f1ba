//! The one integration test binary: one file an area.

mod accounts;
mod blindfold;
mod rules;
