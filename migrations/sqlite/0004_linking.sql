-- Where mail belongs beside addresses and ids: what people said, numbers, what is weighed.
-- Same tables and columns as ../postgres.

-- What people said of where mail belongs, and where they filed it. Kept for ever: what is undone or
-- replaced stays in the history. A mail is named by its content, not by its row, so that a word on it
-- outlives the row.
create table corrections (
  id integer primary key,
  what text not null check (what in ('regard', 'add', 'remove', 'private', 'automatic', 'split', 'join', 'filed',
    'no-answer', 'follow-up', 'confidential', 'open')),
  scope text not null check (scope in ('mail', 'thread', 'sender')),
  copy_key bigint,                          -- the mail at which it was said
  identity blob,
  address text,                             -- the sender of whom it was said
  record_id bigint references records(id),  -- null with 'regard': it is about no opportunity
  other_key bigint,                         -- the mail with which it belongs
  other_identity blob,
  how text not null default '',             -- the way it was filed
  until_at bigint,                          -- when to follow up
  everywhere boolean not null default false, -- of a sender: for mail in everybody's mailboxes (P12)
  by_user_id bigint references users(id),   -- null: the operator
  at bigint not null,
  replaced_by bigint references corrections(id), -- a later word of the same kind
  undone_at bigint,
  undone_by bigint references users(id),
  check ((scope = 'sender') = (address is not null)),
  check ((scope = 'sender') = (copy_key is null)),
  check ((copy_key is null) = (identity is null)),
  check ((what = 'join') = (other_key is not null)),
  check (what not in ('add', 'remove', 'filed') or record_id is not null),
  check ((what = 'follow-up') = (until_at is not null))
);
create index corrections_mail on corrections (copy_key) where copy_key is not null;
create index corrections_other on corrections (other_key) where other_key is not null;
create index corrections_sender on corrections (address) where address is not null;
create index corrections_record on corrections (record_id) where record_id is not null;
create index corrections_replaced on corrections (replaced_by) where replaced_by is not null;

-- Further numbers by which people name a record: of a quote, an order.
create table record_numbers (
  number_key text not null,                 -- as link::number compares it
  record_id bigint not null references records(id),
  number text not null,
  by_user_id bigint references users(id),
  created_at bigint not null,
  primary key (number_key, record_id)
) without rowid;
create index record_numbers_record on record_numbers (record_id);

-- What may be a number, and references that were signed or look so. Only mails that have any.
create table mail_marks (
  mail_id integer primary key references mails(id) deferrable initially deferred,
  marks text not null                       -- JSON of model::facts::Mark
);

-- Mails that were weighed between several open opportunities: they are weighed again when mail comes
-- that surely regards one of these.
create table weighed (
  record_id bigint not null references records(id) deferrable initially deferred,
  at bigint not null,                       -- mails.at
  mail_id bigint not null references mails(id) deferrable initially deferred,
  primary key (record_id, at, mail_id)
) without rowid;
create index weighed_mail on weighed (mail_id);

-- What a converted lead became: its mail up to then is about the opportunity among these.
create table record_successors (
  lead_id bigint not null references records(id),
  record_id bigint not null references records(id),
  at bigint not null,
  by_user_id bigint references users(id),
  primary key (lead_id, record_id)
) without rowid;
create index record_successors_record on record_successors (record_id);
