-- Of some rules people need to know which part kept a notice back: which limit, or what came of an earlier
-- notice. '' is the rule as a whole. Same tables and columns as ../postgres.
alter table notice_decisions add column part text not null default '';
