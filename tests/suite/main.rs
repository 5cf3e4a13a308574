//! One binary for all tests of the whole: stories, random lives, and the architecture itself.

mod lives;
mod stories;
mod tidy;
mod world;
