-- Snowflake reads position deletes of externally managed tables. Run as accountadmin, once, in this order.
-- The role arn:aws:iam::123456789012:role/medallion-snowflake has the policy below; its trust policy, below too, is filled in after steps 1 and 2.

-- 1. where the files are; Snowflake may not write there
create external volume if not exists lake_volume
    storage_locations = ((
        name = 'lake'
        storage_provider = 'S3'
        storage_base_url = 's3://acme-lake/warehouse/'
        storage_aws_role_arn = 'arn:aws:iam::123456789012:role/medallion-snowflake'
        storage_aws_external_id = 'medallion-acme-lake'
    ))
    allow_writes = false;
desc external volume lake_volume;  -- STORAGE_AWS_IAM_USER_ARN: the principal of the trust policy

-- 2. where the catalog is: one integration for each schema
create catalog integration if not exists lake_dev_bronze
    catalog_source = glue
    table_format = iceberg
    catalog_namespace = 'dev_bronze'
    glue_aws_role_arn = 'arn:aws:iam::123456789012:role/medallion-snowflake'
    glue_catalog_id = '123456789012'
    glue_region = 'eu-central-1'
    refresh_interval_seconds = 60
    enabled = true;
desc catalog integration lake_dev_bronze;  -- GLUE_AWS_IAM_USER_ARN and GLUE_AWS_EXTERNAL_ID: allow these too
create catalog integration if not exists lake_dev_silver
    catalog_source = glue
    table_format = iceberg
    catalog_namespace = 'dev_silver'
    glue_aws_role_arn = 'arn:aws:iam::123456789012:role/medallion-snowflake'
    glue_catalog_id = '123456789012'
    glue_region = 'eu-central-1'
    refresh_interval_seconds = 60
    enabled = true;
desc catalog integration lake_dev_silver;  -- GLUE_AWS_IAM_USER_ARN and GLUE_AWS_EXTERNAL_ID: allow these too
create catalog integration if not exists lake_dev_gold
    catalog_source = glue
    table_format = iceberg
    catalog_namespace = 'dev_gold'
    glue_aws_role_arn = 'arn:aws:iam::123456789012:role/medallion-snowflake'
    glue_catalog_id = '123456789012'
    glue_region = 'eu-central-1'
    refresh_interval_seconds = 60
    enabled = true;
desc catalog integration lake_dev_gold;  -- GLUE_AWS_IAM_USER_ARN and GLUE_AWS_EXTERNAL_ID: allow these too

-- 3. the tables, which follow Glue by themselves
create database if not exists lake;
create schema if not exists lake.dev_bronze;
create schema if not exists lake.dev_silver;
create schema if not exists lake.dev_gold;
create iceberg table if not exists lake.dev_silver.orders
    external_volume = 'lake_volume'
    catalog = 'lake_dev_silver'
    catalog_namespace = 'dev_silver'
    catalog_table_name = 'orders'
    auto_refresh = true;
create iceberg table if not exists lake.dev_bronze.orders
    external_volume = 'lake_volume'
    catalog = 'lake_dev_bronze'
    catalog_namespace = 'dev_bronze'
    catalog_table_name = 'orders'
    auto_refresh = true;
create iceberg table if not exists lake.dev_gold.daily_sales
    external_volume = 'lake_volume'
    catalog = 'lake_dev_gold'
    catalog_namespace = 'dev_gold'
    catalog_table_name = 'daily_sales'
    auto_refresh = true;

-- 4. ask
select count(*) from lake.dev_silver.orders;
select count(*) from lake.dev_bronze.orders;
select count(*) from lake.dev_gold.daily_sales;

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
--         "s3:GetObject",
--         "s3:GetObjectVersion"
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

-- Trust policy of the role: add the users and external ids of step 2
-- {
--   "Version": "2012-10-17",
--   "Statement": [
--     {
--       "Effect": "Allow",
--       "Principal": {
--         "AWS": "<STORAGE_AWS_IAM_USER_ARN of step 1>"
--       },
--       "Action": "sts:AssumeRole",
--       "Condition": {
--         "StringEquals": {
--           "sts:ExternalId": "medallion-acme-lake"
--         }
--       }
--     }
--   ]
-- }
