-- What automatic mail suggests of people is asked in review: a word on them can be taken back, and notices of the last
-- weeks are found by their time. Same tables and columns as ../postgres.

alter table reach_words add column with_id bigint;     -- the first word of the same decision; null: it is the first
alter table reach_words add column made_id bigint;     -- of 'taken': the contact that was made
alter table reach_words add column undone_at bigint;   -- taken back: it counts no more
create index reach_words_with on reach_words (with_id);

create index mails_notices on mails (at) where author in ('vacation', 'left-company');
