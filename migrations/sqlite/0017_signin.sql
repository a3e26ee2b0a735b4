-- Signing in: the first admin's token, where sessions come from, second factors, API tokens, and who
-- somebody is at an identity provider. Same tables and columns as ../postgres.

-- One row while there is no admin: the SHA-256 of what was printed when the program last started.
create table setup_tokens (
  id bigint not null primary key check (id = 1),
  token_hash blob not null,
  created_at bigint not null
);

-- Where a session began and how, and after how long without a request it ends.
alter table sessions add column address text not null default '';   -- shown to its owner alone; empty: not known
alter table sessions add column method text not null default 'password' check (method in ('password', 'oidc'));
alter table sessions add column idle_ms bigint not null default 259200000;

-- Failures of signing in before this moment do not count any more.
alter table users add column unlocked_at bigint;

-- Time-based codes (RFC 6238). A row without confirmed_at was begun and asks nobody for anything yet.
create table second_factors (
  user_id bigint not null primary key references users(id),
  secret blob not null,                     -- sealed with the instance key
  created_at bigint not null,
  confirmed_at bigint,
  last_step bigint not null default 0,      -- the step of the last code that was taken: none is taken twice
  failures bigint not null default 0,       -- wrong codes since failing_since
  failing_since bigint not null default 0
);

-- What stands in for a code where the device is gone; each works once, then its row goes.
create table recovery_codes (
  code_hash blob not null primary key,      -- SHA-256 of user and code; 80 random bits each
  user_id bigint not null references users(id)
) without rowid;
create index recovery_codes_user on recovery_codes (user_id);

create table api_tokens (
  id integer primary key,
  user_id bigint not null references users(id),
  name text not null,
  token_hash blob not null,                 -- SHA-256; the token has 256 random bits
  scope text not null check (scope in ('read', 'write', 'admin')),
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint                            -- to the minute
);
create unique index api_tokens_hash on api_tokens (token_hash);
create index api_tokens_user on api_tokens (user_id);

-- Whom an identity provider means by a subject.
create table identities (
  issuer text not null,
  subject text not null,
  user_id bigint not null references users(id),
  created_at bigint not null,
  seen_at bigint,
  primary key (issuer, subject)
) without rowid;
create index identities_user on identities (user_id);
