-- Absences told from another address of the firm that we wrote to (R98), and contacts who want no automatic mail
-- (R42). Same tables and columns as ../sqlite.

-- The firm of who wrote the notice, by its domain; none where anybody gets an address.
alter table automatic_said add column firm text;
create index automatic_said_firm on automatic_said (firm, mail_id) where firm is not null;

-- Two words more: 'quiet', they get no automatic mail, and 'speaks', they do again.
alter table reach_words drop constraint reach_words_what_check;
alter table reach_words add constraint reach_words_what_check check (what in ('away', 'back', 'left', 'stays', 'usable', 'passed', 'taken', 'quiet', 'speaks'));
