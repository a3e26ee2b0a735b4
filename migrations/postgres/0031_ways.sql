-- By which ways people come to what review asks and to what waits for them, so that few of many are found at once. Same
-- tables and columns as ../sqlite.

-- For each mail that review asks about: the records that govern it, and the folders in which copies lie. It may
-- hold ways that have ended: who sees a question is always asked of the mail itself.
create table review_ways (
  way text not null check (way in ('record', 'folder')),
  through_id bigint not null,               -- a record or a folder
  mail_id bigint not null,
  primary key (way, through_id, mail_id)
);
create index review_ways_mail on review_ways (mail_id);

insert into review_ways (way, through_id, mail_id)
  select distinct 'record', l.governing_id, l.mail_id from reviews v join links l on l.mail_id = v.mail_id;
insert into review_ways (way, through_id, mail_id)
  select distinct 'folder', x.folder_id, x.mail_id from reviews v join locations x on x.mail_id = v.mail_id
  where x.state = 'stored';

create function review_ways_begin() returns trigger language plpgsql as $$
begin
  insert into review_ways (way, through_id, mail_id)
    select distinct 'record', l.governing_id, l.mail_id from fresh f join links l on l.mail_id = f.mail_id
    on conflict do nothing;
  insert into review_ways (way, through_id, mail_id)
    select distinct 'folder', x.folder_id, x.mail_id from fresh f join locations x on x.mail_id = f.mail_id
    where x.state = 'stored'
    on conflict do nothing;
  return null;
end $$;
create function review_ways_end() returns trigger language plpgsql as $$
begin
  delete from review_ways w using gone g
    where w.mail_id = g.mail_id and not exists (select 1 from reviews v where v.mail_id = g.mail_id);
  return null;
end $$;
create function review_ways_link() returns trigger language plpgsql as $$
begin
  insert into review_ways (way, through_id, mail_id)
    select distinct 'record', f.governing_id, f.mail_id from fresh f
    where exists (select 1 from reviews v where v.mail_id = f.mail_id)
    on conflict do nothing;
  return null;
end $$;
create function review_ways_moved_link() returns trigger language plpgsql as $$
begin
  insert into review_ways (way, through_id, mail_id)
    select 'record', new.governing_id, new.mail_id
    where exists (select 1 from reviews v where v.mail_id = new.mail_id)
    on conflict do nothing;
  insert into wait_ways (record_id, mail_id)
    select new.governing_id, new.mail_id where exists (select 1 from mails m where m.id = new.mail_id and m.waits)
    on conflict do nothing;
  return null;
end $$;
create function review_ways_location() returns trigger language plpgsql as $$
begin
  insert into review_ways (way, through_id, mail_id)
    select 'folder', new.folder_id, new.mail_id
    where exists (select 1 from reviews v where v.mail_id = new.mail_id)
    on conflict do nothing;
  return null;
end $$;

create trigger review_ways_of_review after insert on reviews referencing new table as fresh
  for each statement execute function review_ways_begin();
create trigger review_ways_of_gone_review after delete on reviews referencing old table as gone
  for each statement execute function review_ways_end();
create trigger review_ways_of_link after insert on links referencing new table as fresh
  for each statement execute function review_ways_link();
create trigger review_ways_of_location after insert on locations
  for each row when (new.state = 'stored' and new.mail_id is not null) execute function review_ways_location();
create trigger review_ways_of_stored_location after update of state, mail_id, folder_id on locations
  for each row when (new.state = 'stored' and new.mail_id is not null) execute function review_ways_location();

-- For each mail that waits for us, the records that govern it: what waits for somebody is found by their records.
-- It may hold records that govern it no more.
create table wait_ways (
  record_id bigint not null,
  mail_id bigint not null,
  primary key (record_id, mail_id)
);
create index wait_ways_mail on wait_ways (mail_id);

insert into wait_ways (record_id, mail_id)
  select distinct l.governing_id, l.mail_id from mails m join links l on l.mail_id = m.id where m.waits;

create function wait_ways_link() returns trigger language plpgsql as $$
begin
  insert into wait_ways (record_id, mail_id)
    select distinct f.governing_id, f.mail_id from fresh f join mails m on m.id = f.mail_id where m.waits
    on conflict do nothing;
  return null;
end $$;
create function wait_ways_mail() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or not new.waits then
    delete from wait_ways where mail_id = old.id;
  else
    insert into wait_ways (record_id, mail_id)
      select distinct l.governing_id, l.mail_id from links l where l.mail_id = new.id
      on conflict do nothing;
  end if;
  return null;
end $$;
create trigger wait_ways_of_link after insert on links referencing new table as fresh
  for each statement execute function wait_ways_link();
create trigger ways_of_moved_link after update of mail_id, governing_id on links
  for each row execute function review_ways_moved_link();
create trigger wait_ways_of_new_mail after insert on mails
  for each row when (new.waits) execute function wait_ways_mail();
create trigger wait_ways_of_mail after update of waits on mails
  for each row when (old.waits is distinct from new.waits) execute function wait_ways_mail();
create trigger wait_ways_of_gone_mail after delete on mails
  for each row when (old.waits) execute function wait_ways_mail();

-- Lists of everything, newest first.
create index mails_at on mails (at desc, id desc);

-- Only notices that are believed suggest anything: none of them is fetched before it is known to do so.
drop index mails_notices;
create index mails_notices on mails (at) where author in ('vacation', 'left-company') and not auth_failed;
