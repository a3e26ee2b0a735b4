-- Who gives access: invitations, imports on pages, when somebody last signed in, and names in the order
-- of the Polish alphabet. Same tables and columns as ../postgres.

-- By what a name is sorted where that differs from name_key (src/model/fold.rs); null: by name_key.
alter table records add column sort_key text;
create index records_sorted on records (kind, coalesce(sort_key, name_key));
-- Names that are there already are read anew by whoever reads the words of records.
insert into record_stale (record_id)
  select id from records where id not in (select record_id from record_stale);

alter table users add column signed_in_at bigint;   -- UTC milliseconds; null: never, or before this was kept

-- A link with which somebody sets their password, once.
create table invitations (
  user_id bigint not null primary key references users(id),
  token_hash blob not null,                 -- SHA-256; the token has 160 random bits
  made_by bigint references users(id),
  created_at bigint not null,
  expires_at bigint not null
);
create unique index invitations_hash on invitations (token_hash);

-- CSV files that somebody imports on a page: what came of the dry run, and of the run.
create table imports (
  id integer primary key,
  user_id bigint not null references users(id),
  what text not null check (what in ('users', 'account', 'contact', 'lead', 'opportunity')),
  file_name text not null,
  body blob,                                -- zstd; null once thrown away
  charset text not null default '',         -- as chosen; empty: as found out
  separator text not null default '',
  mapping text not null default '',         -- JSON: our column or null for each of the file's
  header text not null default '',          -- JSON: the file's columns
  state text not null check (state in ('mapping', 'trying', 'tried', 'running', 'done', 'failed', 'cancelled')),
  leave_out boolean not null default false, -- import the sound rows although others are refused
  total bigint not null default 0,
  created bigint not null default 0,
  changed bigint not null default 0,
  unchanged bigint not null default 0,
  read_again bigint not null default 0,
  refused text not null default '[]',       -- JSON: row, column, reason
  digest text not null default '',          -- of what the dry run said
  problem text not null default '',
  created_at bigint not null,
  begun_at bigint,
  ended_at bigint
);
create index imports_waiting on imports (id) where state in ('trying', 'running');

-- Broken glass is told to owners.
create index shares_glass on shares (created_at) where source = 'break-glass';
