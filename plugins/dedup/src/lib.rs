//! textmill plugin: drops exact and near duplicates.

pub mod bands;
pub mod buckets;
pub mod features;
pub mod fingerprints;
pub mod index;
pub mod shingle_set;
pub mod sketch;
