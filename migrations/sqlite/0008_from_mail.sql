-- What follows from mail beside its place: who waits for whom, and appointments out of invitations.
-- Same tables and columns as ../postgres.

-- A call that was made ends a wait as an answer does. The first one after the mail.
alter table mails add column called_at bigint;
alter table mails add column called_by bigint references activities(id) deferrable initially deferred;
-- The mirror: what a person of ours asked, the client's first mail after it, whether it waits.
alter table mails add column asks boolean not null default false;
alter table mails add column replied_at bigint;
alter table mails add column replied_by bigint references mails(id) deferrable initially deferred;
alter table mails add column awaits boolean not null default false;
alter table mails add column follow_up_at bigint;        -- when a person wants to be reminded; null: as configured
create index mails_awaits on mails (at, id) where awaits;
create index mails_replied_by on mails (replied_by) where replied_by is not null;
create index mails_called_by on mails (called_by) where called_by is not null;
create index activities_calls on activities (record_id, at) where kind = 'call' and status = 'done';

-- What calendars in stored mail say: one row for each event, as its mail says it.
create table calendar_items (
  mail_id bigint not null references mails(id) deferrable initially deferred,
  position bigint not null,
  uid text not null,
  organizer text not null,                  -- whose meeting it is: an address
  method text not null check (method in ('request', 'cancel', 'reply', 'counter')),
  recurrence_at bigint,                     -- of a series the one meeting that is meant; null: all of it
  sequence bigint not null,
  stamp bigint not null,                    -- DTSTAMP
  event text not null,                      -- JSON of model::calendar::Event
  primary key (mail_id, position)
) without rowid;
create index calendar_items_meeting on calendar_items (uid, organizer);

-- Appointments that came by mail: an activity each, and one for each meeting that left its series.
create table appointments (
  activity_id integer primary key references activities(id),
  uid text not null,
  organizer text not null,
  recurrence_at bigint,
  mail_id bigint references mails(id) deferrable initially deferred, -- the mail that says how it stands
  ends_at bigint not null,                  -- of the meeting that is next, or was last
  status text not null check (status in ('open', 'done', 'cancelled')), -- as the mails say; a person's word stands in activities
  event text not null,                      -- JSON of model::calendar::Meeting
  stale boolean not null default false      -- a mail that said something of it was taken away
);
create index appointments_meeting on appointments (uid, organizer);
create index appointments_mail on appointments (mail_id) where mail_id is not null;
create index appointments_stale on appointments (uid) where stale;
create index appointments_running on appointments (ends_at) where status = 'open';

-- What else is known of a person or company outside, beside what linking needs.
create table record_details (
  record_id bigint not null references records(id),
  what text not null check (what in ('company', 'role', 'mobile', 'address', 'web', 'tax')),
  value text not null,
  primary key (record_id, what)
) without rowid;

-- What people made of mails on records: made anew, or changed; with what stood there before.
create table record_changes (
  id integer primary key,
  record_id bigint not null references records(id),
  mail_id bigint references mails(id) deferrable initially deferred,
  made boolean not null,
  fields text not null,                     -- JSON: what, before, after
  by_user_id bigint references users(id),   -- null: the operator
  at bigint not null,
  undone_at bigint,
  undone_by bigint references users(id)
);
create index record_changes_record on record_changes (record_id, at);
create index record_changes_mail on record_changes (mail_id) where mail_id is not null;
