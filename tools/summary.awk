# What `go test -v` says, in short: a line a package and what tests counted;
# of a package that failed, everything but what passed.
{ line[n++] = $0 }
/^(ok  |\?   )/ { flush(0) }
/^FAIL\t/ { flush(1) }
END { flush(1) }

function flush(whole,    i) {
	for (i = 0; i < n; i++) {
		if (whole ? line[i] !~ /^=== |^ *--- PASS/ : line[i] ~ /^(ok|\?)|counted: |in all: |seeds [0-9]+,/) print line[i]
	}
	n = 0
}
