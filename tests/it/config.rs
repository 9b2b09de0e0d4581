//! The README's table of settings is the one that the code gives.

use handback::config;

#[test]
fn the_readme_lists_every_setting_as_it_is() {
    let readme = include_str!("../../README.md");
    assert!(
        readme.contains(&config::readme_table()),
        "the table of settings in README.md is not up to date; it is:\n{}",
        config::readme_table()
    );
}

#[test]
fn the_readme_lists_every_setting_of_an_issuer_as_it_is() {
    let readme = include_str!("../../README.md");
    assert!(
        readme.contains(&config::readme_issuer_table()),
        "the table of an issuer's settings in README.md is not up to date; it is:\n{}",
        config::readme_issuer_table()
    );
}
