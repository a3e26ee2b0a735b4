-- Private stays private (P9): who is never to be stored, what was erased, what is read again.
-- Same tables and columns as ../postgres.

-- Addresses and domains whose mail is never stored: the company's, or one user's for their mailboxes.
create table blocks (
  id integer primary key,
  user_id bigint references users(id),      -- whose list; null: the company's
  pattern text not null,                    -- an address, or @ and a domain with all below it
  by_user_id bigint references users(id),   -- null: the operator
  created_at bigint not null
);
create index blocks_pattern on blocks (pattern);
create index blocks_user on blocks (user_id) where user_id is not null;

-- Addresses that were erased, as keyed hashes: nothing that comes later brings them back.
create table erased (
  key bigint not null primary key,
  at bigint not null
) without rowid;

-- Places that are unmatched for another reason than that they concern no record.
create table hidden_places (
  location_id integer primary key references locations(id) deferrable initially deferred,
  why text not null check (why in ('company', 'own', 'erased', 'keyword'))
);

-- Work: places that are read again because something made them matter, newest first.
create table rereads (
  id integer primary key,
  why text not null check (why in ('address', 'domain', 'consent', 'block')),
  user_id bigint references users(id),      -- only in this user's mailboxes; null: in all
  at bigint not null,
  total bigint not null
);
create index rereads_at on rereads (at);
create table reread_places (
  location_id integer primary key references locations(id) deferrable initially deferred,
  reread_id bigint not null references rereads(id)
);
create index reread_places_reread on reread_places (reread_id);
