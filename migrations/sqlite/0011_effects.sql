-- What automatic mail says of people outside and of their addresses, and what people said of that. The rows of a mail
-- repeat what stands in it; what follows from them is worked out when it is read. Same tables and columns as ../postgres.

-- The ids of the mail that an automatic one is about, as keyed hashes.
create table automatic_about (
  mail_id bigint not null references mails(id) deferrable initially deferred,
  position bigint not null,
  id_key bigint not null,
  returned boolean not null,                -- an id of that very mail, as it came back; else one that is answered
  primary key (mail_id, position)
) without rowid;
create index automatic_about_key on automatic_about (id_key, mail_id);

-- That its author is away, or left, never why (R104); or wants proof that a person writes.
create table automatic_said (
  mail_id bigint not null references mails(id) deferrable initially deferred,
  what text not null check (what in ('away', 'left', 'challenge')),
  address text not null,                    -- its author's
  until text,                               -- ISO date: the last day away
  certainty text not null check (certainty in ('sure', 'unsure', 'assumed', 'open', 'past')),
  primary key (mail_id, what)
) without rowid;
create index automatic_said_address on automatic_said (address);
create index automatic_said_challenge on automatic_said (mail_id) where what = 'challenge';

-- Whom it names to turn to: a suggestion (R103, R105).
create table automatic_named (
  mail_id bigint not null references mails(id) deferrable initially deferred,
  position bigint not null,
  address text not null,
  name text,
  primary key (mail_id, position)
) without rowid;

-- What it reports of a mail to an address.
create table automatic_reports (
  mail_id bigint not null references mails(id) deferrable initially deferred,
  position bigint not null,
  address text not null,
  what text not null check (what in ('hard', 'soft', 'policy', 'late', 'delivered', 'complaint', 'shown', 'deleted')),
  status text,                              -- RFC 3463
  code bigint,                              -- SMTP
  words text not null,                      -- the server's, on one line
  primary key (mail_id, position)
) without rowid;
create index automatic_reports_address on automatic_reports (address);

-- Under which number the other side keeps a mail of ours (R106).
create table automatic_numbers (
  mail_id bigint not null primary key references mails(id) deferrable initially deferred,
  number text not null,                     -- as it stands there
  id_key bigint not null                    -- keyed hash of it and of the organisation that uses it
) without rowid;
create index automatic_numbers_key on automatic_numbers (id_key);

-- Such numbers in subjects of people's mail from outside, as keyed hashes.
create table mail_hints (
  mail_id bigint not null references mails(id) deferrable initially deferred,
  id_key bigint not null,
  primary key (mail_id, id_key)
) without rowid;
create index mail_hints_key on mail_hints (id_key, mail_id);

-- What people said of a contact or an address. A word counts for all mail that was written before it.
create table reach_words (
  id integer primary key,
  record_id bigint references records(id),  -- null: said of the address alone
  address text,
  what text not null check (what in ('away', 'back', 'left', 'stays', 'usable', 'passed', 'taken')),
  until text,                               -- ISO date, of 'away'; null: no end is known
  by_user_id bigint references users(id),   -- null: the operator
  at bigint not null,
  check (record_id is not null or address is not null)
);
create index reach_words_record on reach_words (record_id, at);
create index reach_words_address on reach_words (address, at);
