//! The company and its clients: who writes to whom in the generated mail, and the CSV files that
//! `standin import` reads.

use super::random::Random;
use super::words::Language;
use std::fmt::Write;

/// The domain of the company whose mailbox is read.
pub const OWN_DOMAIN: &str = "firma.test";
/// The mailbox that is read.
pub const MAILBOX: &str = "anna.nowak@firma.test";
/// How many people the company has; the first is the mailbox's owner.
pub const USERS: usize = 40;

const POLISH_FIRST: [&str; 20] = [
    "Anna",
    "Piotr",
    "Kamil",
    "Małgorzata",
    "Zofia",
    "Łukasz",
    "Paweł",
    "Grażyna",
    "Józef",
    "Agnieszka",
    "Tomasz",
    "Krzysztof",
    "Barbara",
    "Michał",
    "Ewa",
    "Stanisław",
    "Żaneta",
    "Wojciech",
    "Iwona",
    "Błażej",
];
const POLISH_LAST: [&str; 20] = [
    "Nowak",
    "Wójcik",
    "Kowalczyk",
    "Zieliński",
    "Szymańska",
    "Woźniak",
    "Dąbrowski",
    "Kozłowska",
    "Jankowski",
    "Mazur",
    "Krawczyk",
    "Piotrowska",
    "Grabowski",
    "Pawłowska",
    "Michalski",
    "Król",
    "Wróbel",
    "Wieczorek",
    "Jabłońska",
    "Stępień",
];
const ENGLISH_FIRST: [&str; 20] = [
    "James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Susan", "Richard",
    "Karen", "Thomas", "Sarah", "Daniel", "Nancy", "Matthew", "Lisa", "Mark", "Sandra",
];
const ENGLISH_LAST: [&str; 20] = [
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Miller", "Davis", "Wilson", "Anderson", "Taylor", "Moore",
    "Jackson", "Martin", "Thompson", "White", "Harris", "Clark", "Lewis", "Walker", "Hall",
];
const TRADES: [&str; 16] = [
    "pumps", "valves", "marine", "steel", "chemie", "wod-kan", "energia", "papier", "foods", "cement", "mining",
    "agro", "heating", "plastics", "brewery", "dairy",
];

/// Somebody with an address.
pub struct Person {
    /// As it stands before the address.
    pub name: String,
    /// In lower case.
    pub address: String,
    /// What they write in.
    pub language: Language,
    /// Index of the account; unused for users and strangers.
    pub account: usize,
}

/// A client company.
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its mail domain.
    pub domain: String,
    /// Index of the user who owns it.
    pub owner: usize,
    /// Numbers of its open opportunities.
    pub open: Vec<String>,
}

/// Everybody.
pub struct People {
    /// The company's own.
    pub users: Vec<Person>,
    /// The clients.
    pub accounts: Vec<Account>,
    /// The people there.
    pub contacts: Vec<Person>,
    /// Numbers of closed opportunities with the index of their account.
    closed: Vec<(String, usize)>,
}

impl People {
    /// The people of a seed.
    pub fn new(seed: u64, accounts: usize, contacts: usize) -> People {
        let mut random = Random::part(seed, 1);
        let users = (0..USERS).map(|at| user(at, &mut random)).collect();
        let (mut number, mut closed) = (1000, Vec::new());
        let mut next = || {
            number += 1;
            format!("OP-{number}")
        };
        let accounts: Vec<Account> = (0..accounts)
            .map(|at| {
                let trade = random.pick(&TRADES);
                let last = ascii(random.pick::<&str>(&POLISH_LAST));
                // Half of the accounts have one open opportunity, some several, the rest none.
                let open = match random.below(100) {
                    0..50 => 1,
                    50..65 => 2 + random.below(3),
                    _ => 0,
                };
                let open = (0..open).map(|_| next()).collect();
                if random.chance(0.2) {
                    closed.push((next(), at));
                }
                Account {
                    name: format!("{last} {trade} {at}"),
                    domain: format!("{}-{trade}-{at}.test", last.to_lowercase()),
                    owner: random.below(USERS),
                    open,
                }
            })
            .collect();
        let contacts = (0..contacts)
            .map(|at| {
                let account = if at < accounts.len() { at } else { random.below(accounts.len()) };
                person(&mut random, at, &accounts[account].domain, account)
            })
            .collect();
        People { users, accounts, contacts, closed }
    }

    /// The files for `standin import`, by what is imported, in the order of importing.
    pub fn csv(&self) -> [(&'static str, String); 4] {
        let mut users = String::from("login,name,emails\n");
        for user in &self.users {
            let login = user.address.split('@').next().unwrap_or_default();
            let _ = writeln!(users, "{login},{},{}", user.name, user.address);
        }
        let login = |owner: usize| self.users[owner].address.split('@').next().unwrap_or_default();
        let mut accounts = String::from("external_id,name,owner,domains\n");
        for (at, account) in self.accounts.iter().enumerate() {
            let _ = writeln!(accounts, "a{at},{},{},{}", account.name, login(account.owner), account.domain);
        }
        let mut contacts = String::from("external_id,name,owner,account,emails\n");
        for (at, contact) in self.contacts.iter().enumerate() {
            let owner = login(self.accounts[contact.account].owner);
            let _ = writeln!(contacts, "c{at},{},{owner},a{},{}", contact.name, contact.account, contact.address);
        }
        let mut opportunities = String::from("external_id,name,owner,account,number,status\n");
        let open = self.accounts.iter().enumerate().flat_map(|(at, a)| a.open.iter().map(move |n| (n, at, "open")));
        for (number, at, status) in open.chain(self.closed.iter().map(|(n, at)| (n, *at, "won"))) {
            let account = &self.accounts[at];
            let _ = writeln!(
                opportunities,
                "{number},{} {number},{},a{at},{number},{status}",
                account.name,
                login(account.owner)
            );
        }
        [("users", users), ("accounts", accounts), ("contacts", contacts), ("opportunities", opportunities)]
    }
}

fn user(at: usize, random: &mut Random) -> Person {
    if at == 0 {
        return Person { name: "Anna Nowak".into(), address: MAILBOX.into(), language: Language::Polish, account: 0 };
    }
    let (first, last) = (random.pick(&POLISH_FIRST), random.pick(&POLISH_LAST));
    let address = format!("{}.{}{at}@{OWN_DOMAIN}", ascii(first).to_lowercase(), ascii(last).to_lowercase());
    Person { name: format!("{first} {last}"), address, language: Language::Polish, account: 0 }
}

/// Somebody at a domain; `at` keeps addresses apart.
pub fn person(random: &mut Random, at: usize, domain: &str, account: usize) -> Person {
    let language = if random.chance(0.6) { Language::Polish } else { Language::English };
    let (first, last) = match language {
        Language::Polish => (random.pick(&POLISH_FIRST), random.pick(&POLISH_LAST)),
        Language::English => (random.pick(&ENGLISH_FIRST), random.pick(&ENGLISH_LAST)),
    };
    let address = format!("{}.{}{at}@{domain}", ascii(first).to_lowercase(), ascii(last).to_lowercase());
    Person { name: format!("{first} {last}"), address, language, account }
}

fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'ą' => 'a',
            'ć' => 'c',
            'ę' => 'e',
            'ł' => 'l',
            'Ł' => 'L',
            'ń' => 'n',
            'ó' => 'o',
            'ś' => 's',
            'ź' | 'ż' => 'z',
            'Ż' => 'Z',
            other => other,
        })
        .collect()
}
