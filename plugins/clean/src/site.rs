//! Which site a document is of, as a field of it says.

use textmill_sdk::Doc;

/// The field that tells the site.
#[derive(Debug)]
pub struct Site {
    field: String,
}

impl Site {
    /// The site as `field` tells it.
    pub fn new(field: String) -> Site {
        Site { field }
    }

    /// The field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The site of `doc`; empty when the field is missing.
    pub fn of(&self, doc: &Doc<'_>) -> String {
        let value = doc.field::<String>(&self.field).unwrap_or_default();
        site_of(&value, self.field == "origin.path").to_owned()
    }
}

/// What tells the site: the host of an address, the folder of a path, anything else as it is.
fn site_of(value: &str, is_path: bool) -> &str {
    if is_path {
        return value.rsplit_once(['/', '\\']).map_or("", |(folder, _)| folder);
    }
    let host =
        value.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#', ':']).next().unwrap_or(rest));
    host.unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_host_a_folder_or_a_name() {
        assert_eq!(site_of("https://daily.example/riga?x=1", false), "daily.example");
        assert_eq!(site_of("The Daily", false), "The Daily");
        assert_eq!(site_of("news/daily/1.txt", true), "news/daily");
        assert_eq!(site_of("1.txt", true), "");
    }
}
