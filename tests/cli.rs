//! What is typed and what comes back, as blocks of a console in `tests/cmd`.

#[test]
fn the_console_shows_what_the_files_say() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd").case("README.md").env("NO_COLOR", "1").run();
}
