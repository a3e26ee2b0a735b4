-- Texts of notices that people, teams and the company wrote, and what a person chose for theirs. Same
-- tables and columns as ../postgres.
create table notice_texts (
  holder text not null check (holder in ('person', 'team', 'company')),
  holder_id bigint not null,                -- of the user or the team; 0 for the company
  readers text not null check (readers in ('external', 'internal')),
  language text not null,                   -- ISO 639-1
  text text not null,
  changed_by bigint references users(id),   -- null: the operator
  changed_at bigint not null,
  primary key (holder, holder_id, readers, language)
) without rowid;

create table notice_manners (
  user_id bigint not null primary key references users(id),
  from_address text not null default '',    -- one of theirs, instead of the one that was written to (R64)
  name text not null default '',            -- as author and in the text (R64)
  reply_to text not null default ''         -- 'substitute', an address, or empty for none (R66)
) without rowid;

-- The sent log is read by person, newest first.
create index notice_decisions_log on notice_decisions (user_id, at);
