-- Absences told from another address of the firm that we wrote to (R98), and contacts who want no automatic mail
-- (R42). Same tables and columns as ../postgres.

-- The firm of who wrote the notice, by its domain; none where anybody gets an address.
alter table automatic_said add column firm text;
create index automatic_said_firm on automatic_said (firm, mail_id) where firm is not null;

-- Two words more: 'quiet', they get no automatic mail, and 'speaks', they do again.
create table reach_words_new (
  id integer primary key,
  record_id bigint references records(id),  -- null: said of the address alone
  address text,
  what text not null check (what in ('away', 'back', 'left', 'stays', 'usable', 'passed', 'taken', 'quiet', 'speaks')),
  until text,                               -- ISO date, of 'away'; null: no end is known
  by_user_id bigint references users(id),   -- null: the operator
  at bigint not null,
  with_id bigint,                           -- the first word of the same decision; null: it is the first
  made_id bigint,                           -- of 'taken': the contact that was made
  undone_at bigint,                         -- taken back: it counts no more
  check (record_id is not null or address is not null)
);
insert into reach_words_new (id, record_id, address, what, until, by_user_id, at, with_id, made_id, undone_at)
  select id, record_id, address, what, until, by_user_id, at, with_id, made_id, undone_at from reach_words;
drop table reach_words;
alter table reach_words_new rename to reach_words;
create index reach_words_record on reach_words (record_id, at);
create index reach_words_address on reach_words (address, at);
create index reach_words_with on reach_words (with_id);
