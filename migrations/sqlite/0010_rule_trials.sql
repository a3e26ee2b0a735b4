-- Dry runs of a draft of the admins' rules, asked for on a page: how far one has come, what it said,
-- and what is to become of the draft. Same tables and columns as ../postgres.
create table rule_trials (
  id integer primary key,
  user_id bigint not null references users(id), -- the admin who asked
  base bigint not null,                         -- the version on which the draft stands
  edit text not null,                           -- JSON: what is done to that version
  rules text not null,                          -- JSON: the whole set as it would be
  state text not null check (state in ('running', 'shown', 'checking', 'checked', 'saved', 'outdated', 'cancelled', 'failed')),
  total bigint not null default 0,
  done bigint not null default 0,
  report text not null default '',              -- JSON: what it said, ids alone; empty before
  figures text not null default '',             -- JSON: its figures, as they are kept with the version
  digest text not null default '',              -- what tells it from any other
  asks text not null default '',                -- words of what has to be agreed to before it is saved
  changes blob,                              -- CSV of every mail that would change, ids alone, zstd
  wish text not null default '' check (wish in ('', 'now', 'history')),
  note text not null default '',
  seen text not null default '',                -- the digest of what was shown when saving was asked for
  earlier text not null default '',             -- JSON: the figures that were shown then
  version bigint references rule_changes(version),
  job_id bigint references rule_jobs(id),
  created_at bigint not null,
  worker text,
  lease_until bigint
);
create index rule_trials_open on rule_trials (id) where state in ('running', 'checking', 'checked');
