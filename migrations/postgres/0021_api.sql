-- What programs bring along over the API. Same tables and columns as ../sqlite.

-- By which id another system knows what has no column for it. Records have their own (records.external_id), and
-- users the one of imports (users.external_id).
create table external_ids (
  sort text not null check (sort in ('user', 'activity', 'absence')),
  system text not null,
  external_id text not null,
  target_id bigint not null,                -- a row of users, activities or absences
  created_at bigint not null,
  primary key (sort, system, external_id)
);
create index external_ids_target on external_ids (sort, target_id);

-- Requests that came with an Idempotency-Key, for a day. What was made is named, not what was answered: the
-- answer is read anew under the rights of the moment.
create table idempotency_keys (
  user_id bigint not null references users(id),
  key_hash bytea not null,                   -- SHA-256 of what the client chose
  request_hash bytea not null,               -- SHA-256 of method, address and body
  made text not null,                       -- what to show again, such as record:17
  at bigint not null,
  primary key (user_id, key_hash)
);
create index idempotency_keys_at on idempotency_keys (at);

-- What changed since a moment, in order.
create index records_updated on records (kind, updated_at, id);
