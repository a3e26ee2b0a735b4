-- Mail that people write in Standin: drafts, what is attached to them, and what became of them.
-- Same tables and columns as ../postgres.

create table drafts (
  id integer primary key,
  user_id bigint not null references users(id),  -- who writes it; nobody else sees it
  kind text not null check (kind in ('reply', 'reply-all', 'forward', 'new')),
  mail_id bigint references mails(id),           -- what it answers or hands on; null: nothing, or that is gone
  record_id bigint references records(id),       -- what it is about; null: nothing that its writer may change
  mailbox text not null,                         -- name of the mailbox it goes through; empty: not chosen
  to_line text not null,                         -- as it was typed
  cc_line text not null,
  bcc_line text not null,
  subject text not null,
  body text not null,
  cover_line text,                               -- the line that says for whom, as it was put in
  known_answer bigint not null default 0,        -- the latest answer in the thread when it was begun; 0: none
  version bigint not null,                       -- grows with each save
  created_at bigint not null,
  saved_at bigint not null,
  outbox_id bigint references outbox(id),        -- null: it was not sent
  taken_at bigint,                               -- what was sent was taken in
  copy text not null default 'none' check (copy in ('none', 'due', 'there', 'theirs', 'failed')),
  copy_tries bigint not null default 0,
  copy_next_at bigint,
  copy_error text
);
create index drafts_user on drafts (user_id, saved_at);
create index drafts_mail on drafts (mail_id) where mail_id is not null;
create index drafts_record on drafts (record_id) where record_id is not null;
create index drafts_outbox on drafts (outbox_id) where outbox_id is not null;
create index drafts_untaken on drafts (id) where taken_at is null and outbox_id is not null;
create index drafts_copy on drafts (copy_next_at) where copy = 'due';

create table draft_files (
  id integer primary key,
  draft_id bigint not null references drafts(id),
  name text not null,
  media_type text not null,
  size bigint not null,
  bytes blob not null
);
create index draft_files_draft on draft_files (draft_id);

-- Every recipient but the first; a JSON list. A notice has one recipient.
alter table outbox add column also_to text;

-- What stands below what somebody writes.
alter table users add column signature text not null default '';
