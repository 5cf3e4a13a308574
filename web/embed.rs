//! Says when the pages have to be embedded anew: `src/api/web.rs` takes in what is in `web/dist`.

#![expect(clippy::print_stdout, reason = "cargo listens there")]

fn main() {
    println!("cargo::rerun-if-changed=web/embed.rs");
    println!("cargo::rerun-if-changed=web/dist");
}
