-- Filing from mail programs: Standin's folders in people's mailboxes, secret addresses to send copies to,
-- and what became of each mail that was filed so. Same tables and columns as ../postgres.

-- Mailboxes whose user asked for folders.
create table filing_mailboxes (
  mailbox_id integer primary key references mailboxes(id),
  wanted boolean not null,                  -- false: what is empty is taken away, then the row goes
  by_user_id bigint references users(id),   -- null: the operator
  at bigint not null,
  trouble text                              -- what kept the folders from being looked after at the last try
);

-- The folders below Standin in a mailbox, and what a mail in each means.
create table filing_folders (
  id integer primary key,
  mailbox_id bigint not null references mailboxes(id),
  what text not null check (what in ('file', 'ignore', 'record', 'unknown')),
  record_id bigint references records(id),
  path text not null,                       -- on the server, decoded
  next_path text,                           -- where it is being moved to; written before the server is asked
  validity bigint,                          -- UIDVALIDITY: by it a folder is known that the user renamed
  state text not null check (state in ('wanted', 'there', 'retired', 'dismissed')),
  own_name boolean not null default false,  -- the user gave it its name
  folder_id bigint references folders(id),  -- as it is read
  at bigint not null,
  check ((what = 'record') = (record_id is not null))
);
create unique index filing_folders_record on filing_folders (mailbox_id, record_id) where record_id is not null;
create index filing_folders_folder on filing_folders (folder_id) where folder_id is not null;

-- Each user's secret address: the token follows from the instance key and the number.
create table filing_addresses (
  user_id integer primary key references users(id),
  number bigint not null,                   -- grows when it is renewed
  token_key bigint not null,                -- keyed hash of the token
  at bigint not null
);
create index filing_addresses_token on filing_addresses (token_key);

-- Records that a user opened lately, for whom folders are kept.
create table record_visits (
  user_id bigint not null references users(id),
  record_id bigint not null references records(id),
  at bigint not null,
  primary key (user_id, record_id)
) without rowid;
create index record_visits_record on record_visits (record_id);

-- Each mail that somebody filed, once for each place at which it was found, and what became of that.
create table filings (
  id integer primary key,
  location_id bigint not null references locations(id) deferrable initially deferred,
  user_id bigint references users(id),      -- null: nobody known
  how text not null check (how in ('folder', 'dropbox', 'token', 'attached')),
  filing_folder_id bigint,                  -- filing_folders.id; the row may be gone
  place text not null default '',           -- path of the folder at that time
  copy_key bigint not null,
  mail_id bigint references mails(id) deferrable initially deferred,
  record_id bigint references records(id),
  correction_id bigint references corrections(id),
  outcome text not null check (outcome in ('filed', 'added', 'found', 'private', 'refused')),
  reason text not null default '',          -- why it was refused
  at bigint not null,
  check ((outcome = 'refused') = (reason <> ''))
);
create unique index filings_location on filings (location_id);
create index filings_user on filings (user_id, at);
create index filings_mail on filings (mail_id) where mail_id is not null;
create index filings_copy on filings (copy_key);
