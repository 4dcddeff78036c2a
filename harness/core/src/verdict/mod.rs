//! What it means: expectations, the model, known deviations, blame.
