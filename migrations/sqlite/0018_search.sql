-- Search: the words of records, and mail's words by where they stand. Same tables and columns as
-- ../postgres, but for the index of mail, which differs in kind.

-- What a record is found by. The first letter says what the rest is: w a word, e an address, d a domain,
-- p the digits of a phone number from its end, t a tax number, r a reference (src/store/record_words.rs).
create table record_words (
  word text not null,
  record_id bigint not null references records(id) on delete cascade,
  primary key (word, record_id)
) without rowid;
create index record_words_record on record_words (record_id, word);

-- Records whose words are to be read anew. Whoever changes a record need not think of it: triggers do, and
-- take the old words away at once, so that nothing is found by what does not stand there any more.
create table record_stale (
  record_id integer primary key references records(id) on delete cascade
);
insert into record_stale (record_id) select id from records;

-- Never `or ignore`: within a trigger the policy of the statement that fired it holds.
create trigger record_words_of_new after insert on records begin
  insert into record_stale (record_id) select new.id where new.id not in (select record_id from record_stale);
end;
create trigger record_words_of_changed after update of name, phone, city, number, external_id on records
when old.name is not new.name or old.phone is not new.phone or old.city is not new.city
  or old.number is not new.number or old.external_id is not new.external_id begin
  delete from record_words where record_id = new.id;
  insert into record_stale (record_id) select new.id where new.id not in (select record_id from record_stale);
end;
create trigger record_words_of_address after insert on record_addresses begin
  insert into record_stale (record_id)
    select new.record_id where new.record_id not in (select record_id from record_stale);
end;
create trigger record_words_of_moved_address after update of address, record_id on record_addresses begin
  delete from record_words where record_id in (old.record_id, new.record_id);
  insert into record_stale (record_id)
    select id from records where id in (old.record_id, new.record_id) and id not in (select record_id from record_stale);
end;
create trigger record_words_of_gone_address after delete on record_addresses begin
  delete from record_words where record_id = old.record_id;
  insert into record_stale (record_id)
    select id from records where id = old.record_id and id not in (select record_id from record_stale);
end;
create trigger record_words_of_domain after insert on account_domains begin
  insert into record_stale (record_id)
    select new.record_id where new.record_id not in (select record_id from record_stale);
end;
create trigger record_words_of_moved_domain after update of domain, record_id on account_domains begin
  delete from record_words where record_id in (old.record_id, new.record_id);
  insert into record_stale (record_id)
    select id from records where id in (old.record_id, new.record_id) and id not in (select record_id from record_stale);
end;
create trigger record_words_of_gone_domain after delete on account_domains begin
  delete from record_words where record_id = old.record_id;
  insert into record_stale (record_id)
    select id from records where id = old.record_id and id not in (select record_id from record_stale);
end;
create trigger record_words_of_detail after insert on record_details begin
  insert into record_stale (record_id)
    select new.record_id where new.record_id not in (select record_id from record_stale);
end;
create trigger record_words_of_moved_detail after update of value, record_id on record_details begin
  delete from record_words where record_id in (old.record_id, new.record_id);
  insert into record_stale (record_id)
    select id from records where id in (old.record_id, new.record_id) and id not in (select record_id from record_stale);
end;
create trigger record_words_of_gone_detail after delete on record_details begin
  delete from record_words where record_id = old.record_id;
  insert into record_stale (record_id)
    select id from records where id = old.record_id and id not in (select record_id from record_stale);
end;

-- Mail is indexed anew, so that a search can name the sender and the recipients, whether files are
-- attached, and the week and day, by which a search for a very common word reads the newest mail alone.
drop table mail_text;
create virtual table mail_text using fts5 (
  subject, sender, recipients, body, attachments, marks,
  content = '', contentless_delete = 1, tokenize = 'ascii'
);
-- Words gather in memory until 8 MiB before they are written out: fewer segments to merge.
insert into mail_text (mail_text, rank) values ('hashsize', 8388608);
update progress set upto = 0 where what = 'text';
