-- etc/catalog/lake.properties of your Trino, read only; keys come from its machine's role. Attach the policy below to that.
--   connector.name=iceberg
--   iceberg.catalog.type=glue
--   iceberg.security=READ_ONLY
--   hive.metastore.glue.region=eu-central-1
--   hive.metastore.glue.default-warehouse-dir=s3://acme-lake/warehouse
--   fs.native-s3.enabled=true
--   s3.region=eu-central-1

-- silver.orders
select * from lake."dev_silver"."orders" limit 10;

-- bronze.orders
select * from lake."dev_bronze"."orders" limit 10;

-- gold.daily_sales
select * from lake."dev_gold"."daily_sales" limit 10;

-- As it was: at a time, or at a snapshot
select count(*) from lake."dev_silver"."orders" for timestamp as of current_timestamp - interval '1' day;
select count(*) from lake."dev_silver"."orders" for version as of 4120551236789;

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
