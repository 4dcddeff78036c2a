//! Who is told: one file per format, all of one shape.
