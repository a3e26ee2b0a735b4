-- Who answers, who sees: teams, shares, roles on accounts, absences in full, activities, hand-overs,
-- notices to colleagues, consent, audit. Same tables and columns as ../postgres.

-- Records that are gone: deleted, or merged into another. Their mail and history stay.
alter table records add column deleted_at bigint;
alter table records add column merged_into_id bigint references records(id);
create index records_merged on records (merged_into_id) where merged_into_id is not null;
create index records_team on records (team_id) where team_id is not null;
-- People name records by their numbers and by the ids of other systems.
create index records_number on records (number) where number is not null;
create index records_external_id on records (external_id) where external_id is not null;

-- A team's leads may be announced to all of it for good.
alter table teams add column copies boolean not null default false;

-- Who belongs to which team. `users.team_id` is the one a user's new records fall to; it counts as
-- belonging, too.
create table team_members (
  team_id bigint not null references teams(id),
  user_id bigint not null references users(id),
  primary key (user_id, team_id)
) without rowid;
create index team_members_team on team_members (team_id);

-- A right on one record, given to one person or one team.
create table shares (
  id integer primary key,
  record_id bigint not null references records(id),
  user_id bigint references users(id),
  team_id bigint references teams(id),
  source text not null check (source in ('share', 'manager', 'step', 'break-glass')),
  may_write boolean not null,               -- to read goes without saying
  may_share boolean not null,
  named boolean not null,                   -- given while the record was confidential: reaches it then
  until_at bigint,                          -- ends by itself
  reason text not null,
  by_user_id bigint references users(id),   -- null: the operator
  created_at bigint not null,
  check ((user_id is null) <> (team_id is null)),
  check (source in ('share', 'manager') or team_id is null),
  check (source <> 'break-glass' or until_at is not null)
);
create index shares_record on shares (record_id);
create index shares_user on shares (user_id, record_id) where user_id is not null;
create index shares_team on shares (team_id, record_id) where team_id is not null;
-- PostgreSQL reads the index above whole to find those few.
create index shares_named on shares (team_id, record_id) where named and team_id is not null;

-- Further managers of an account by role; the right comes from a share of source 'manager'.
create table record_managers (
  record_id bigint not null references records(id),
  user_id bigint not null references users(id),
  role text not null,                       -- sales, service, marketing, or a name of the company's own
  by_user_id bigint references users(id),
  created_at bigint not null,
  primary key (record_id, role, user_id)
) without rowid;
create index record_managers_user on record_managers (user_id);

-- How a record came to its owner: the batch that did it, and the person for whom it was done.
alter table record_owners add column how text not null default 'assign'
  check (how in ('import', 'create', 'assign', 'step', 'step-back', 'hand-over', 'incoming', 'return', 'undo', 'leaver', 'merge'));
alter table record_owners add column handover_id bigint;
alter table record_owners add column for_user_id bigint references users(id);
create index record_owners_handover on record_owners (handover_id) where handover_id is not null;

-- What a person sees and does beside mail: calls, tasks, appointments, notes.
create table activities (
  id integer primary key,
  record_id bigint not null references records(id),
  kind text not null check (kind in ('call', 'task', 'appointment', 'note')),
  subject text not null,
  body text not null,
  status text not null check (status in ('open', 'done', 'cancelled')),
  responsible_id bigint not null references users(id),
  author_id bigint not null references users(id),
  for_user_id bigint references users(id),  -- the absent owner for whom a substitute did it
  at bigint not null,                       -- where it stands on the timeline
  due_at bigint,
  done_at bigint,
  done_by bigint references users(id),
  created_at bigint not null,
  updated_at bigint not null,
  check ((status = 'open') = (done_at is null)),
  check (kind <> 'note' or (status = 'done' and due_at is null))
);
create index activities_record on activities (record_id, at desc);
create index activities_open on activities (responsible_id, due_at) where status = 'open';
create index activities_updated on activities (updated_at);

-- The rest of an absence.
alter table absences add column type text not null default 'leave'
  check (type in ('leave', 'sick', 'business', 'parental', 'other'));
alter table absences add column first_time text;    -- local HH:MM on the first day; null: from its start
alter table absences add column last_time text;     -- local HH:MM on the last day; null: to its end
alter table absences add column confirm_on text;    -- an open end is asked about on this day
alter table absences add column plan text not null default 'cover' check (plan in ('cover', 'hand-over'));
alter table absences add column cover_writes boolean not null default true;
alter table absences add column ended_early boolean not null default false;
alter table absences add column updated_at bigint not null default 0;

-- Who covers what the default substitute does not. The most specific one that matches counts:
-- record, account, team, class, kind.
create table absence_exceptions (
  absence_id bigint not null references absences(id),
  position bigint not null,
  what text not null check (what in ('record', 'account', 'team', 'class', 'kind')),
  record_id bigint references records(id),
  team_id bigint references teams(id),
  word text,                                -- a class or a kind
  substitute_id bigint not null references users(id),
  primary key (absence_id, position),
  check ((what in ('record', 'account')) = (record_id is not null)),
  check ((what = 'team') = (team_id is not null)),
  check ((what in ('class', 'kind')) = (word is not null))
) without rowid;
create index absence_exceptions_record on absence_exceptions (record_id) where record_id is not null;

-- A hand-over assigns for real; the journal of its items returns everything.
create table handovers (
  id integer primary key,
  absence_id bigint references absences(id),
  from_user_id bigint not null references users(id),
  to_user_id bigint references users(id),   -- null: as the absence's exceptions say
  state text not null check (state in ('running', 'done', 'returning', 'returned', 'undoing', 'undone', 'cancelled')),
  goal text not null check (goal in ('done', 'returned', 'undone', 'cancelled')),
  reason text not null,
  planned boolean not null default false,   -- the journal holds every record that is to move
  forced boolean not null default false,    -- takes back what a person gave to somebody else, too
  by_hand boolean not null default false,   -- a person returned or undid it: the clock leaves it alone
  total bigint not null,                    -- records of what is under way, or was last
  done bigint not null default 0,
  by_user_id bigint references users(id),   -- null: Standin itself or the operator
  acting_user_id bigint references users(id), -- who asked for what is under way, or was last
  created_at bigint not null,
  returns_at bigint,                        -- null: when the absence ends, else only by command
  settled_at bigint,
  worker text,                              -- who works on it, and for how long that holds
  lease_until bigint
);
create index handovers_open on handovers (returns_at) where state in ('running', 'done', 'returning', 'undoing');
create index handovers_absence on handovers (absence_id) where absence_id is not null;
create index handovers_from on handovers (from_user_id, created_at);

create table handover_items (
  handover_id bigint not null references handovers(id),
  what text not null check (what in ('record', 'activity')),
  item_id bigint not null,
  from_user_id bigint not null references users(id),
  to_user_id bigint not null references users(id),
  state text not null check (state in ('pending', 'moved', 'returned', 'kept', 'undone')),
  incoming boolean not null default false,  -- it came while the hand-over stood
  found_user_id bigint references users(id), -- from whom it was taken back, where that is not to_user_id
  note text not null default '',            -- JSON: why it was kept
  at bigint not null,
  primary key (handover_id, what, item_id)
) without rowid;
create index handover_items_item on handover_items (what, item_id);

-- What colleagues are told by mail, and only if they asked for it.
create table notification_settings (
  user_id integer primary key references users(id),
  digest_minute bigint,                     -- minutes after local midnight; null: no digest
  urgent text not null default '[]',        -- JSON: conditions
  urgent_a_day bigint not null default 5,
  covers boolean not null default false,    -- the brief of a cover and the report after an absence, by mail
  updated_at bigint not null
);
create table notifications (
  id integer primary key,
  user_id bigint not null references users(id),
  for_user_id bigint references users(id),  -- the absent person in whose place they get it
  what text not null check (what in ('digest', 'urgent', 'team', 'brief', 'report', 'consent', 'confirm')),
  about text not null,                      -- what it must not be sent twice for: a day, a mail, an absence
  outbox_id bigint references outbox(id),   -- null: nothing was to be sent
  at bigint not null
);
create unique index notifications_once on notifications (user_id, what, about);
create index notifications_at on notifications (user_id, at);

-- A request for mail that lies in somebody else's mailbox, or for an address of another record (P12).
create table consents (
  id integer primary key,
  address text not null,
  record_id bigint not null references records(id),
  asked_by bigint not null references users(id),
  asked_of bigint not null references users(id),
  state text not null check (state in ('open', 'given', 'refused', 'withdrawn')),
  asked_at bigint not null,
  decided_at bigint,
  check ((state = 'open') = (decided_at is null))
);
create unique index consents_once on consents (address, record_id, asked_of);
create index consents_of on consents (asked_of) where state = 'open';

-- Two records made one, with what is needed to part them again.
create table merges (
  id integer primary key,
  kept_id bigint not null references records(id),
  gone_id bigint not null references records(id),
  journal text not null,                    -- JSON: what moved
  by_user_id bigint references users(id),
  at bigint not null,
  undone_at bigint
);
create index merges_gone on merges (gone_id);

-- What somebody was shown before a change to many records: only this is carried out, and what
-- changed since is left alone.
create table previews (
  id integer primary key,
  user_id bigint references users(id),      -- null: the operator
  change text not null,                     -- JSON: what is to be done
  items text not null,                      -- JSON: records and their owners at that moment
  told text not null,                       -- JSON: what was left out and why, and what came of it
  created_at bigint not null,
  done_at bigint
);
create index previews_user on previews (user_id, created_at);

-- Who did what, and who read by a right that is not their own. Rows are never changed or removed.
create table audit (
  id integer primary key,
  at bigint not null,
  actor_id bigint references users(id),     -- null: the operator at the command line, or Standin itself
  for_user_id bigint references users(id),  -- the absent person in whose place
  action text not null,                     -- a word of model::audit
  path text,                                -- the right by which it was read or done
  record_id bigint,
  subject_id bigint,                        -- the user, team, absence, mail the action is about
  detail text not null                      -- JSON
);
create index audit_at on audit (at);
create index audit_actor on audit (actor_id, at);
create index audit_record on audit (record_id, at) where record_id is not null;

create trigger audit_no_update before update on audit
begin select raise(abort, 'audit rows are never changed or removed'); end;
create trigger audit_no_delete before delete on audit
begin select raise(abort, 'audit rows are never changed or removed'); end;
