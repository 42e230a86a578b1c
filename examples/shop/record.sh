#!/usr/bin/env bash
# Records binlog.000001, binlog.000002 and expected/ from a MySQL server that it starts and stops.
#
#   record.sh MYSQL97     path of a script with `start DIR PORT`, `stop DIR` and `exec PROGRAM`
set -euo pipefail
mysql97=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=$(mktemp -d)
port=$(node -e 'const s = net.createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
trap '"$mysql97" stop "$dir" || true; rm -rf "$dir"' EXIT

"$mysql97" start "$dir" "$port" --binlog-row-metadata=FULL
client() { "$mysql97" exec mysql --no-defaults -uroot --socket="$dir/s.sock" --default-character-set=utf8mb4 "$@"; }

client -e 'RESET BINARY LOGS AND GTIDS'
# The procedure is made outside the log: the log holds what it did.
sed -e 's/^CREATE PROCEDURE/SET sql_log_bin = 0 \/\/\n&/' -e 's/^END \/\//&\nSET sql_log_bin = 1 \/\//' "$here/shop.sql" | client
client -e 'FLUSH BINARY LOGS'
install -m 644 "$dir"/binlog.00000[12] "$here"

mkdir -p "$here/expected"
for table in customers products orders order_items; do
  case $table in
    products) key=sku ;;
    order_items) key=order_id,line ;;
    *) key=id ;;
  esac
  # With the session in UTC, TIMESTAMP shows the instant that the log holds.
  client --batch --binary-as-hex -e "SET time_zone = '+00:00'; SELECT * FROM shop.$table ORDER BY $key" >"$here/expected/$table.tsv"
done
