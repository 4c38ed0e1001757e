install iceberg;
load iceberg;
install httpfs;
load httpfs;
install aws;
load aws;
-- keys come from the usual AWS chain, as for the AWS command line
create or replace secret lake (type s3, provider credential_chain, region 'eu-central-1');

-- the whole lake, live, through Glue's Iceberg endpoint
attach '123456789012' as lake (type iceberg, endpoint_type 'glue');
select count(*) from lake."dev_silver"."orders";
select count(*) from lake."dev_bronze"."orders";
select count(*) from lake."dev_gold"."daily_sales";

-- or each table as it is right now, by its metadata file: fixed until this is printed again
create schema if not exists "dev_bronze";
create schema if not exists "dev_silver";
create schema if not exists "dev_gold";
create or replace view "dev_silver"."orders" as select * from iceberg_scan('s3://acme-lake/warehouse/dev_silver.db/orders/metadata/00003-a.metadata.json');
create or replace view "dev_bronze"."orders" as select * from iceberg_scan('s3://acme-lake/warehouse/dev_bronze.db/orders/metadata/00003-a.metadata.json');
create or replace view "dev_gold"."daily_sales" as select * from iceberg_scan('s3://acme-lake/warehouse/dev_gold.db/daily_sales/metadata/00003-a.metadata.json');

-- IAM policy: the least that reading takes
-- {
--   "Version": "2012-10-17",
--   "Statement": [
--     {
--       "Sid": "ReadTables",
--       "Effect": "Allow",
--       "Action": [
--         "glue:GetDatabase",
--         "glue:GetTable",
--         "glue:GetTables"
--       ],
--       "Resource": [
--         "arn:aws:glue:eu-central-1:123456789012:catalog",
--         "arn:aws:glue:eu-central-1:123456789012:database/dev_bronze",
--         "arn:aws:glue:eu-central-1:123456789012:database/dev_silver",
--         "arn:aws:glue:eu-central-1:123456789012:database/dev_gold",
--         "arn:aws:glue:eu-central-1:123456789012:table/dev_bronze/*",
--         "arn:aws:glue:eu-central-1:123456789012:table/dev_silver/*",
--         "arn:aws:glue:eu-central-1:123456789012:table/dev_gold/*"
--       ]
--     },
--     {
--       "Sid": "ListSchemas",
--       "Effect": "Allow",
--       "Action": [
--         "glue:GetCatalog",
--         "glue:GetDatabases"
--       ],
--       "Resource": [
--         "arn:aws:glue:eu-central-1:123456789012:catalog",
--         "arn:aws:glue:eu-central-1:123456789012:database/*"
--       ]
--     },
--     {
--       "Sid": "ReadFiles",
--       "Effect": "Allow",
--       "Action": [
--         "s3:GetObject"
--       ],
--       "Resource": "arn:aws:s3:::acme-lake/warehouse/*"
--     },
--     {
--       "Sid": "ListFiles",
--       "Effect": "Allow",
--       "Action": [
--         "s3:ListBucket"
--       ],
--       "Resource": "arn:aws:s3:::acme-lake",
--       "Condition": {
--         "StringLike": {
--           "s3:prefix": [
--             "warehouse/*"
--           ]
--         }
--       }
--     },
--     {
--       "Sid": "FindBucket",
--       "Effect": "Allow",
--       "Action": [
--         "s3:GetBucketLocation"
--       ],
--       "Resource": "arn:aws:s3:::acme-lake"
--     }
--   ]
-- }
