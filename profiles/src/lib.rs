//! What is observed while load runs: resource samplers, profilers, collectors.
