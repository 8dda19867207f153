//! What load is: journeys, arrival, the Goose engine, the recorder.
