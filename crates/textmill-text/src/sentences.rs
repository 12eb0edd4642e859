//! Splits text into sentences, as byte spans into the original string.
