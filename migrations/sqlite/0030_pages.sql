-- Mailboxes that are to be read at once, and the last words that were exchanged with their servers; who is told that
-- an admin made a link to their account.
-- Same tables and columns as ../postgres.

alter table mailboxes add column sync_asked_at bigint;   -- when somebody last wanted it read at once

-- One row for each mailbox that is read: the latest lines, without passwords, addresses and contents.
create table mailbox_protocols (
  mailbox_id bigint not null primary key references mailboxes(id),
  lines text not null,                      -- JSON, see src/model/protocol.rs
  at bigint not null
);

-- Passwords that an admin took away to give somebody a link for a new one: that person is told.
create table password_resets (
  id integer primary key,
  user_id bigint not null references users(id),
  by_user_id bigint references users(id),   -- null: the operator
  at bigint not null,
  told_at bigint                            -- when a mail about it was queued; null: not yet
);
create index password_resets_user on password_resets (user_id, at);
create index password_resets_untold on password_resets (id) where told_at is null;
