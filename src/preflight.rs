//! Would a labeling job work, before it is made?
