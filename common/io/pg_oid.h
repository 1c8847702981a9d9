/*
 * pg_oid: what the binary formats of PostgreSQL share in both directions. Private to the driver.
 * The numbers are those of pg_type.dat, the same in every database.
 */
#pragma once

#define PG_OID_BYTEA 17
#define PG_OID_INT8 20
#define PG_OID_INT2 21
#define PG_OID_INT4 23
#define PG_OID_TEXT 25
#define PG_OID_JSON 114
#define PG_OID_TIMESTAMPTZ 1184
#define PG_OID_UUID 2950
#define PG_OID_JSONB 3802

#define PG_EPOCH_2000_US 946684800000000LL /* timestamps count from there */
