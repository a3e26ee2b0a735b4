-- What of a decision about a notice can be asked later. Same tables and columns as ../postgres.

-- Keyed hash of the mail's Message-ID: by it the decision about a mail that is not stored is found (P9, P10).
alter table notice_decisions add column id_key bigint;
create index notice_decisions_id on notice_decisions (id_key) where id_key is not null;
-- By which rules it was decided (R80): version of the program and digest of the settings; '' before it was kept.
alter table notice_decisions add column rules text not null default '';
-- Keyed hash of the id that a server gave a mail of ours instead, as its answer says (R126).
alter table outbox add column given_key bigint;
create index outbox_given_key on outbox (given_key) where given_key is not null;
