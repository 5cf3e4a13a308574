//! A queue: its rules, its callers in order of arrival, and its agents who can be rung.
