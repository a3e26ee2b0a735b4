//! Reading settings: defaults, then the file, then the environment; every mistake in one report.
//!
//! An unknown key is an error, not a warning: a misspelt `enabled = false` that is passed over
//! would send mail that nobody wanted. All mistakes are told at once, because each start of a
//! service to find the next one costs an admin a minute.

use super::{Audience, Auth, Config, Content, Mailbox, OidcGroup, Security, Server, check, texts};
use figment::error::Kind;
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Provider};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// What environment variables that set a key begin with: `STANDIN_MAIL__POLL` is `mail.poll`.
const PREFIX: &str = "STANDIN_";
/// Variables with that prefix that are no keys: the path of the file, and the log filter.
const OTHER: [&str; 2] = ["STANDIN_CONFIG", "STANDIN_LOG"];

/// Why settings could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file is not there.
    #[error(
        "the configuration file {0} does not exist; check the path, or make one with \
         `standin config example > {0}`"
    )]
    Missing(PathBuf),
    /// It is there and cannot be read.
    #[error("the configuration file {0} cannot be read: {1}; check its owner and mode")]
    Unreadable(PathBuf, std::io::Error),
    /// It is no TOML.
    #[error("{path}, line {line}: this is not TOML: {message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where reading stopped, from 1.
        line: usize,
        /// What the reader expected.
        message: String,
    },
    /// Keys or values are wrong.
    #[error("{}", sentences(.0))]
    Wrong(Vec<Problem>),
}

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, such as `notice.max_age` or `mailbox.0.imap.port`.
    pub key: String,
    /// Where it was set: a file with its line, a variable, or `default`.
    pub place: String,
    /// What is there, what is wanted, what to do.
    pub text: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = if self.place == "default" { "the configuration" } else { &self.place };
        write!(f, "{place}: {}", self.text)
    }
}

fn sentences(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// Settings, and where each key got its value.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// For every key that was set: the file with its line, or the variable. Others are defaults.
    pub places: BTreeMap<String, String>,
}

/// Loads settings from `path` (none: defaults alone) and the environment on top.
pub fn load(path: Option<&Path>, env: impl Iterator<Item = (String, String)>) -> Result<Config, ConfigError> {
    load_explained(path, env).map(|loaded| loaded.config)
}

/// As [`load`], and says where each value came from.
pub fn load_explained(path: Option<&Path>, env: impl Iterator<Item = (String, String)>) -> Result<Loaded, ConfigError> {
    let shape = shape();
    let mut problems = Vec::new();
    let mut places = BTreeMap::new();
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(path) = path {
        let text = read(path)?;
        let lines = lines(path, &text)?;
        let mut dict = Toml::string(&text).data().map(|mut d| d.remove(&figment::Profile::Default).unwrap_or_default());
        if let Ok(dict) = &mut dict {
            dates_as_text(dict);
            unknown(dict, &shape, &lines, &mut problems);
            figment = figment.merge(Serialized::defaults(&*dict));
        }
        places.extend(lines);
    }
    let env = environment(env, &shape, &mut places, &mut problems);
    let figment = figment.merge(Serialized::defaults(env));
    let mut value = figment.extract::<Value>().unwrap_or_else(|_| Value::from(Dict::new()));
    let mut config = extract(&mut value, &shape, &places, &mut problems);
    if let Some(folder) = path.and_then(Path::parent) {
        beside(&mut config, folder);
    }
    let place_of_texts = place(&places, "notice.texts");
    match texts::load(&config.notice.texts) {
        Ok(further) => config.notice.phrases = config.notice.phrases.with(further),
        Err(wrong) => problems.extend(wrong.into_iter().map(|(file, text)| {
            let key = "notice.texts".to_owned();
            Problem { key, place: file.unwrap_or_else(|| place_of_texts.clone()), text }
        })),
    }
    check::check(&config, &mut |key, text| {
        // A key whose value could not be read stands at its default here: one complaint is enough.
        if !problems.iter().any(|p: &Problem| p.key == key) {
            problems.push(Problem { place: place(&places, &key), key, text });
        }
    });
    problems.sort_by(|a, b| (&a.place, &a.key).cmp(&(&b.place, &b.key)));
    if problems.is_empty() { Ok(Loaded { config, places }) } else { Err(ConfigError::Wrong(problems)) }
}

/// Relative paths are meant from the configuration file's folder: a command gives the same answer
/// wherever it is run.
fn beside(config: &mut Config, folder: &Path) {
    config.data_dir = folder.join(&config.data_dir);
    if !config.notice.texts.as_os_str().is_empty() {
        config.notice.texts = folder.join(&config.notice.texts);
    }
    for file in config.oidc.secret_file.iter_mut().chain(&mut config.oidc.ca_file) {
        *file = folder.join(&*file);
    }
    for mailbox in &mut config.mailbox {
        for server in std::iter::once(&mut mailbox.imap).chain(&mut mailbox.smtp).chain(&mut mailbox.sieve) {
            for file in server.secret_file.iter_mut().chain(&mut server.ca_file) {
                *file = folder.join(&*file);
            }
        }
    }
}

/// Every key there is, dotted; keys of a mailbox as `mailbox.imap.host`.
pub fn keys() -> Vec<String> {
    let mut found = Vec::new();
    collect(&shape(), "", &mut found);
    found
}

fn collect(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Dict(_, dict) => {
            for (key, inner) in dict {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                found.push(path.clone());
                collect(inner, &path, found);
            }
        }
        Value::Array(_, items) => items.iter().take(1).for_each(|item| collect(item, path, found)),
        _ => {}
    }
}

/// A configuration in which every key has a value: the known keys and their types.
fn shape() -> Value {
    let server = Server {
        host: "mail.example.com".into(),
        port: Some(993),
        security: Security::Tls,
        user: Some("anna".into()),
        auth: Auth::Plain,
        secret_file: Some(PathBuf::from("secret")),
        secret_env: Some("SECRET".into()),
        secret_command: Some(vec!["pass".into()]),
        ca_file: Some(PathBuf::from("ca.pem")),
        typed: None,
    };
    let mailbox = Mailbox {
        name: "anna".into(),
        user: Some("anna".into()),
        address: "anna@example.com".into(),
        imap: server.clone(),
        smtp: Some(server.clone()),
        sieve: Some(server),
        bounce_address: Some("bounces@example.com".into()),
        folders: Vec::new(),
        content: Content::All,
        never_folders: Vec::new(),
        never_keywords: Vec::new(),
    };
    let mut config = Config { fallback_user: Some("anna".into()), mailbox: vec![mailbox], ..Config::default() };
    config.notice.audience = Audience::Known;
    config.oidc.secret_file = Some(PathBuf::from("secret"));
    config.oidc.secret_env = Some("SECRET".into());
    config.oidc.ca_file = Some(PathBuf::from("ca.pem"));
    let (role, team) = (Some("admin".into()), Some("North".into()));
    config.oidc.group = vec![OidcGroup { name: "admins".into(), role, team }];
    Value::serialize(config).unwrap_or_else(|_| Value::from(Dict::new()))
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => ConfigError::Missing(path.to_owned()),
        _ => ConfigError::Unreadable(path.to_owned(), error),
    })
}

/// Where each key of the file stands.
fn lines(path: &Path, text: &str) -> Result<BTreeMap<String, String>, ConfigError> {
    let line = |offset: usize| 1 + text.bytes().take(offset).filter(|b| *b == b'\n').count();
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        path: path.to_owned(),
        line: error.span().map_or(1, |span| line(span.start)),
        message: error.message().to_owned(),
    })?;
    let mut found = BTreeMap::new();
    let name = path.display().to_string();
    walk(table.get_ref(), "", &mut |key, offset| {
        found.insert(key, format!("{name}, line {}", line(offset)));
    });
    Ok(found)
}

fn walk(table: &DeTable<'_>, path: &str, note: &mut dyn FnMut(String, usize)) {
    for (key, value) in table {
        let path = if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
        note(path.clone(), key.span().start);
        match value.get_ref() {
            DeValue::Table(inner) => walk(inner, &path, note),
            DeValue::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    let path = format!("{path}.{n}");
                    note(path.clone(), item.span().start);
                    if let DeValue::Table(inner) = item.get_ref() {
                        walk(inner, &path, note);
                    }
                }
            }
            _ => {}
        }
    }
}

/// A date without quotes is a date all the same.
fn dates_as_text(dict: &mut Dict) {
    dict.values_mut().for_each(date_as_text);
}

fn date_as_text(value: &mut Value) {
    match value {
        Value::Dict(tag, inner) => match inner.values().next() {
            Some(Value::String(_, date)) if inner.len() == 1 && inner.contains_key("$__toml_private_datetime") => {
                *value = Value::String(*tag, date.clone());
            }
            _ => dates_as_text(inner),
        },
        Value::Array(_, items) => items.iter_mut().for_each(date_as_text),
        _ => {}
    }
}

/// Takes keys that do not exist out of `dict` and complains about them.
fn unknown(dict: &mut Dict, shape: &Value, places: &BTreeMap<String, String>, problems: &mut Vec<Problem>) {
    fn go(value: &mut Value, shape: &Value, path: &str, found: &mut Vec<String>) {
        match (value, shape) {
            (Value::Dict(_, dict), Value::Dict(_, known)) => dict.retain(|key, inner| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match known.get(key) {
                    Some(shape) => go(inner, shape, &path, found),
                    None => found.push(path),
                }
                known.contains_key(key)
            }),
            (Value::Array(_, items), Value::Array(_, known)) => {
                for (n, (item, shape)) in items.iter_mut().zip(known.iter().cycle()).enumerate() {
                    go(item, shape, &format!("{path}.{n}"), found);
                }
            }
            _ => {}
        }
    }
    let mut value = Value::from(std::mem::take(dict));
    let mut found = Vec::new();
    go(&mut value, shape, "", &mut found);
    if let Value::Dict(_, inner) = value {
        *dict = inner;
    }
    for key in found {
        let text = format!("there is no key `{}`{}", readable(&key), suggestion(&key, str::to_owned));
        problems.push(Problem { place: place(places, &key), key, text });
    }
}

/// The nearest known key, written as `form` does, as the end of a sentence.
fn suggestion(key: &str, form: fn(&str) -> String) -> String {
    let generic = without_numbers(key);
    let (section, name) = generic.rsplit_once('.').unwrap_or(("", &generic));
    let rate = |known: &String| {
        if known.replace('.', "_") == generic.replace('.', "_") {
            return 2.0;
        }
        let (its_section, its_name) = known.rsplit_once('.').unwrap_or(("", known));
        let likeness =
            strsim::normalized_damerau_levenshtein(name, its_name).max(strsim::jaro_winkler(name, its_name) - 0.1);
        likeness + if section == its_section { 0.2 } else { 0.0 }
    };
    let best = keys().into_iter().map(|known| (rate(&known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((rate, known)) if rate > 0.75 => format!("; did you mean `{}`?", form(&known)),
        _ => "; `standin config example` shows all there are".to_owned(),
    }
}

/// The variable that sets `key`.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

fn without_numbers(key: &str) -> String {
    key.split('.').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join(".")
}

/// `mailbox.0.imap.port` as people count: `mailbox (number 1) imap.port`.
fn readable(key: &str) -> String {
    match key.strip_prefix("mailbox.").and_then(|rest| rest.split_once('.')) {
        Some((number, rest)) => match number.parse::<usize>() {
            Ok(number) => format!("{rest} of mailbox number {}", number + 1),
            Err(_) => key.to_owned(),
        },
        None => key.to_owned(),
    }
}

/// Where `key`, or what holds it, was set.
fn place(places: &BTreeMap<String, String>, key: &str) -> String {
    let mut at = key;
    loop {
        if let Some(place) = places.get(at) {
            return place.clone();
        }
        match at.rsplit_once('.') {
            Some((outer, _)) => at = outer,
            None => return "default".to_owned(),
        }
    }
}

/// The keys that variables set. Lists are separated by commas. Other variables with our prefix
/// are mistakes, but for [`OTHER`] and `STANDIN_SECRET_…`, which is free for passwords.
fn environment(
    env: impl Iterator<Item = (String, String)>,
    shape: &Value,
    places: &mut BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> Value {
    let mut all = Dict::new();
    for (variable, text) in env {
        let Some(rest) = variable.strip_prefix(PREFIX) else { continue };
        if OTHER.contains(&variable.as_str()) || rest.starts_with("SECRET_") {
            continue;
        }
        let key = rest.to_lowercase().replace("__", ".");
        let place = format!("environment variable {variable}");
        match shape.find_ref(&key) {
            Some(Value::Dict(..)) | None => {
                let text = format!("there is no key `{key}`{}", suggestion(&key, self::variable));
                problems.push(Problem { key, place, text });
            }
            Some(Value::Array(_, items)) if matches!(items.first(), Some(Value::Dict(..))) => {
                let text = "mailboxes are set in the file, not by the environment".to_owned();
                problems.push(Problem { key, place, text });
            }
            Some(wanted) => {
                insert(&mut all, &key, from_text(&text, wanted));
                places.insert(key, place);
            }
        }
    }
    Value::from(all)
}

fn from_text(text: &str, wanted: &Value) -> Value {
    let parsed = || text.parse::<Value>().unwrap_or_else(|_| Value::from(text));
    match wanted {
        Value::Array(..) if text.trim_start().starts_with('[') => parsed(),
        Value::Array(..) => {
            Value::from(text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(Value::from).collect::<Vec<_>>())
        }
        Value::Bool(..) | Value::Num(..) => parsed(),
        _ => Value::from(text),
    }
}

fn insert(dict: &mut Dict, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            dict.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = dict.entry(section.to_owned()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// Reads the types out of `value`. What has the wrong type is noted, put back to its default, and
/// reading goes on, so that one run names every mistake.
fn extract(value: &mut Value, shape: &Value, places: &BTreeMap<String, String>, problems: &mut Vec<Problem>) -> Config {
    for _ in 0..200 {
        let error = match value.deserialize::<Config>() {
            Ok(config) => return config,
            Err(error) => error,
        };
        let mut path = error.path.clone();
        if let Kind::MissingField(field) = &error.kind {
            path.push(field.to_string());
        }
        let key = path.join(".");
        problems.push(Problem { place: place(places, &key), text: wrong(&key, &error.kind), key });
        if !repair(value, shape, &path) {
            break;
        }
    }
    Config::default()
}

fn wrong(key: &str, kind: &Kind) -> String {
    let name = readable(key);
    match kind {
        Kind::MissingField(_) => format!("`{name}` is missing; every mailbox needs it"),
        Kind::InvalidType(there, wanted) | Kind::InvalidValue(there, wanted) => {
            format!("`{name}` is {}; it must be {}", plain(&there.to_string()), plain(wanted))
        }
        Kind::UnknownVariant(there, known) => {
            let list = known.iter().map(|k| format!("\"{k}\"")).collect::<Vec<_>>().join(", ");
            format!("`{name}` is \"{there}\"; it must be one of {list}")
        }
        Kind::Message(text) => format!("`{name}` cannot be read: {text}"),
        other => format!("`{name}` cannot be read: {other}"),
    }
}

/// The library's words for types, as admins say them.
fn plain(words: &str) -> String {
    let swaps = [
        ("unsigned int", "the number"),
        ("signed int", "the number"),
        ("string", "the text"),
        ("bool ", "the word "),
        ("float", "the number"),
    ];
    match words {
        "a string" | "path string" => "text in quotes".to_owned(),
        "a sequence" => "a list, such as [\"a\", \"b\"]".to_owned(),
        "sequence" => "a list".to_owned(),
        "map" => "a section".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "a formatted date string" => "a date such as \"2026-12-24\"".to_owned(),
        _ if words.starts_with("struct ") => "a section".to_owned(),
        _ => swaps
            .iter()
            .find_map(|(theirs, ours)| words.strip_prefix(theirs).map(|rest| format!("{ours}{rest}")))
            .unwrap_or_else(|| words.to_owned()),
    }
}

/// Puts what stands at `path` back to a value of the right type.
fn repair(value: &mut Value, shape: &Value, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        *value = shape.clone();
        return true;
    };
    match (value, shape) {
        (Value::Dict(_, dict), Value::Dict(_, known)) => {
            let Some(shape) = known.get(first) else { return dict.remove(first).is_some() };
            if rest.is_empty() || !dict.contains_key(first) {
                dict.insert(first.clone(), shape.clone());
                return true;
            }
            dict.get_mut(first).is_some_and(|inner| repair(inner, shape, rest))
        }
        (Value::Array(_, items), Value::Array(_, known)) => {
            let Ok(n) = first.parse::<usize>() else { return false };
            match (items.get_mut(n), known.first()) {
                (Some(item), Some(shape)) => repair(item, shape, rest),
                (Some(_), None) => {
                    items.remove(n);
                    true
                }
                (None, _) => false,
            }
        }
        (value, shape) => {
            *value = shape.clone();
            true
        }
    }
}
