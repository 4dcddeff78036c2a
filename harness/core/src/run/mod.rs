//! How it is done: plan, isolation, schedule, deadlines, clean-up.
