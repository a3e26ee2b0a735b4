-- By which ways people come to what review asks and to what waits for them, so that few of many are found at once. Same
-- tables and columns as ../postgres.

-- For each mail that review asks about: the records that govern it, and the folders in which copies lie. It may
-- hold ways that have ended: who sees a question is always asked of the mail itself.
create table review_ways (
  way text not null check (way in ('record', 'folder')),
  through_id bigint not null,               -- a record or a folder
  mail_id bigint not null,
  primary key (way, through_id, mail_id)
) without rowid;
create index review_ways_mail on review_ways (mail_id);

insert into review_ways (way, through_id, mail_id)
  select distinct 'record', l.governing_id, l.mail_id from reviews v join links l on l.mail_id = v.mail_id;
insert into review_ways (way, through_id, mail_id)
  select distinct 'folder', x.folder_id, x.mail_id from reviews v join locations x on x.mail_id = v.mail_id
  where x.state = 'stored';

-- Not "insert or ignore": a trigger follows the conflict clause of the statement that fires it.
create trigger review_ways_of_review after insert on reviews begin
  insert into review_ways (way, through_id, mail_id)
    select distinct 'record', l.governing_id, l.mail_id from links l where l.mail_id = new.mail_id
    and not exists (select 1 from review_ways w where w.way = 'record' and w.through_id = l.governing_id and w.mail_id = new.mail_id);
  insert into review_ways (way, through_id, mail_id)
    select distinct 'folder', x.folder_id, x.mail_id from locations x where x.mail_id = new.mail_id and x.state = 'stored'
    and not exists (select 1 from review_ways w where w.way = 'folder' and w.through_id = x.folder_id and w.mail_id = new.mail_id);
end;
create trigger review_ways_of_gone_review after delete on reviews
when not exists (select 1 from reviews v where v.mail_id = old.mail_id) begin
  delete from review_ways where mail_id = old.mail_id;
end;
create trigger review_ways_of_link after insert on links
when exists (select 1 from reviews v where v.mail_id = new.mail_id) begin
  insert into review_ways (way, through_id, mail_id) select 'record', new.governing_id, new.mail_id
    where not exists (select 1 from review_ways w where w.way = 'record' and w.through_id = new.governing_id and w.mail_id = new.mail_id);
end;
create trigger review_ways_of_moved_link after update of mail_id, governing_id on links
when exists (select 1 from reviews v where v.mail_id = new.mail_id) begin
  insert into review_ways (way, through_id, mail_id) select 'record', new.governing_id, new.mail_id
    where not exists (select 1 from review_ways w where w.way = 'record' and w.through_id = new.governing_id and w.mail_id = new.mail_id);
end;
create trigger review_ways_of_location after insert on locations
when new.state = 'stored' and exists (select 1 from reviews v where v.mail_id = new.mail_id) begin
  insert into review_ways (way, through_id, mail_id) select 'folder', new.folder_id, new.mail_id
    where not exists (select 1 from review_ways w where w.way = 'folder' and w.through_id = new.folder_id and w.mail_id = new.mail_id);
end;
create trigger review_ways_of_stored_location after update of state, mail_id, folder_id on locations
when new.state = 'stored' and exists (select 1 from reviews v where v.mail_id = new.mail_id) begin
  insert into review_ways (way, through_id, mail_id) select 'folder', new.folder_id, new.mail_id
    where not exists (select 1 from review_ways w where w.way = 'folder' and w.through_id = new.folder_id and w.mail_id = new.mail_id);
end;

-- For each mail that waits for us, the records that govern it: what waits for somebody is found by their records.
-- It may hold records that govern it no more.
create table wait_ways (
  record_id bigint not null,
  mail_id bigint not null,
  primary key (record_id, mail_id)
) without rowid;
create index wait_ways_mail on wait_ways (mail_id);

insert into wait_ways (record_id, mail_id)
  select distinct l.governing_id, l.mail_id from mails m join links l on l.mail_id = m.id where m.waits;

create trigger wait_ways_of_link after insert on links
when exists (select 1 from mails m where m.id = new.mail_id and m.waits) begin
  insert into wait_ways (record_id, mail_id) select new.governing_id, new.mail_id
    where not exists (select 1 from wait_ways w where w.record_id = new.governing_id and w.mail_id = new.mail_id);
end;
create trigger wait_ways_of_moved_link after update of mail_id, governing_id on links
when exists (select 1 from mails m where m.id = new.mail_id and m.waits) begin
  insert into wait_ways (record_id, mail_id) select new.governing_id, new.mail_id
    where not exists (select 1 from wait_ways w where w.record_id = new.governing_id and w.mail_id = new.mail_id);
end;
create trigger wait_ways_of_new_mail after insert on mails when new.waits begin
  insert into wait_ways (record_id, mail_id) select distinct l.governing_id, l.mail_id from links l
    where l.mail_id = new.id
    and not exists (select 1 from wait_ways w where w.record_id = l.governing_id and w.mail_id = new.id);
end;
create trigger wait_ways_of_mail after update of waits on mails when new.waits and not old.waits begin
  insert into wait_ways (record_id, mail_id) select distinct l.governing_id, l.mail_id from links l
    where l.mail_id = new.id
    and not exists (select 1 from wait_ways w where w.record_id = l.governing_id and w.mail_id = new.id);
end;
create trigger wait_ways_of_done_mail after update of waits on mails when old.waits and not new.waits begin
  delete from wait_ways where mail_id = old.id;
end;
create trigger wait_ways_of_gone_mail after delete on mails when old.waits begin
  delete from wait_ways where mail_id = old.id;
end;

-- Lists of everything, newest first.
create index mails_at on mails (at desc, id desc);

-- Only notices that are believed suggest anything: none of them is fetched before it is known to do so.
drop index mails_notices;
create index mails_notices on mails (at) where author in ('vacation', 'left-company') and not auth_failed;
