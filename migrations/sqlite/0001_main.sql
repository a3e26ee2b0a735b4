-- The main path: people, records, mail, links, absences, notices.
-- Times are UTC milliseconds. Keyed hashes are the first 64 bits of HMAC-SHA-256 under the instance's
-- key: nobody without it can look for a collision, and whoever compares by one also compares what it
-- stands for where a chance collision would matter. Same tables and columns as ../postgres; tests/it/schema.rs compares them.

-- People ---------------------------------------------------------------------------------------

create table teams (
  id integer primary key,
  name text not null,
  fallback_user_id bigint references users(id),
  external_id text,
  created_at bigint not null
);
create unique index teams_external on teams (external_id);

create table users (
  id integer primary key,
  login text not null,                      -- folded to lower case
  name text not null,
  role text not null check (role in ('account-manager', 'staff', 'admin')),
  manager_id bigint references users(id),
  team_id bigint references teams(id),
  password_hash text,                       -- argon2id; null: cannot sign in with a password
  zone text not null,
  language text not null,
  phone text,                               -- released for notices, so it may be told to clients
  active boolean not null default true,
  external_id text,
  created_at bigint not null
);
create unique index users_login on users (login);
create unique index users_external on users (external_id);

-- Every address under which a user writes or is written to (R10).
create table user_addresses (
  address text not null primary key,
  user_id bigint not null references users(id),
  position bigint not null                  -- 0 is the one shown
) without rowid;
create index user_addresses_user on user_addresses (user_id);

create table sessions (
  token_hash blob not null primary key,     -- SHA-256 of the cookie
  user_id bigint not null references users(id),
  created_at bigint not null,
  seen_at bigint not null,
  expires_at bigint not null,
  agent text not null
);
create index sessions_user on sessions (user_id);

-- Records --------------------------------------------------------------------------------------

create table records (
  id integer primary key,
  kind text not null check (kind in ('account', 'contact', 'lead', 'opportunity')),
  name text not null,
  name_key text not null,                   -- folded in Rust: databases fold and sort differently
  owner_id bigint not null references users(id),
  team_id bigint references teams(id),
  confidential boolean not null default false,
  status text not null default 'open' check (status in ('open', 'won', 'lost', 'converted')),
  account_id bigint references records(id),
  end_account_id bigint references records(id),
  end_contact_id bigint references records(id),
  number text,                              -- an opportunity's own number, OP-1042
  class text check (class in ('A', 'B', 'C', 'D')),
  phone text,
  city text,
  external_source text,
  external_id text,
  created_at bigint not null,
  updated_at bigint not null,
  check (kind in ('contact', 'opportunity') or account_id is null),
  check (kind = 'opportunity' or (end_account_id is null and end_contact_id is null)),
  check (kind in ('lead', 'opportunity') or status = 'open'),
  check ((external_source is null) = (external_id is null))
);
create unique index records_external on records (external_source, kind, external_id);
create index records_owner on records (owner_id, kind, id);
create index records_account on records (account_id, kind);
create index records_end_account on records (end_account_id) where end_account_id is not null;
create index records_end_contact on records (end_contact_id) where end_contact_id is not null;
create index records_name on records (kind, name_key);

-- Addresses of contacts and leads. 'claimed' gives mail only from the claimant's own mailboxes (P12).
create table record_addresses (
  address text not null,
  record_id bigint not null references records(id),
  standing text not null check (standing in ('vouched', 'claimed')),
  claimed_by bigint references users(id),
  created_at bigint not null,
  primary key (address, record_id),
  check (standing = 'claimed' or claimed_by is null)
) without rowid;
create index record_addresses_record on record_addresses (record_id);

-- Domains of accounts; set by a person with the right to (P12).
create table account_domains (
  domain text not null,
  record_id bigint not null references records(id),
  created_at bigint not null,
  primary key (domain, record_id)
) without rowid;
create index account_domains_record on account_domains (record_id);

-- Who owned a record, when, and by whom it was given (history; rights read records.owner_id).
create table record_owners (
  id integer primary key,
  record_id bigint not null references records(id),
  from_user_id bigint references users(id),
  to_user_id bigint not null references users(id),
  by_user_id bigint references users(id),   -- null: an import or the command line
  reason text not null,
  at bigint not null
);
create index record_owners_record on record_owners (record_id, at);

-- References of the tables that mail is written to are checked at the commit: checked at each statement,
-- SQLite keeps copies of all pages that a statement of many rows touches (src/store/bulk.rs).

-- Mailboxes and places -------------------------------------------------------------------------

create table mailboxes (
  id integer primary key,
  name text not null,                       -- its name in the configuration
  user_id bigint references users(id),      -- null: a shared mailbox
  address text not null,
  connected_at bigint not null,             -- mail that arrived before is never answered (R4)
  state text not null default 'new' check (state in ('new', 'ok', 'reading', 'retrying', 'refused', 'stopped')),
  state_detail text,                        -- the server's last answer or our cause, for people
  state_at bigint,
  next_try_at bigint,
  up_to_date_at bigint,                     -- everything the server showed at this moment is accounted for
  lease_owner text,
  lease_until bigint not null default 0,
  fence bigint not null default 0,          -- grows with every lease; writers check it
  stamped bigint not null default 0,        -- of the last mails seen, how many carried our server's authentication results (R37)
  stamped_of bigint not null default 0
);
create unique index mailboxes_name on mailboxes (name);
create index mailboxes_user on mailboxes (user_id);

create table folders (
  id integer primary key,
  mailbox_id bigint not null references mailboxes(id),
  path text not null,                       -- decoded
  role text not null check (role in ('inbox', 'sent', 'all', 'archive', 'drafts', 'junk', 'trash', 'other')),
  watched boolean not null,
  validity bigint,                          -- UIDVALIDITY; null until first read
  epoch bigint not null default 0,
  frontier bigint not null default 1,       -- the next live window starts here
  backfill bigint not null default 1,       -- accounted for from here to the frontier
  backfill_floor bigint not null default 1, -- backfill ends here: the configured age
  modseq bigint not null default 0,
  total bigint not null default 0,          -- MESSAGES of the last snapshot
  uid_next bigint not null default 0,       -- UIDNEXT of the last snapshot
  scanned_at bigint,                        -- last full comparison of UIDs
  select_failures bigint not null default 0,
  check (backfill <= frontier)
);
create unique index folders_path on folders (mailbox_id, path);

-- One row for every copy the server showed (P1).
create table locations (
  id integer primary key,
  folder_id bigint not null references folders(id) deferrable initially deferred,
  epoch bigint not null,
  uid bigint not null,
  state text not null check (state in ('pending', 'stored', 'unmatched', 'gone', 'failed')),
  mail_id bigint references mails(id) deferrable initially deferred,
  arrival text not null check (arrival in ('live', 'backfill', 'epoch', 'import', 'refetch')),
  size bigint not null,
  internal_at bigint,                       -- INTERNALDATE
  flags text not null,                      -- space separated
  modseq bigint not null default 0,
  copy_key bigint,                            -- keyed hash of Message-ID, From, Date: rematch after renumbering
  attempts bigint not null default 0,
  next_try_at bigint not null default 0,
  error text,
  seen_at bigint not null,                  -- when Standin first saw it
  settled_at bigint,
  check (state <> 'stored' or mail_id is not null),
  check (state <> 'failed' or error is not null)
);
create unique index locations_place on locations (folder_id, epoch, uid);
create index locations_mail on locations (mail_id);
create index locations_open on locations (folder_id, uid) where state = 'pending';
create index locations_copy on locations (copy_key) where copy_key is not null;

-- Keyed hashes of what an unstored mail names (P9): 'i' ids, 'a' addresses, 'd' their domains.
create table unmatched_keys (
  key bigint not null,
  what text not null check (what in ('i', 'a', 'd')),
  location_id bigint not null references locations(id) deferrable initially deferred,
  primary key (key, what, location_id)
) without rowid;
create index unmatched_keys_location on unmatched_keys (location_id);

-- Bytes that could not be stored as mail, kept with their error (P9: for 30 days by default).
create table failed_raws (
  location_id integer primary key references locations(id) deferrable initially deferred,
  bytes blob not null,                      -- zstd
  expires_at bigint not null
);

-- Mail -----------------------------------------------------------------------------------------

create table mails (
  id integer primary key,
  identity blob not null,                   -- SHA-256 over the fields of copy_key and the canonical visible text (P2)
  copy_key bigint not null,
  message_id text,                          -- as R114 compares it
  id_key bigint,                              -- keyed hash of it
  thread_id bigint not null,
  at bigint not null,                       -- R133: its Date if plausible, else its arrival
  arrived_at bigint not null,
  direction text not null check (direction in ('in', 'out', 'internal')),
  author text not null,
  channel text not null check (channel in ('direct', 'list', 'bulk')),
  evidence text not null,                   -- JSON: why author and channel
  from_name text,
  from_address text not null,               -- empty if none could be read
  subject text not null,
  visible text not null,                    -- the writer's new text
  folded boolean not null,                  -- whether the raw mail has more text than `visible`
  attachments text not null,                -- JSON
  attachment_names text not null,
  forward boolean not null,
  auth_failed boolean not null,             -- our own server says that the sender is not who it claims (R36)
  defects text not null,                    -- JSON
  size bigint not null,
  regarding_id bigint references records(id) deferrable initially deferred,
  linking text not null check (linking in ('linked', 'review')),
  candidates text not null default '[]',    -- JSON, for review
  answered_at bigint,                       -- when a person of ours first answered it
  answered_by bigint references mails(id) deferrable initially deferred,
  waits boolean not null default false,     -- a client's mail, by a person, that nobody answered
  parser_version bigint not null
);
create unique index mails_identity on mails (identity);
create index mails_copy on mails (copy_key);
create index mails_id_key on mails (id_key);
create index mails_thread on mails (thread_id, at);
create index mails_regarding on mails (regarding_id, direction, author, at);
create index mails_waits on mails (at, id) where waits;
create index mails_answered_by on mails (answered_by) where answered_by is not null;

-- The whole mail, zstd, apart from the hot table.
create table raws (
  mail_id integer primary key references mails(id) deferrable initially deferred,
  bytes blob not null
);

create table mail_parties (
  mail_id bigint not null references mails(id) deferrable initially deferred,
  position bigint not null,
  field text not null check (field in ('from', 'sender', 'reply-to', 'to', 'cc', 'bcc')),
  address text not null,
  name text,
  primary key (mail_id, position)
) without rowid;
create index mail_parties_address on mail_parties (address, mail_id);

-- Every id that a mail names, its own (position -1) and those it refers to. Keyed hashes.
create table mail_ids (
  mail_id bigint not null references mails(id) deferrable initially deferred,
  position bigint not null,
  id_key bigint not null,
  what text not null check (what in ('own', 'alias', 'reference', 'in-reply-to', 'index')),
  primary key (mail_id, position)
) without rowid;
create index mail_ids_key on mail_ids (id_key, mail_id);

create table threads (
  id integer primary key
);

-- A mail on a record's timeline.
create table links (
  mail_id bigint not null references mails(id) deferrable initially deferred,
  record_id bigint not null references records(id) deferrable initially deferred,
  governing_id bigint not null references records(id) deferrable initially deferred,
  at bigint not null,                       -- mails.at
  evidence text not null,                   -- JSON: why
  score bigint not null,
  decided_at bigint not null,
  primary key (mail_id, record_id, governing_id)
) without rowid;
create index links_timeline on links (record_id, at desc, mail_id);
create index links_governing on links (governing_id, at desc, mail_id);

-- Absence and notices --------------------------------------------------------------------------

create table absences (
  id integer primary key,
  user_id bigint not null references users(id),
  first_day text not null,                  -- ISO date in `zone`
  last_day text,
  back_on text,
  zone text not null,
  starts_at bigint not null,
  ends_at bigint,
  substitute_id bigint references users(id),
  deputy_id bigint references users(id),
  notice boolean not null,
  notice_since bigint,
  notice_texts text not null default '{}',  -- JSON: language to text
  created_by bigint references users(id),
  created_at bigint not null,
  check (ends_at is null or ends_at >= starts_at),
  check (not notice or notice_since is not null)
);
create index absences_user on absences (user_id, starts_at);
create index absences_end on absences (ends_at);

create table outbox (
  id integer primary key,
  mailbox_id bigint not null references mailboxes(id),
  state text not null check (state in ('queued', 'sending', 'sent', 'refused', 'gave-up', 'unclear')),
  envelope_from text,                       -- null: <>
  envelope_to text not null,
  message_id text not null,
  id_key bigint not null,                     -- keyed hash of message_id: recognised when it comes back (R34)
  bytes blob not null,
  queued_at bigint not null,
  next_try_at bigint not null,
  expires_at bigint not null,
  attempts bigint not null default 0,
  claimed_by text,
  claimed_at bigint,
  settled_at bigint,
  answer text                               -- the server's last words
);
create index outbox_due on outbox (next_try_at) where state in ('queued', 'sending');
create index outbox_id_key on outbox (id_key);

-- The ledger: one notice per absence and sender (R46, R49). The row is the reservation.
create table notices (
  absence_id bigint not null references absences(id),
  sender_key bigint not null,                 -- keyed hash of R52's sender key
  user_id bigint not null references users(id),
  domain_key bigint not null,                 -- keyed hash of the sender's domain, for caps (R51)
  outbox_id bigint references outbox(id),
  substitute_id bigint references users(id),
  at bigint not null,
  primary key (absence_id, sender_key)
) without rowid;
create index notices_caps on notices (user_id, at);
create index notices_at on notices (at);

-- One row per absent person and mail that could have been answered, silent ones included.
create table notice_decisions (
  user_id bigint not null references users(id),
  trigger_key bigint not null,                -- keyed hash of Message-ID and content (R56)
  absence_id bigint not null references absences(id),
  mail_id bigint references mails(id),      -- null if the mail was not stored
  verdict text not null check (verdict in ('send', 'silent')),
  reason text not null,                     -- the rule number, or '' for send
  outbox_id bigint references outbox(id),
  at bigint not null,
  primary key (user_id, trigger_key)
) without rowid;
create index notice_decisions_mail on notice_decisions (mail_id);

-- How far work that trails behind has come.
create table progress (
  what text not null primary key check (what in ('text')),
  upto bigint not null                      -- the last mail that was indexed; ids grow with every commit
);
insert into progress (what, upto) values ('text', 0);

-- Full text ------------------------------------------------------------------------------------

-- Text is folded in Rust (case, diacritics, ł), so both databases index the same words.
create virtual table mail_text using fts5 (
  subject, names, body, attachments,
  content = '', contentless_delete = 1, tokenize = 'ascii'
);
-- Words gather in memory until 8 MiB before they are written out: fewer segments to merge.
insert into mail_text (mail_text, rank) values ('hashsize', 8388608);
