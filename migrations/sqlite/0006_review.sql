-- What people are asked about, and what they decided in one go. Same tables and columns as ../postgres.

-- Mails that could not be placed surely: rows are a function of what was decided about the mail, but for
-- 'filing', which stands until somebody decides.
create table reviews (
  mail_id bigint not null references mails(id) deferrable initially deferred,
  reason text not null,                     -- a word of model::review
  at bigint not null,                       -- mails.at
  records text not null,                    -- JSON list: between which to choose, the likeliest first
  detail text not null default '',          -- of a filing: why it could not be honoured, a word
  asked_at bigint not null,
  primary key (mail_id, reason)
) without rowid;
create index reviews_at on reviews (at desc, mail_id);
create index reviews_reason on reviews (reason, at);

-- Decisions about one mail in review, or about several alike: what was shown before, and what came of it.
create table decisions (
  id integer primary key,
  user_id bigint references users(id),      -- null: the operator
  choice text not null,                     -- JSON: what was decided
  mails text not null,                      -- JSON list: the mails that were shown
  told text not null,                       -- JSON: the corrections made of it, and what was left out
  created_at bigint not null,
  done_at bigint,
  undone_at bigint
);
create index decisions_user on decisions (user_id, created_at);
