{{define "fact" -}}
    ts DateTime64(3, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD),
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of this copy' CODEC(Delta, ZSTD),
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    attrs String COMMENT 'JSON object of the fields that this version does not know' CODEC(ZSTD),
    source LowCardinality(String) COMMENT 'door it came through',
    identity FixedString(16) COMMENT 'hash of what makes it this event',
    fp_version UInt8 COMMENT 'version of the fingerprint',
    fp FixedString(16) COMMENT 'fingerprint of the body, without ts',
    no_ts UInt8 COMMENT '1: the sender gave no event time',
    raw_partition Int32 COMMENT 'partition of the raw topic',
    raw_position Int64 COMMENT 'epoch << 40 | offset in the raw topic',
    version UInt64 COMMENT 'greatest Int64 - raw_position: the first copy stays'
{{- end}}
