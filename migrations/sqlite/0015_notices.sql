-- What notices say to whom: the language of people outside; whom a notice named, kept as long as the decision;
-- and automatic answers in our names of which nothing proves whose they are. Same tables and columns as ../postgres.

-- In which language a contact or lead is written to (R78): its code in ISO 639-1; null: nobody said.
alter table records add column language text check (language is null or kind in ('contact', 'lead'));

-- The ledger forgets, the timeline does not.
alter table notice_decisions add column substitute_id bigint references users(id);
update notice_decisions set substitute_id = (select n.substitute_id from notices n
  where n.absence_id = notice_decisions.absence_id and n.outbox_id = notice_decisions.outbox_id)
  where outbox_id is not null;

-- A mail looked like the answer of a responder of this mailbox's person, and nothing proved it: a warning (R14).
alter table mailboxes add column responder_doubted_at bigint;
