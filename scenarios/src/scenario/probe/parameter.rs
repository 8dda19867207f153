//! Which query parameter takes the size of a page, and which one its place.

use aforo_model::StepProbe;

use super::query;

/// Names for the number of items, without `_`, `-` and `$`, in lower case.
const PAGE_SIZES: [&str; 10] =
    ["limit", "perpage", "pagesize", "size", "n", "count", "first", "take", "top", "rows"];
/// Names for the number of items before the first one. A cursor is none: it cannot be made up.
const OFFSETS: [&str; 3] = ["offset", "skip", "start"];
/// Names for the number of a page.
const PAGES: [&str; 3] = ["page", "pageno", "pagenumber"];

/// The query parameter that says where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetParameter {
    /// Its name.
    pub name: String,
    /// What it counts.
    pub unit: OffsetUnit,
}

/// What an offset counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetUnit {
    /// Items before the first one of the page.
    Items,
    /// Pages, the first of which is 1, or 0.
    Pages,
}

/// The parameter of `path` that takes the page size, if there is one.
pub(super) fn page_size(path: &str, declared: Option<&StepProbe>) -> Option<String> {
    declared.and_then(|probe| probe.page_size.clone()).or_else(|| named(path, &PAGE_SIZES))
}

/// The parameter of `path` that says where a page begins, if there is one.
pub(super) fn offset(path: &str, declared: Option<&StepProbe>) -> Option<OffsetParameter> {
    let name = declared
        .and_then(|probe| probe.offset.clone())
        .or_else(|| named(path, &OFFSETS))
        .or_else(|| named(path, &PAGES))?;
    let unit = if PAGES.contains(&plain(&name).as_str()) { OffsetUnit::Pages } else { OffsetUnit::Items };
    Some(OffsetParameter { name, unit })
}

fn named(path: &str, names: &[&str]) -> Option<String> {
    let mut found = query::parameters(path).map(|(name, _)| name);
    found.find(|name| names.contains(&plain(name).as_str())).map(|name| name.into_owned())
}

fn plain(name: &str) -> String {
    name.replace(['_', '-', '$'], "").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_field_are_known_in_every_spelling() {
        for (path, size, place) in [
            ("/a?limit=5&offset=0", Some("limit"), Some(("offset", OffsetUnit::Items))),
            ("/a?page=2&per_page=5", Some("per_page"), Some(("page", OffsetUnit::Pages))),
            ("/a?pageSize=5&pageNumber=1", Some("pageSize"), Some(("pageNumber", OffsetUnit::Pages))),
            ("/a?$top=5&$skip=1", Some("$top"), Some(("$skip", OffsetUnit::Items))),
            ("/a?first=5&after=xyz", Some("first"), None),
            ("/a?page=2", None, Some(("page", OffsetUnit::Pages))),
            ("/a?limits=2&name=n&cursor=c", None, None),
            ("/limit/5", None, None),
        ] {
            assert_eq!(page_size(path, None).as_deref(), size, "{path}");
            let offset = offset(path, None);
            assert_eq!(offset.as_ref().map(|offset| (offset.name.as_str(), offset.unit)), place, "{path}");
        }
    }

    #[test]
    fn what_the_step_declares_comes_first() {
        let declared = StepProbe {
            page_size: Some("wanted".into()),
            offset: Some("page".into()),
            ..StepProbe::default()
        };
        assert_eq!(page_size("/a?limit=5", Some(&declared)).as_deref(), Some("wanted"));
        let page = OffsetParameter { name: "page".into(), unit: OffsetUnit::Pages };
        assert_eq!(offset("/a?offset=5", Some(&declared)), Some(page));
    }
}
