//! The reference target: a hotel reservations API with switchable flaws.
