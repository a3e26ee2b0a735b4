-- The admins' rules: their versions, what they said about each mail, and their runs over history.
-- Same tables and columns as ../postgres.

-- Each change makes one version of the whole set.
create table rule_changes (
  version integer primary key,
  at bigint not null,
  by_user_id bigint references users(id),   -- null: the operator
  what text not null check (what in ('add', 'edit', 'on', 'shadow', 'off', 'move', 'delete', 'import', 'roll-back')),
  note text not null,
  shown text not null,                      -- JSON: what a dry run said before it was saved; may be empty
  sequence text not null,                   -- JSON: the ids of the set's rules in their order
  digest text not null                      -- of all its rules: by this, compiled sets are kept in memory
);

-- What a rule says from a version of the set on.
create table rule_versions (
  id integer primary key,
  rule_id bigint not null,
  version bigint not null references rule_changes(version),
  body text not null,                       -- JSON
  unique (rule_id, version)
);

-- What the rules said about a mail when it came, or when they were applied to history, in their order.
create table mail_rules (
  mail_id bigint not null references mails(id) on delete cascade deferrable initially deferred,
  position bigint not null,
  rule_id bigint not null,
  version bigint not null,                  -- of the rule
  set_version bigint not null,
  name text not null,
  shadow boolean not null,                  -- it was in shadow and only said so
  effects text not null,                    -- JSON
  at bigint not null,
  primary key (mail_id, position)
) without rowid;
create index mail_rules_rule on mail_rules (rule_id, at);

-- Header fields at which rules may look; the whole header is in the raw mail.
create table mail_headers (
  mail_id integer primary key references mails(id) on delete cascade deferrable initially deferred,
  fields text not null                      -- one on each line
);

-- Records that rules made.
create table ruled_records (
  record_id bigint primary key references records(id),
  rule_id bigint not null,
  address text,                             -- of a lead: the sender for whom it was made
  at bigint not null
) without rowid;
create index ruled_records_rule on ruled_records (rule_id);
create index ruled_records_address on ruled_records (address) where address is not null;

-- A run of one version over history, or its way back.
create table rule_jobs (
  id integer primary key,
  version bigint not null references rule_changes(version),
  state text not null check (state in ('running', 'done', 'undoing', 'undone', 'cancelled')),
  goal text not null check (goal in ('done', 'undone', 'cancelled')),
  reached bigint not null default 0,        -- on the way there: the last thread; on the way back: the last mail
  total bigint not null,                    -- mails that what is under way, or was last, looks at
  done bigint not null default 0,
  changed bigint not null default 0,        -- mails in the journal
  by_user_id bigint references users(id),
  acting_user_id bigint references users(id),
  created_at bigint not null,
  settled_at bigint,
  worker text,
  lease_until bigint
);
create index rule_jobs_open on rule_jobs (id) where state in ('running', 'undoing');

-- How each mail stood before the run changed it.
create table rule_job_mails (
  job_id bigint not null references rule_jobs(id),
  mail_id bigint not null references mails(id) on delete cascade deferrable initially deferred,
  linking text not null check (linking in ('linked', 'review')),
  regarding_id bigint,
  candidates text not null,                 -- JSON
  links text not null,                      -- JSON
  rules text not null,                      -- JSON: what the rules had said
  set_version bigint not null,              -- of the set that had said it; 0: it had said nothing
  primary key (job_id, mail_id)
) without rowid;
create index rule_job_mails_mail on rule_job_mails (mail_id);
