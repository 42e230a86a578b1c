// What Grafana's ClickHouse plugin asks of a server, by the same driver (clickhouse-go, protocol HTTP, gzip)
// and with the same statements, its macros written out; then what else the driver does. Prints JSON.
//
// Source: grafana/clickhouse-datasource 4.20, pkg/plugin/driver.go (connection), pkg/macros (macros),
// src/data/CHDatasource.ts (statements of the editor).
package main

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

type shown = [][]any

func open(port int, token string, method clickhouse.CompressionMethod, settings clickhouse.Settings) *sql.DB {
	return clickhouse.OpenDB(&clickhouse.Options{
		Addr:        []string{fmt.Sprintf("127.0.0.1:%d", port)},
		Auth:        clickhouse.Auth{Database: "shop", Username: "default", Password: token},
		Protocol:    clickhouse.HTTP,
		Compression: &clickhouse.Compression{Method: method},
		DialTimeout: 10 * time.Second,
		ReadTimeout: 60 * time.Second,
		Settings:    settings,
		ClientInfo: clickhouse.ClientInfo{
			Products: []struct{ Name, Version string }{{"grafana", "12.0.0"}, {"clickhouse-datasource", "4.20.0"}},
		},
		HttpHeaders: map[string]string{"X-Grafana-User": "admin"},
	})
}

// A value as text, by the type that the driver tells.
func show(value any, name string, databaseType string) any {
	switch each := value.(type) {
	case nil:
		return nil
	case time.Time:
		return each.UTC().Format(layout(databaseType))
	case time.Duration:
		return strconv.FormatInt(each.Milliseconds(), 10)
	case *string:
		if each == nil {
			return nil
		}
		return *each
	case string:
		if name == "raw" {
			return strings.ToUpper(hex.EncodeToString([]byte(each)))
		}
		return each
	case float32:
		return strconv.FormatFloat(float64(each), 'f', -1, 32)
	case float64:
		return strconv.FormatFloat(each, 'f', -1, 64)
	case fmt.Stringer:
		return each.String()
	default:
		return fmt.Sprint(each)
	}
}

func layout(databaseType string) string {
	switch {
	case strings.Contains(databaseType, "DateTime64(6"):
		return "2006-01-02 15:04:05.000000"
	case strings.Contains(databaseType, "DateTime64(3"):
		return "2006-01-02 15:04:05.000"
	case strings.Contains(databaseType, "DateTime"):
		return "2006-01-02 15:04:05"
	default:
		return "2006-01-02"
	}
}

func rowsOf(ctx context.Context, db *sql.DB, query string, args ...any) (shown, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	all := shown{}
	for rows.Next() {
		values := make([]any, len(types))
		places := make([]any, len(types))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		for i, kind := range types {
			values[i] = show(values[i], kind.Name(), kind.DatabaseTypeName())
		}
		all = append(all, values)
	}
	return all, rows.Err()
}

func must(rows shown, err error) shown {
	if err != nil {
		panic(err)
	}
	return rows
}

// The driver of this version makes no Exception of an answer over HTTP: its text has the code.
func codeOf(err error) any {
	if err == nil {
		return nil
	}
	found := regexp.MustCompile(`Code: (\d+)`).FindStringSubmatch(err.Error())
	if found == nil {
		return err.Error()
	}
	code, _ := strconv.Atoi(found[1])
	return code
}

// The health check, and what the editor asks.
func editor(ctx context.Context, db *sql.DB) map[string]any {
	if err := db.PingContext(ctx); err != nil {
		panic(err)
	}
	ask := func(query string) shown { return must(rowsOf(ctx, db, query)) }
	return map[string]any{
		"version":   ask("SELECT version()"),
		"databases": ask("SHOW DATABASES"),
		"tables":    ask(`SHOW TABLES FROM "shop"`),
		"described": ask(`DESC TABLE "shop"."types"`),
		"columns":   ask("SELECT name, type, table FROM system.columns WHERE database IN ('shop') AND table = 'types'"),
		"functions": len(ask(`SELECT name, is_aggregate, case_insensitive, alias_to, origin, description,
			syntax, arguments, returned_value, examples, categories FROM system.functions LIMIT 10000`)),
		"values":  ask(`SELECT DISTINCT "kind" FROM "shop"."types" WHERE "kind" IS NOT NULL ORDER BY kind LIMIT 1000`),
		"mapKeys": ask("SELECT DISTINCT arrayJoin(mapKeys(m)) AS keys FROM (SELECT map('k', 'v') AS m) LIMIT 1000"),
	}
}

// Panels: macros written out as pkg/macros does.
func panels(ctx context.Context, db *sql.DB) map[string]any {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	to := time.Date(2026, 1, 2, 23, 59, 59, 0, time.UTC)
	filter := func(column string) string {
		return fmt.Sprintf("%s >= toDateTime(%d) AND %s <= toDateTime(%d)", column, from.Unix(), column, to.Unix())
	}
	filterMs := fmt.Sprintf("placed >= fromUnixTimestamp64Milli(%d) AND placed <= fromUnixTimestamp64Milli(%d)",
		from.UnixMilli(), to.UnixMilli())
	dates := "day >= toDate('2026-01-01') AND day <= toDate('2026-01-02')"
	ask := func(query string) shown { return must(rowsOf(ctx, db, query)) }
	return map[string]any{
		"series": ask(`SELECT toStartOfInterval(toDateTime(placed), INTERVAL 3600 second) AS "time", kind, sum(amount) AS total
			FROM "shop"."points" WHERE ` + filter("placed") + ` GROUP BY "time", kind ORDER BY "time", kind`),
		"seriesMs": ask(`SELECT toStartOfInterval(toDateTime64(placed, 3), INTERVAL 500 millisecond) AS "time", count() AS c
			FROM "shop"."points" WHERE ` + filterMs + ` GROUP BY "time" ORDER BY "time"`),
		"dateFilter": ask("SELECT id FROM shop.points WHERE " + dates + " ORDER BY id"),
		"dateTimeFilter": ask("SELECT id FROM shop.points WHERE (" + dates + ") AND (" + filter("placed") +
			") ORDER BY id"),
		"logs": ask(`SELECT placed AS "timestamp", kind AS "body", kind AS "level" FROM "shop"."points"
			WHERE (` + filter("timestamp") + `) AND (body LIKE '%e%') ORDER BY timestamp DESC, id LIMIT 2`),
		"rate": ask(`SELECT t, kind, if((t - lagInFrame(t, 1, t) OVER w) = 0, nan,
				toFloat64(total) / (t - lagInFrame(t, 1, t) OVER w)) AS v FROM (
				SELECT toStartOfInterval(toDateTime(placed), INTERVAL 600 second) AS t, kind, max(amount) AS total
				FROM shop.points WHERE ` + filter("placed") + ` GROUP BY t, kind)
			WINDOW w AS (PARTITION BY kind ORDER BY t) ORDER BY t, kind`),
	}
}

// What the driver does beside that.
func driver(ctx context.Context, db *sql.DB) map[string]any {
	told := map[string]any{}
	text := "it's\t\\ \n\"ü\""
	told["named"] = must(rowsOf(ctx, db, "SELECT {s:String}, {n:Int64}, {a:Array(UInt8)}",
		clickhouse.Named("s", text), clickhouse.Named("n", int64(-5)), clickhouse.Named("a", []uint8{1, 2})))
	told["placed"] = must(rowsOf(ctx, db, "SELECT ?, ?", text, 7))
	_, err := rowsOf(ctx, db, "SELECT nothing FROM shop.types")
	told["unknown"] = codeOf(err)
	_, err = rowsOf(ctx, db, "SELECT throwIf(number = 300000, 'late') FROM numbers(1000000) SETTINGS max_block_size = 1000")
	told["late"] = codeOf(err)
	_, err = rowsOf(clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_execution_time": 1})), db,
		"SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))")
	told["slow"] = codeOf(err)
	short, cancel := context.WithTimeout(clickhouse.Context(ctx, clickhouse.WithQueryID("to-cancel")), 500*time.Millisecond)
	_, err = rowsOf(short, db, "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))")
	cancel()
	told["cancelled"] = errors.Is(err, context.DeadlineExceeded)
	told["zone"] = must(rowsOf(clickhouse.Context(ctx, clickhouse.WithUserLocation(time.FixedZone("x", 3600))), db,
		"SELECT toDateTime('2026-01-01 00:00:00', 'UTC')"))
	var rows, sum uint64
	stream, err := db.QueryContext(ctx, "SELECT number, toString(number), [number], map('k', number) FROM numbers(1000000)")
	if err != nil {
		panic(err)
	}
	for stream.Next() {
		var number uint64
		var name string
		var list []uint64
		var byKey map[string]uint64
		if err := stream.Scan(&number, &name, &list, &byKey); err != nil {
			panic(err)
		}
		if name != strconv.FormatUint(number, 10) || list[0] != number || byKey["k"] != number {
			panic(name)
		}
		rows, sum = rows+1, sum+number
	}
	if err := stream.Err(); err != nil {
		panic(err)
	}
	told["streamed"] = []uint64{rows, sum}
	return told
}

// A batch of INSERT, into a table of its own whose key counts.
func insert(ctx context.Context, db *sql.DB) map[string]any {
	exec := func(query string) {
		if _, err := db.ExecContext(ctx, query); err != nil {
			panic(err)
		}
	}
	exec("CREATE DATABASE IF NOT EXISTS notes")
	exec(`CREATE OR REPLACE TABLE notes.kept (k Int64, v Nullable(String), at DateTime64(3, 'UTC'), tags Array(LowCardinality(String)))
		ENGINE = MutableMergeTree ORDER BY k`)
	for _, word := range []string{"old", "new"} {
		scope, err := db.Begin()
		if err != nil {
			panic(err)
		}
		batch, err := scope.Prepare("INSERT INTO notes.kept")
		if err != nil {
			panic(err)
		}
		for k := range int64(3) {
			text := fmt.Sprintf("%s '%d'\t", word, k)
			value := &text
			if k == 2 {
				value = nil
			}
			at := time.UnixMilli(1767225600123 + k).UTC()
			if _, err := batch.Exec(k, value, at, []string{word, "same"}); err != nil {
				panic(err)
			}
		}
		if err := scope.Commit(); err != nil {
			panic(err)
		}
	}
	return map[string]any{"kept": must(rowsOf(ctx, db, "SELECT * FROM notes.kept ORDER BY k"))}
}

func main() {
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	method := map[string]clickhouse.CompressionMethod{
		"gzip": clickhouse.CompressionGZIP, "lz4": clickhouse.CompressionLZ4, "none": clickhouse.CompressionNone,
	}[os.Args[2]]
	db := open(port, os.Getenv("THEFLASH_TOKEN"), method, nil)
	ctx := context.Background()
	told := map[string]any{
		"editor": editor(ctx, db),
		"types":  must(rowsOf(ctx, db, "SELECT * FROM shop.types ORDER BY id")),
		"panels": panels(ctx, db),
		"driver": driver(ctx, db),
		"insert": insert(ctx, db),
	}
	// "Enable row limit" of the data source's settings.
	limited := open(port, os.Getenv("THEFLASH_TOKEN"), method, clickhouse.Settings{"limit": 1, "max_execution_time": 30})
	told["limited"] = must(rowsOf(ctx, limited, "SELECT id FROM shop.types ORDER BY id"))
	wrong := open(port, "wrong", method, nil)
	told["wrong"] = codeOf(wrong.PingContext(ctx))
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		panic(err)
	}
}
