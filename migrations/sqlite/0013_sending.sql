-- Sending notices: the one switch for all of them with its breaker, the reverse path that was used, and
-- what is known of responders on the mailboxes' own servers. Same tables and columns as ../postgres.

-- One row. Notices go out unless a person stopped them, or the breaker did and its hour has not passed.
create table notice_switch (
  id bigint not null primary key check (id = 1),
  stopped_by text check (stopped_by in ('person', 'breaker')), -- null: they go out
  stopped_at bigint,
  until_at bigint,                          -- the breaker's hour ends by itself
  user_id bigint references users(id),      -- who stopped them; null: the operator, or the breaker
  reason text not null default '',
  started_at bigint not null default 0,     -- the breaker counts what was tried after this alone
  told_at bigint,                           -- the admins were told that the breaker opened
  check ((stopped_by is null) = (stopped_at is null)),
  check (until_at is null or stopped_by is not null)
);
insert into notice_switch (id) values (1);

-- The reverse path of the last try: '' is <>; null: not tried (R62).
alter table outbox add column sent_from text;
-- Which mails of ours are notices is asked each time one is claimed.
create index notices_outbox on notices (outbox_id);

-- A responder of the mailbox's own server (R14): since when and how it is known to be on. What the server
-- itself says (sieve) counts until it says otherwise; mail that showed it, for a time.
alter table mailboxes add column responder text check (responder in ('sieve', 'mail'));
alter table mailboxes add column responder_at bigint;
alter table mailboxes add column sieve_at bigint;     -- when its server was last asked over ManageSieve
alter table mailboxes add column sieve_detail text;   -- what came of that, for people

-- How often one mail was answered (R57), and what was decided about it, is asked by its hash alone.
create index notice_decisions_trigger on notice_decisions (trigger_key);
