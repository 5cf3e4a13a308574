//! One binary for all tests of the whole: stories, random lives, torture, and the architecture.

mod called_back;
mod killed;
mod lives;
mod stories;
mod tidy;
mod torture;
mod world;
