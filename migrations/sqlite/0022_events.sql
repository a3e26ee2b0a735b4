-- What happened, for programs that follow along. Same tables and columns as ../postgres.

-- One row while somebody follows. Without it nothing is written down: a company that uses no feed pays nothing.
create table event_feed (
  id bigint not null primary key check (id = 1),
  placed bigint not null,                   -- the last place given
  asked_at bigint not null                  -- to the hour; 0: nobody follows any more
);

create table events (
  id integer primary key,
  place bigint,                             -- in the order of commits, given when somebody reads; null before
  at bigint not null,                       -- 0: when it gets its place
  type text not null check (type in (
    'record.created', 'record.changed', 'record.assigned', 'message.linked', 'message.unlinked',
    'activity.created', 'activity.changed', 'absence.entered', 'absence.changed', 'absence.started', 'absence.ended')),
  record_id bigint,                         -- on which, where it is one
  mail_id bigint,
  activity_id bigint,
  absence_id bigint
);
create unique index events_place on events (place);
create index events_mail on events (mail_id);
create index events_absence on events (absence_id, type);

create trigger events_of_new_record after insert on records when exists (select 1 from event_feed where asked_at > 0) begin
  insert into events (at, type, record_id) values (new.created_at, 'record.created', new.id);
end;
create trigger events_of_record after update of updated_at, owner_id, deleted_at on records
when exists (select 1 from event_feed where asked_at > 0)
  and (old.updated_at <> new.updated_at or old.owner_id <> new.owner_id or old.deleted_at is not new.deleted_at) begin
  insert into events (at, type, record_id)
    values (0, case when old.owner_id <> new.owner_id then 'record.assigned' else 'record.changed' end, new.id);
end;
create trigger events_of_link after insert on links when exists (select 1 from event_feed where asked_at > 0) begin
  insert into events (at, type, record_id, mail_id) values (new.decided_at, 'message.linked', new.record_id, new.mail_id);
end;
create trigger events_of_gone_link after delete on links when exists (select 1 from event_feed where asked_at > 0) begin
  insert into events (at, type, record_id, mail_id) values (0, 'message.unlinked', old.record_id, old.mail_id);
end;
create trigger events_of_new_activity after insert on activities when exists (select 1 from event_feed where asked_at > 0) begin
  insert into events (at, type, record_id, activity_id)
    values (new.created_at, 'activity.created', new.record_id, new.id);
end;
create trigger events_of_activity after update of updated_at on activities
when exists (select 1 from event_feed where asked_at > 0) and old.updated_at <> new.updated_at begin
  insert into events (at, type, record_id, activity_id)
    values (new.updated_at, 'activity.changed', new.record_id, new.id);
end;
create trigger events_of_new_absence after insert on absences when exists (select 1 from event_feed where asked_at > 0) begin
  insert into events (at, type, absence_id) values (new.created_at, 'absence.entered', new.id);
end;
create trigger events_of_absence after update of updated_at on absences
when exists (select 1 from event_feed where asked_at > 0) and old.updated_at is not new.updated_at begin
  insert into events (at, type, absence_id) values (0, 'absence.changed', new.id);
end;
