//! textmill plugin: drops exact and near duplicates.
