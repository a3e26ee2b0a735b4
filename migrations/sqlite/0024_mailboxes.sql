-- Mailboxes that admins set up on a page, beside those of the configuration file; pausing, removing, how far back
-- each is read; what owners agreed to. Same tables and columns as ../postgres.

-- Nobody reads a mailbox that is paused, was removed, or waits for its owner (the lease is refused).
alter table mailboxes add column paused_at bigint;
alter table mailboxes add column paused_by bigint references users(id);  -- null: the operator
alter table mailboxes add column removed_at bigint;      -- in neither the file nor the settings any more; its mail stays
alter table mailboxes add column asks boolean not null default false; -- read only once its owner agreed
alter table mailboxes add column history_since bigint;   -- how far back it is to be read; null: as the configuration says

-- How far back the floor of a folder was set.
alter table folders add column history_since bigint;

-- What was typed on the page, without passwords; those are sealed with the instance key.
create table mailbox_settings (
  mailbox_id bigint not null primary key references mailboxes(id),
  settings text not null,                   -- JSON, as a block of the configuration file
  imap_secret blob,
  smtp_secret blob,
  version bigint not null,                  -- grows with each change; readers begin again
  changed_at bigint not null,
  changed_by bigint references users(id)
);

-- What the owner of a mailbox said about its being read. Who said what when stands in the audit as well.
create table mailbox_agreements (
  mailbox_id bigint not null references mailboxes(id),
  user_id bigint not null references users(id),
  agreed_at bigint not null,
  withdrawn_at bigint,
  terms text not null,                      -- what was shown: folders, content, exceptions
  primary key (mailbox_id, user_id)
);
create index mailbox_agreements_user on mailbox_agreements (user_id);

-- What could not be read is told on the page of how Standin is.
create index locations_failed on locations (folder_id) where state = 'failed';
