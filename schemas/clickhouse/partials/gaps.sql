{{/* How many offsets below the argument a block of 65,536 has. Only a block that the argument divides is taken apart,
     which is slow. */}}
{{define "below"}}toInt64(sum(multiIf({{.}} >= (l.block + 1) * 65536, bitmapCardinality(l.told), {{.}} <= l.block * 65536, 0, bitmapCardinality(bitmapSubsetInRange(l.told, toUInt64(0), toUInt64({{.}})))))){{end}}
