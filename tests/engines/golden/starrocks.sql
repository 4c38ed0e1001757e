-- StarRocks 3.1 and later read merge-on-read deletes; 3.4 and later travel in time.
-- The machines of StarRocks take the role arn:aws:iam::123456789012:role/medallion-starrocks, which has the first policy below.
-- The two after it let them: one is of the role that they run as, one of the role that they take. No key is written here.
create external catalog lake
comment 'The lake in s3://acme-lake/warehouse'
properties (
    "type" = "iceberg",
    "iceberg.catalog.type" = "glue",
    "aws.glue.use_instance_profile" = "true",
    "aws.glue.iam_role_arn" = "arn:aws:iam::123456789012:role/medallion-starrocks",
    "aws.glue.region" = "eu-central-1",
    "aws.s3.use_instance_profile" = "true",
    "aws.s3.iam_role_arn" = "arn:aws:iam::123456789012:role/medallion-starrocks",
    "aws.s3.region" = "eu-central-1"
);

-- who may read
create role if not exists lake_reader;
grant usage on catalog lake to role lake_reader;
set catalog lake;
grant select on all tables in all databases to role lake_reader;

-- silver.orders
select count(*) from lake.`dev_silver`.`orders`;
-- bronze.orders
select count(*) from lake.`dev_bronze`.`orders`;
-- gold.daily_sales
select count(*) from lake.`dev_gold`.`daily_sales`;

-- As it was
select count(*) from lake.`dev_silver`.`orders` for version as of 4120551236789;

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

-- Policy of the role that the machines of StarRocks run as
-- {
--   "Version": "2012-10-17",
--   "Statement": [
--     {
--       "Sid": "TakeRole",
--       "Effect": "Allow",
--       "Action": [
--         "sts:AssumeRole"
--       ],
--       "Resource": "arn:aws:iam::123456789012:role/medallion-starrocks"
--     }
--   ]
-- }

-- Trust policy of arn:aws:iam::123456789012:role/medallion-starrocks
-- {
--   "Version": "2012-10-17",
--   "Statement": [
--     {
--       "Effect": "Allow",
--       "Principal": {
--         "AWS": "<ARN of the role that the machines run as>"
--       },
--       "Action": "sts:AssumeRole"
--     }
--   ]
-- }
