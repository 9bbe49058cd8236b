-- SPDX-License-Identifier: Apache-2.0
create table item (id integer primary key, kind integer, name text, price real);
with recursive n (i) as (select 1 union all select i + 1 from n where i < COUNT)
    insert into item select i, i * 7919 % 101, 'item ' || (i * 104729 % 1000003), (i * 31 % 1000) / 8.0 from n;
create index item_name on item (name);
create index item_kind on item (kind, price);
select kind, count(*), round(sum(price), 3), max(name) from item group by kind order by 3 desc limit 10;
select count(*) from item a join item b on b.name = 'item ' || a.id;
select count(*) from item where name like '%77%';
update item set price = price * 1.1 where kind < 20;
delete from item where kind = 50;
select count(*), round(sum(price), 3), round(avg(length(name)), 6) from item;
