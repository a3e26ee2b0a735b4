//! The words of further languages: each file of the folder that `notice.texts` names.

use crate::model::notice::Language;
use crate::model::phrases::Phrases;
use std::path::{Path, PathBuf};

/// What is wrong: the file with its line, where it is one, and the sentence.
type Wrong = (Option<String>, String);

/// Every language in the folder; none where it is not named.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn load(folder: &Path) -> Result<Vec<Phrases>, Vec<Wrong>> {
    if folder.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let files = match files(folder) {
        Ok(files) => files,
        Err(error) => {
            let text = format!("`notice.texts` is \"{}\", which cannot be read: {error}", folder.display());
            return Err(vec![(None, text)]);
        }
    };
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        match one(&file) {
            Ok(phrases) => found.push(phrases),
            Err(problem) => wrong.push(problem),
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

/// The files that end in `.txt`, in the order of their names.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "txt") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn one(file: &Path) -> Result<Phrases, Wrong> {
    let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let Some(language) = Language::from_tag(name).filter(|language| language.tag() == name) else {
        let text = format!("`{name}` is no language; name the file by its code in two letters, such as de.txt");
        return Err((Some(file.display().to_string()), text));
    };
    let text = std::fs::read_to_string(file).map_err(|error| {
        (Some(file.display().to_string()), format!("it cannot be read: {error}; write it in UTF-8"))
    })?;
    Phrases::parse(language, &text)
        .map_err(|error| (Some(format!("{}, line {}", file.display(), error.line)), error.what))
}
