-- Single mails marked confidential: seen as if the record that governs them were. Same tables and columns as
-- ../postgres.

-- What people or rules said of the mail; it follows from `corrections` and `mail_rules`.
alter table mails add column sealed boolean not null default false;
-- The same on each of its links, where sight is asked: read from the indexes by which links are found.
alter table links add column sealed boolean not null default false;
drop index links_governing;
create index links_governing on links (governing_id, at desc, mail_id, sealed);
-- Records on which some are marked are few, and stay out of hand-overs.
create index links_sealed on links (governing_id, sealed) where sealed;
