-- Search: the words of records, and mail's words by where they stand. Same tables and columns as
-- ../sqlite, but for the index of mail, which differs in kind.

-- What a record is found by. The first letter says what the rest is: w a word, e an address, d a domain,
-- p the digits of a phone number from its end, t a tax number, r a reference (src/store/record_words.rs).
create table record_words (
  word text collate "C" not null,
  record_id bigint not null references records(id) on delete cascade,
  primary key (word, record_id)
);
create index record_words_record on record_words (record_id, word);

-- Records whose words are to be read anew. Whoever changes a record need not think of it: triggers do, and
-- take the old words away at once, so that nothing is found by what does not stand there any more.
create table record_stale (
  record_id bigint primary key references records(id) on delete cascade
);
insert into record_stale (record_id) select id from records;

-- A row that is there already is locked all the same: else whoever reads the words anew at this moment would
-- take it away, and read what stood there before.
create function record_words_begin() returns trigger language plpgsql as $$
begin
  insert into record_stale (record_id) values (new.id) on conflict (record_id) do update set record_id = excluded.record_id;
  return null;
end $$;
create function record_words_change() returns trigger language plpgsql as $$
begin
  delete from record_words where record_id = new.id;
  insert into record_stale (record_id) values (new.id) on conflict (record_id) do update set record_id = excluded.record_id;
  return null;
end $$;
create function record_words_beside() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into record_stale (record_id) values (new.record_id) on conflict (record_id) do update set record_id = excluded.record_id;
  elsif tg_op = 'UPDATE' then
    delete from record_words where record_id in (old.record_id, new.record_id);
    insert into record_stale (record_id) select id from records where id in (old.record_id, new.record_id)
      on conflict (record_id) do update set record_id = excluded.record_id;
  else
    delete from record_words where record_id = old.record_id;
    insert into record_stale (record_id) select id from records where id = old.record_id on conflict (record_id) do update set record_id = excluded.record_id;
  end if;
  return null;
end $$;

create trigger record_words_of_new after insert on records
  for each row execute function record_words_begin();
create trigger record_words_of_changed after update of name, phone, city, number, external_id on records
  for each row when (old.name is distinct from new.name or old.phone is distinct from new.phone
    or old.city is distinct from new.city or old.number is distinct from new.number
    or old.external_id is distinct from new.external_id) execute function record_words_change();
create trigger record_words_of_address after insert or update of address, record_id or delete on record_addresses
  for each row execute function record_words_beside();
create trigger record_words_of_domain after insert or update of domain, record_id or delete on account_domains
  for each row execute function record_words_beside();
create trigger record_words_of_detail after insert or update of value, record_id or delete on record_details
  for each row execute function record_words_beside();

-- Mail is indexed anew, with the recipients, whether files are attached, and the week and day, by which a search for
-- a very common word reads the newest mail alone.
truncate mail_text;
update progress set upto = 0 where what = 'text';
