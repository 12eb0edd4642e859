//! A JSON object kept as the text it was read from.
//!
//! Most documents pass through without anybody looking at their metadata, so it is not parsed until somebody
//! does, and what nobody changed leaves byte for byte as it came.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The members of a JSON object, as raw text.
///
/// # Examples
///
/// ```
/// use textmill_model::JsonObject;
///
/// let mut metadata = JsonObject::from_raw(r#"{"site": "example.org", "n":1.50}"#.into()).unwrap();
/// metadata.set("lang", "\"en\"");
/// assert_eq!(metadata.raw(), r#"{"site": "example.org", "n":1.50,"lang":"en"}"#);
/// assert_eq!(metadata.get("site").as_deref(), Some("\"example.org\""));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonObject {
    raw: String, // either empty, for an object without members, or a whole JSON object
}

impl JsonObject {
    /// Takes the text of a JSON object; `None` when it is not one.
    pub fn from_raw(raw: String) -> Option<JsonObject> {
        let members: Members<'_> = serde_json::from_str(&raw).ok()?;
        Some(if members.0.is_empty() { JsonObject::default() } else { JsonObject { raw } })
    }

    /// Takes text that a JSON parser has already seen to be an object.
    pub fn from_parsed(raw: &RawValue) -> Option<JsonObject> {
        let text = raw.get();
        let inside = text.strip_prefix('{')?.strip_suffix('}')?;
        let empty = inside.trim_ascii().is_empty();
        Some(if empty { JsonObject::default() } else { JsonObject { raw: text.to_owned() } })
    }

    /// The object as JSON text; `{}` when it has no members.
    pub fn raw(&self) -> &str {
        if self.raw.is_empty() { "{}" } else { &self.raw }
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The JSON text of the member `name`; where a name stands twice, the last one, as JSON parsers do.
    ///
    /// A name that is no member but has dots is looked up step by step: `source.site` finds `{"source":{"site":…}}`.
    pub fn get(&self, name: &str) -> Option<String> {
        let members: Members<'_> = serde_json::from_str(self.raw()).ok()?;
        if let Some((_, value)) = members.0.iter().rev().find(|(key, _)| key == name) {
            return Some(value.get().to_owned());
        }
        let (first, rest) = name.split_once('.')?;
        let (_, inner) = members.0.iter().rev().find(|(key, _)| key == first)?;
        JsonObject::from_parsed(inner)?.get(rest)
    }

    /// Gives `name` the JSON text `value`, where [`JsonObject::get`] finds it: in its old place or, when it is new, at
    /// the end.
    ///
    /// A name with dots that is no member leads inward: `source.site` becomes `{"source":{"site":…}}`. Where that
    /// would overwrite something that is no object, the whole name becomes a member, so that nothing is lost.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.inner_object(name) {
            Some((first, mut inner, rest)) => {
                inner.set(rest, value);
                self.set_member(first, inner.raw());
            }
            None => self.set_member(name, value),
        }
    }

    /// The first step of a path that leads inward, the object there, and the rest of the path.
    fn inner_object<'a>(&self, path: &'a str) -> Option<(&'a str, JsonObject, &'a str)> {
        let members: Members<'_> = serde_json::from_str(self.raw()).ok()?;
        let member =
            |name: &str| members.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value);
        let (first, rest) = path.split_once('.').filter(|_| member(path).is_none())?;
        let inner = member(first).map_or_else(|| Some(JsonObject::default()), JsonObject::from_parsed)?;
        Some((first, inner, rest))
    }

    fn set_member(&mut self, name: &str, value: &str) {
        let key = serde_json::Value::from(name).to_string();
        let members: Members<'_> = serde_json::from_str(self.raw()).unwrap_or_default();
        let known = members.0.iter().any(|(key, _)| key == name);
        self.raw = if known {
            let replaced = members.0.iter().map(|(key, old)| {
                let kept = if key == name { value } else { old.get() };
                format!("{}:{kept}", serde_json::Value::from(key.as_ref()))
            });
            format!("{{{}}}", replaced.collect::<Vec<_>>().join(","))
        } else if self.raw.is_empty() {
            format!("{{{key}:{value}}}")
        } else {
            let open = self.raw.trim_ascii_end().strip_suffix('}').unwrap_or(&self.raw);
            format!("{open},{key}:{value}}}")
        };
    }
}

/// The members of a JSON object in their order, borrowed from its text; a name may stand twice.
///
/// # Examples
///
/// ```
/// use textmill_model::Members;
///
/// let members: Members<'_> = serde_json::from_str(r#"{"site": "example.org", "n":1.50}"#).unwrap();
/// let shown: Vec<(&str, &str)> = members.0.iter().map(|(name, value)| (&**name, value.get())).collect();
/// assert_eq!(shown, [("site", "\"example.org\""), ("n", "1.50")]);
/// ```
#[derive(Debug, Default)]
pub struct Members<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(MemberName(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// The name of a member, borrowed from the text where it has no escapes: a bare `Cow` would always copy.
#[derive(Debug, Deserialize)]
pub struct MemberName<'a>(#[serde(borrow)] pub Cow<'a, str>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_member_leaves_the_others_byte_for_byte() {
        let mut object = JsonObject::from_raw("{ \"a\" : 1.00 }".into()).unwrap();
        object.set("b", "[]");
        assert_eq!(object.raw(), "{ \"a\" : 1.00 ,\"b\":[]}");
    }

    #[test]
    fn a_known_member_is_replaced_in_place() {
        let mut object = JsonObject::from_raw(r#"{"a":1,"b":2,"c":3}"#.into()).unwrap();
        object.set("b", "null");
        assert_eq!(object.raw(), r#"{"a":1,"b":null,"c":3}"#);
    }

    #[test]
    fn dots_lead_into_objects_unless_the_name_itself_has_them() {
        let object = JsonObject::from_raw(r#"{"a":{"b":1},"a.b":2,"c":{"d":{"e":3}}}"#.into()).unwrap();
        assert_eq!(object.get("a.b").as_deref(), Some("2"));
        assert_eq!(object.get("c.d.e").as_deref(), Some("3"));
        assert_eq!(object.get("c.x"), None);
    }

    #[test]
    fn a_name_with_dots_is_set_where_it_is_looked_up() {
        let set = |object: &str, name: &str| {
            let mut object = JsonObject::from_raw(object.into()).unwrap();
            object.set(name, "1");
            object.raw().to_owned()
        };
        assert_eq!(set("{}", "a.b.c"), r#"{"a":{"b":{"c":1}}}"#);
        assert_eq!(set(r#"{"a":{"x":2},"z":3}"#, "a.b"), r#"{"a":{"x":2,"b":1},"z":3}"#);
        assert_eq!(set(r#"{"a":{"b":2}}"#, "a.b"), r#"{"a":{"b":1}}"#);
        assert_eq!(set(r#"{"a":{"b":2},"a.b":3}"#, "a.b"), r#"{"a":{"b":2},"a.b":1}"#);
        assert_eq!(set(r#"{"a":"a leaf"}"#, "a.b"), r#"{"a":"a leaf","a.b":1}"#);
    }

    proptest! {
        #[test]
        fn what_was_set_is_found_and_nothing_else_is_lost(
            sets in proptest::collection::vec(("[ab.]{0,5}", "[0-9]|\\{\\}|\\{\"a\":1\\}"), 1..6),
        ) {
            let mut object = JsonObject::default();
            for (name, value) in &sets {
                let before = object.clone();
                object.set(name, value);
                prop_assert_eq!(&object.get(name), &Some(value.clone()));
                prop_assert!(JsonObject::from_raw(object.raw().to_owned()).is_some());
                let inside = |other: &str| name.starts_with(other) || other.starts_with(&**name);
                for (other, _) in sets.iter().filter(|(other, _)| !inside(other)) {
                    prop_assert_eq!(object.get(other), before.get(other));
                }
            }
        }
    }

    #[test]
    fn only_objects_are_taken() {
        assert_eq!(JsonObject::from_raw("[1]".into()), None);
        assert_eq!(JsonObject::from_raw("{".into()), None);
        assert_eq!(JsonObject::from_raw(" { } ".into()), Some(JsonObject::default()));
    }
}
