//! One page after the other, none of them twice.

use super::parameter::{OffsetParameter, OffsetUnit};
use crate::scenario::engine::values::Values;

/// Pages of one list: what is asked for stays the same, and each page begins behind the one before it.
#[derive(Debug)]
pub(super) struct Series {
    /// What the request is filled from.
    pub(super) values: Values,
    /// Whether no other series has asked for the same.
    pub(super) is_fresh: bool,
    /// Items that have been asked for.
    asked_items: u64,
}

/// The place of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// What the parameter is set to.
    pub(super) parameter: u64,
    /// Items passed over.
    pub(super) items: u64,
}

impl Series {
    /// A series of which nothing has been asked for.
    pub(super) fn new(values: Values, is_fresh: bool) -> Self {
        Self { values, is_fresh, asked_items: 0 }
    }

    /// The place of the next page of `size` items.
    pub(super) fn next_page(&mut self, offset: &OffsetParameter, size: u32) -> Place {
        let (place, asked_items) = next_page(self.asked_items, offset.unit, size);
        self.asked_items = asked_items;
        place
    }
}

/// The next place after `asked_items`, and how many have been asked for with it.
fn next_page(asked_items: u64, unit: OffsetUnit, size: u32) -> (Place, u64) {
    let size = u64::from(size.max(1));
    match unit {
        OffsetUnit::Items => (Place { parameter: asked_items, items: asked_items }, asked_items + size),
        OffsetUnit::Pages => {
            let pages_before = asked_items.div_ceil(size);
            // Whether pages are counted from 0 or 1 is not known: a page more is taken as asked for.
            let place = Place { parameter: pages_before + 1, items: pages_before * size };
            (place, (pages_before + 2) * size)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_item_is_asked_for_twice_however_pages_are_counted(sizes in prop::collection::vec(1u32..50, 1..30)) {
            for (unit, first_page) in [(OffsetUnit::Items, None), (OffsetUnit::Pages, Some(0)), (OffsetUnit::Pages, Some(1))] {
                let (mut asked_items, mut end) = (0, 0);
                for size in &sizes {
                    let (place, asked) = next_page(asked_items, unit, *size);
                    asked_items = asked;
                    let start = first_page.map_or(place.parameter, |first| (place.parameter - first) * u64::from(*size));
                    prop_assert!(start >= end);
                    end = start + u64::from(*size);
                    prop_assert!(end <= asked_items);
                }
            }
        }
    }
}
