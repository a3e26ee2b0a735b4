//! The first start, and helping people who cannot sign in, with the built program. On both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::Folder;
use crate::support::postgres::Database;
use crate::support::process::{Outcome, standin};
use std::path::PathBuf;

/// A folder with a configuration, over SQLite or a database of its own.
struct Home {
    folder: Folder,
    config: PathBuf,
    _database: Option<Database>,
}

impl Home {
    fn new(postgres: bool) -> Home {
        let folder = Folder::new();
        let database = postgres.then(Database::fresh);
        let url = database.as_ref().map_or(String::new(), |database| database.url.clone());
        let text = format!("listen = \"127.0.0.1:0\"\ndata_dir = \"data\"\ndatabase = \"{url}\"\n");
        let config = folder.write("standin.toml", text);
        Home { folder, config, _database: database }
    }

    fn run(&self, line: &str) -> Outcome {
        standin(["--config", self.config.to_str().unwrap()].into_iter().chain(line.split(' '))).run()
    }

    #[track_caller]
    fn says(&self, line: &str) -> String {
        let outcome = self.run(line);
        assert_eq!(outcome.code, Some(0), "{line}: {outcome:?}");
        outcome.stdout
    }
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

async fn posted(url: &str, form: &str) -> (u16, String) {
    let kind = "application/x-www-form-urlencoded";
    let answer = client().post(url).header("content-type", kind).body(form.to_owned()).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn the_first_start_prints_a_token_that_makes_one_admin(postgres: bool) {
    let home = Home::new(postgres);
    let serve = || standin(["--config", home.config.to_str().unwrap(), "serve"]).start();
    let mut running = serve();
    let ready = running.wait_for("Standin is ready at ");
    let url = ready.rsplit(' ').next().unwrap().to_owned();
    let line = running.wait_for("enter the token ");
    let token = line.rsplit(' ').next().unwrap().to_owned();
    assert!(line.contains(&format!("Open {url}/setup")) && token.len() == 40, "{line}");
    let form = |token: &str| format!("token={token}&login=ewa&name=Ewa+Boss&password=long+enough&again=long+enough");
    assert_eq!(posted(&format!("{url}/setup"), &form("0000")).await.0, 422);
    assert_eq!(posted(&format!("{url}/setup"), &form(&token)).await.0, 303);
    assert_eq!(posted(&format!("{url}/setup"), &form(&token)).await.0, 404);
    assert_eq!(posted(&format!("{url}/login"), "login=ewa&password=long+enough").await.0, 303);

    // Beside the running program.
    assert!(home.says("admin list").contains("ewa"));
    for _ in 0..6 {
        assert_eq!(posted(&format!("{url}/login"), "login=ewa&password=guess").await.0, 401);
    }
    assert_eq!(posted(&format!("{url}/login"), "login=ewa&password=long+enough").await.0, 429);
    assert_eq!(home.says("admin unlock ewa"), "Ewa Boss may try again at once.\n");
    assert_eq!(posted(&format!("{url}/login"), "login=ewa&password=long+enough").await.0, 303);
    let token = home.says("token create ewa --name board --scope read --days 7").trim().to_owned();
    let asked = async || {
        let answer = client().get(format!("{url}/api/v1/me")).bearer_auth(&token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, body) = asked().await;
    assert!(status == 200 && body.contains("\"login\":\"ewa\""), "{body}");
    let listed: serde_json::Value = serde_json::from_str(&home.says("token list ewa --json")).unwrap();
    assert_eq!((&listed[0]["name"], &listed[0]["scope"]), (&"board".into(), &"read".into()));
    home.says(&format!("token revoke {}", listed[0]["id"]));
    assert_eq!(asked().await.0, 401);
    assert_eq!(home.run("token revoke 4242").code, Some(2));
    running.kill();

    let mut again = serve();
    again.wait_for("Standin is ready at ");
    assert!(!again.said().contains("token"), "there is an admin: {}", again.said());
    again.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_prints_a_token_that_makes_one_admin_on_sqlite() {
    the_first_start_prints_a_token_that_makes_one_admin(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_prints_a_token_that_makes_one_admin_on_postgresql() {
    the_first_start_prints_a_token_that_makes_one_admin(true).await;
}

fn an_admin_is_made_and_helped_by_command(postgres: bool) {
    let home = Home::new(postgres);
    let password = home.folder.write("password", "long enough\n");
    let password = password.to_str().unwrap();
    assert!(home.says("admin list").contains("There is no admin"));
    let create = format!("admin create --login adam --email adam@firma.pl --password-file {password}");
    assert_eq!(home.says(&create), "adam is an admin now, and signs in as adam.\n");
    assert_eq!(home.says(&create), "adam is an admin already; nothing was changed.\n");
    home.folder.write("short", "short");
    let short = home.run(&create.replace(password, home.folder.path().join("short").to_str().unwrap()));
    assert!(short.code == Some(2) && short.stderr.contains("at least 8"), "{short:?}");
    let reset = home.says(&format!("admin reset-password adam --password-file {password}"));
    assert_eq!(reset, "adam has a new password and is signed out everywhere.\n");
    assert!(home.says("user reset-second-factor adam").contains("had no second factor"));
    assert_eq!(home.run("admin unlock nobody").code, Some(2));
    let unset = home.run("user link-identity adam --subject s-1");
    assert!(unset.code == Some(2) && unset.stderr.contains("there is no identity provider"), "{unset:?}");
    let listed: serde_json::Value = serde_json::from_str(&home.says("admin list --json")).unwrap();
    assert_eq!((&listed[0]["password"], &listed[0]["second_factor"]), (&true.into(), &false.into()));

    let before = std::fs::read_to_string(&home.config).unwrap();
    let provider =
        "public_url = \"https://standin.firma.pl\"\n[oidc]\nissuer = \"https://id.firma.pl\"\nclient_id = \"x\"\n";
    std::fs::write(&home.config, format!("{before}{provider}")).unwrap();
    assert_eq!(home.says("user link-identity adam --subject s-1"), "adam signs in with SSO as s-1.\n");
    assert_eq!(home.says("user link-identity adam --subject s-1"), "adam signs in with SSO as s-1.\n");
    assert!(home.says("user unlink-identity adam").contains("1 account forgotten"));
    let audit = home.says("audit");
    assert!(audit.contains("sign-in-changed"), "{audit}");
}

#[test]
fn an_admin_is_made_and_helped_by_command_on_sqlite() {
    an_admin_is_made_and_helped_by_command(false);
}

#[test]
fn an_admin_is_made_and_helped_by_command_on_postgresql() {
    an_admin_is_made_and_helped_by_command(true);
}
