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
        site_of(&value, self.is_path()).to_owned()
    }

    /// What `site` is called in a file: where a folder is the site, its own name without the folders above it, which are
    /// others on the next machine.
    pub fn name<'s>(&self, site: &'s str) -> &'s str {
        if self.is_path() { site.rsplit(['/', '\\']).next().unwrap_or(site) } else { site }
    }

    fn is_path(&self) -> bool {
        self.field == "origin.path"
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

    #[test]
    fn a_folder_is_called_by_its_own_name() {
        let folders = Site::new("origin.path".into());
        for site in ["daily", "/home/ann/news/daily", "news\\daily"] {
            assert_eq!(folders.name(site), "daily", "{site}");
        }
        assert_eq!(folders.name(""), "");
        assert_eq!(Site::new("metadata.site".into()).name("daily.example/riga"), "daily.example/riga");
    }
}
