//! Says when the pages have to be embedded anew: `src/api/web.rs` takes in what is in `web/dist`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=web/dist");
}
