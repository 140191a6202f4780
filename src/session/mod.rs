//! The façade of all front ends.
