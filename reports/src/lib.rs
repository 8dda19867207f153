//! How a run is shown: one file per format.
