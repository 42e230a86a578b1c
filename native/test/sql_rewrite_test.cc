#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "sql/rewrite.h"
#include "sql/table_shape.h"
#include "sql_catalog.h"

namespace theflash::sql {
namespace {

std::vector<Statement> RewriteAll(std::string_view sql, const Options& options = {}) {
  MapCatalog catalog = MapCatalog::WithTables();
  return Rewrite(sql, catalog, options);
}

Statement RewriteOne(std::string_view sql) {
  std::vector<Statement> statements = RewriteAll(sql);
  EXPECT_EQ(statements.size(), 1u) << sql;
  return statements.at(0);
}

std::string Filled(std::string_view sql, uint64_t version = 7) {
  return RewriteOne(sql).Fill(version);
}

// With `database` for names that have none.
std::string RewriteIn(const std::string& database, std::string_view sql) {
  Options options;
  options.default_database = database;
  return RewriteAll(sql, options).at(0).sql;
}

void ExpectRefused(std::string_view sql, std::string_view part_of_message) {
  try {
    RewriteAll(sql);
    FAIL() << sql;
  } catch (const SqlError& error) {
    EXPECT_NE(std::string_view(error.what()).find(part_of_message), std::string_view::npos)
        << sql << ": " << error.what();
    EXPECT_FALSE(error.hint().empty()) << sql;
  }
}

TEST(RewriteTest, WhatIsNotOursPassesByteForByte) {
  for (const std::string_view sql :
       {"SELECT * FROM db.t WHERE k = {x:Int64}",
        " select\t1 -- UPSERT INTO db.t\n",
        "SELECT 'DELETE FROM db.t WHERE 1', $$UPDATE db.t SET k = 1$$ /* SELRAW */",
        "WITH z AS (SELECT 1) SELECT * FROM z",
        "EXPLAIN SELECT * FROM db.t",
        "INSERT INTO db.p VALUES (1, 'a')",
        "INSERT INTO db.p FORMAT CSV 1,'it",
        "INSERT INTO FUNCTION null('x Int8') VALUES (1)",
        "DELETE FROM db.p WHERE k = 1",
        "UPDATE db.p SET v = 'x' WHERE k = 1",
        "CREATE TABLE db.x (k Int8) ENGINE = MergeTree ORDER BY k",
        "CREATE TABLE db.x AS db.t",
        "CREATE VIEW db.v AS SELECT * FROM db.t",
        "DROP TABLE db.t",
        "TRUNCATE TABLE db.t",
        "OPTIMIZE TABLE db.p FINAL",
        "OPTIMIZE TABLE db.t FINAL",
        "SHOW TABLES FROM db",
        "SHOW CREATE TABLE db.p",
        "DESCRIBE TABLE db.p",
        "SELECT format FROM db.t ORDER BY format DESC",
        "SELECT '_INTERNAL_VERSION'",
        "ALTER TABLE db.t ADD COLUMN n Int8",
        "ALTER TABLE db.p DELETE WHERE k = 1"}) {
    const Statement statement = RewriteOne(sql);
    EXPECT_EQ(statement.Fill(7), sql);
    EXPECT_EQ(statement.versions, 0u) << sql;
  }
}

TEST(RewriteTest, EffectsTellWhichLockToTake) {
  EXPECT_EQ(RewriteOne("SELECT 1").effect, Effect::kRead);
  EXPECT_TRUE(RewriteOne("(SELECT 1) UNION ALL (SELECT 2)").returns_rows);
  EXPECT_EQ(RewriteOne("INSERT INTO db.p VALUES (1, 'a')").effect, Effect::kInsert);
  EXPECT_EQ(RewriteOne("INSERT INTO db.t VALUES (1, 'a')").effect, Effect::kWriteMutable);
  EXPECT_EQ(RewriteOne("DROP TABLE db.t").effect, Effect::kDdl);
  EXPECT_EQ(RewriteOne("OPTIMIZE TABLE db.t ELIMINATE").effect, Effect::kDdl);
}

TEST(RewriteTest, WhatCutsChangesOffIsToldFromWhatDoesNot) {
  for (const std::string_view sql :
       {"OPTIMIZE TABLE db.t FINAL", "DROP TABLE db.t", "CREATE TABLE db.x AS db.p",
        "TRUNCATE TABLE db.p", "ALTER TABLE db.p ADD COLUMN w Int8",
        "ALTER TABLE db.t COMMENT COLUMN v 'x', FREEZE"}) {
    EXPECT_FALSE(RewriteOne(sql).cuts_changes) << sql;
  }
  for (const std::string_view sql :
       {"OPTIMIZE TABLE db.t ELIMINATE", "OPTIMIZE TABLE db.t FINAL CLEANUP", "TRUNCATE TABLE db.t",
        "TRUNCATE TABLE IF EXISTS db.t", "ALTER TABLE db.t ADD COLUMN w Int8",
        "ALTER TABLE db.t COMMENT COLUMN v 'x', DROP PARTITION 1"}) {
    EXPECT_TRUE(RewriteOne(sql).cuts_changes) << sql;
    EXPECT_EQ(RewriteOne(sql).table, "t") << sql;
  }
  // Of which table is not looked for: of all.
  for (const std::string_view sql :
       {"TRUNCATE DATABASE db", "TRUNCATE ALL TABLES FROM db", "ALTER DATABASE db MODIFY x"}) {
    EXPECT_TRUE(RewriteOne(sql).cuts_changes) << sql;
    EXPECT_EQ(RewriteOne(sql).table, "") << sql;
  }
}

TEST(RewriteTest, WhatMovesNamesIsTold) {
  for (const std::string_view sql :
       {"DROP TABLE db.t", "RENAME TABLE db.t TO db.u", "EXCHANGE TABLES db.t AND db.p",
        "CREATE OR REPLACE TABLE db.t (k Int64) ENGINE = MutableMergeTree ORDER BY k"}) {
    EXPECT_TRUE(RewriteOne(sql).moves_names) << sql;
  }
  for (const std::string_view sql :
       {"TRUNCATE TABLE db.t", "ALTER TABLE db.t ADD COLUMN w Int8", "CREATE TABLE db.x AS db.p",
        "CREATE OR REPLACE TABLE db.p ENGINE = Memory AS SELECT 1"}) {
    EXPECT_FALSE(RewriteOne(sql).moves_names) << sql;
  }
}

TEST(RewriteTest, InsertKeepsItsDataAndGetsAVersion) {
  EXPECT_EQ(Filled("INSERT INTO db.t VALUES (1, 'a')"),
            "INSERT INTO db.t SETTINGS query_cache_tag = '7' VALUES (1, 'a')");
  EXPECT_EQ(Filled("upsert INTO TABLE db.t (k) SETTINGS max_threads = 1 SELECT 1"),
            "INSERT INTO TABLE db.t (k) SETTINGS query_cache_tag = '7', max_threads = 1 SELECT 1");
  EXPECT_EQ(Filled("INSERT INTO db.t (k, v) FORMAT CSV 1,'it \"; DELETE"),
            "INSERT INTO db.t (k, v) SETTINGS query_cache_tag = '7' FORMAT CSV 1,'it \"; DELETE");
  EXPECT_EQ(Filled("INSERT INTO `db`.\"t\" (SELECT 1, 'a')"),
            "INSERT INTO `db`.\"t\" SETTINGS query_cache_tag = '7' (SELECT 1, 'a')");
  EXPECT_EQ(Filled("WITH z AS (SELECT 1 k) INSERT INTO db.t (k) SELECT k FROM z"),
            "WITH z AS (SELECT 1 k) INSERT INTO db.t (k) SETTINGS query_cache_tag = '7' SELECT k "
            "FROM z");
  EXPECT_EQ(RewriteOne("INSERT INTO db.t VALUES (1, 'a')").versions, 1u);
  EXPECT_FALSE(RewriteOne("INSERT INTO db.t VALUES (1, 'a')").version_per_row);
  EXPECT_TRUE(RewriteOne("INSERT INTO db.m VALUES (1, 'a')").version_per_row);
}

TEST(RewriteTest, TheDefaultDatabaseIsLookedUp) {
  MapCatalog catalog = MapCatalog::WithTables();
  Options options;
  options.default_database = "db";
  EXPECT_EQ(Rewrite("INSERT INTO t VALUES (1, 'a')", catalog, options).at(0).versions, 1u);
  EXPECT_EQ(Rewrite("INSERT INTO t VALUES (1, 'a')", catalog, {}).at(0).versions, 0u);
}

TEST(RewriteTest, ImportCarriesTheCallersVersions) {
  EXPECT_EQ(Filled("IMPORT INTO db.t (k, _INTERNAL_VERSION, _INTERNAL_DELMARK) VALUES (1, 2, 0)"),
            "INSERT INTO db.t (k, _INTERNAL_VERSION, _INTERNAL_DELMARK) VALUES (1, 2, 0)");
  EXPECT_EQ(Filled("IMPORT INTO db.t VALUES (1, 'a', 2, 0)"),
            "INSERT INTO db.t (`k`, `v`, _INTERNAL_VERSION, _INTERNAL_DELMARK) VALUES (1, 'a', 2, "
            "0)");
  EXPECT_TRUE(RewriteOne("IMPORT INTO db.t VALUES (1, 'a', 2, 0)").imports_versions);
  EXPECT_EQ(Filled("IMPORT INTO db.t (k, _INTERNAL_DELMARK) VALUES (1, 1)"),
            "INSERT INTO db.t (k, _INTERNAL_DELMARK) SETTINGS query_cache_tag = '7' VALUES (1, 1)");
  EXPECT_FALSE(RewriteOne("IMPORT INTO db.t (_INTERNAL_DELMARK) VALUES (1)").imports_versions);
}

TEST(RewriteTest, DeleteInsertsTombstones) {
  EXPECT_EQ(Filled("DELETE FROM db.t WHERE v = 'WHERE' -- x"),
            "INSERT INTO db.t (`k`, `v`, _INTERNAL_VERSION, _INTERNAL_DELMARK) SELECT `k`, `v`, "
            "toUInt64(7), toUInt8(1) FROM db.t WHERE (v = 'WHERE'\n)");
}

TEST(RewriteTest, UpdateOfAKeyDeletesTheOldOne) {
  EXPECT_EQ(RewriteOne("UPDATE db.t SET v = 'x' WHERE k = 1").versions, 1u);
  const Statement moved = RewriteOne("UPDATE db.t SET k = k + 1 WHERE k = 1");
  EXPECT_EQ(moved.versions, 2u);
  EXPECT_EQ(moved.Fill(7),
            "INSERT INTO db.t (`k`, `v`, _INTERNAL_VERSION, _INTERNAL_DELMARK) SELECT if(_tf_new, "
            "_tf_0, `k`), `v`, toUInt64(7) + _tf_new, toUInt8(1 - _tf_new) FROM (SELECT `k`, `v`, "
            "CAST((k + 1\n), 'Int64') AS _tf_0 FROM db.t WHERE (k = 1\n)) ARRAY JOIN [0, 1] AS "
            "_tf_new");
}

TEST(RewriteTest, TablesBehindInAreReadAsSubqueries) {
  EXPECT_EQ(Filled("SELECT k in db.t, k NOT IN (`db`.\"t\"), notIn(k, db.p) FROM db.t"),
            "SELECT k in (SELECT * FROM db.t FINAL), k NOT IN ((SELECT * FROM `db`.\"t\" FINAL)), "
            "notIn(k, "
            "(SELECT * FROM db.p)) FROM db.t");
  // Another name that the table has elsewhere makes it none of a subquery's.
  EXPECT_EQ(RewriteIn("db", "SELECT k IN t FROM t AS u"),
            "SELECT k IN (SELECT * FROM t FINAL) FROM t AS u");
  EXPECT_EQ(RewriteIn("db", "WITH t AS (SELECT 1) SELECT k IN t FROM db.t"),
            "WITH t AS (SELECT 1) SELECT k IN t FROM db.t");
  for (const std::string_view sql :
       {"SELECT k IN (SELECT k FROM db.t)", "SELECT k IN (db.t, db.p)", "SELECT k IN db.t(1)",
        "SHOW TABLES IN db", "WITH (1, 2) AS t SELECT 1 IN t", "SELECT 1 IN 'db.t'"}) {
    EXPECT_EQ(Filled(sql), sql);
  }
}

TEST(RewriteTest, CreateAddsHiddenColumns) {
  EXPECT_EQ(
      Filled("CREATE TABLE db.x (k Int64) ENGINE=MutableMergeTree((k),8192) COMMENT 'c'"),
      "CREATE TABLE db.x (k Int64, _INTERNAL_VERSION UInt64 MATERIALIZED "
      "toUInt64OrZero(getSetting('query_cache_tag')), _INTERNAL_DELMARK UInt8 MATERIALIZED 0, "
      "CONSTRAINT _INTERNAL_VERSIONED CHECK _INTERNAL_VERSION > 0) "
      "ENGINE=ReplacingMergeTree(_INTERNAL_VERSION, _INTERNAL_DELMARK) ORDER BY `k` SETTINGS "
      "index_granularity = 8192 COMMENT 'c'");
  const Statement filled = RewriteOne(
      "CREATE OR REPLACE TABLE db.x (k Int64) ENGINE = MutableMergeTree ORDER BY k AS SELECT 1");
  EXPECT_TRUE(filled.replaces);
  EXPECT_EQ(filled.create.substr(0, 10), " (k Int64,") << filled.create;
  EXPECT_EQ(filled.Fill(7, "s.x"), "INSERT INTO s.x SETTINGS query_cache_tag = '7' SELECT 1");
}

TEST(RewriteTest, SelrawShowsAllVersions) {
  EXPECT_EQ(Filled("SELRAW *, _INTERNAL_VERSION FROM db.t -- all"),
            "SELECT *, _INTERNAL_VERSION FROM db.t SETTINGS final = 0, "
            "asterisk_include_materialized_columns = 1 -- all");
}

TEST(RewriteTest, ShowCreateSpeaksOurSyntax) {
  EXPECT_EQ(Filled("SHOW CREATE TABLE db.m"),
            "SELECT formatQuery('CREATE TABLE db.m (`k` Int64, `v` String) ENGINE = "
            "MutableMergeTree ORDER BY tuple()') AS statement");
}

TEST(RewriteTest, TheEnginesOwnDatabasesAreOnlyRead) {
  for (const std::string_view sql : {"DROP DATABASE theflash_snapshots",
                                     "DROP TABLE `theflash_snapshots`.x",
                                     "DROP DATABASE IF EXISTS theflash_staging",
                                     "INSERT INTO theflash_staging.x VALUES (1)",
                                     "ALTER TABLE theflash_snapshots.x DROP COLUMN y",
                                     "DELETE FROM theflash_snapshots.x WHERE 1",
                                     "RENAME TABLE db.t TO theflash_snapshots.t",
                                     "CREATE TABLE theflash_snapshots.t (k Int8)",
                                     "DROP DATABASE theflash",
                                     "DROP DATABASE IF EXISTS `theflas\\x68` SYNC",
                                     "DETACH DATABASE theflash",
                                     "RENAME DATABASE theflash TO x",
                                     "TRUNCATE DATABASE theflash",
                                     "TRUNCATE ALL TABLES FROM theflash",
                                     "DROP TABLE theflash.checkpoints",
                                     "TRUNCATE TABLE theflash.`checkpoint\\x73`",
                                     "INSERT INTO theflash.versions VALUES (0, 1)",
                                     "ALTER TABLE theflash.versions DELETE WHERE 1",
                                     "DELETE FROM theflash.snapshots WHERE 1",
                                     "EXCHANGE TABLES db.p AND theflash.versions",
                                     "UPDATE theflash.versions SET id = 1 WHERE 1"}) {
    ExpectRefused(sql, "own");
  }
  // Of `theflash write`, which reaches them by SQL.
  EXPECT_EQ(RewriteOne("DROP TABLE theflash.side").effect, Effect::kDdl);
  EXPECT_EQ(RewriteOne("CREATE DATABASE theflash2").effect, Effect::kDdl);
  EXPECT_EQ(RewriteOne("CREATE DATABASE IF NOT EXISTS theflash").effect, Effect::kDdl);
  EXPECT_EQ(RewriteOne("SELECT 1 FROM theflash_snapshots.x").effect, Effect::kRead);
  EXPECT_EQ(RewriteOne("INSERT INTO db.p SELECT 1 FROM theflash_snapshots.x").effect,
            Effect::kInsert);
}

TEST(RewriteTest, RefusalsSayWhy) {
  ExpectRefused("SELECT _INTERNAL_VERSION FROM db.t", "reserved");
  ExpectRefused("INSERT INTO db.t (k, `_INTERNAL_VERSION`) VALUES (1, 2)", "reserved");
  ExpectRefused("DELETE FROM db.t", "needs a WHERE");
  ExpectRefused("DELETE FROM db.t WHERE ", "needs a WHERE");
  ExpectRefused("DELETE FROM db.t IN PARTITION 1 WHERE 1", "IN PARTITION");
  ExpectRefused("UPDATE db.t SET v = 1", "needs a WHERE");
  ExpectRefused("UPDATE db.t SET WHERE 1", "column = expression");
  ExpectRefused("UPDATE db.t SET v = 1, WHERE 1", "column = expression");
  ExpectRefused("UPDATE db.t SET x = 1 WHERE 1", "no column");
  ExpectRefused("UPSERT INTO db.p VALUES (1)", "mutable table");
  ExpectRefused("UPSERT INTO", "name of a mutable table");
  ExpectRefused("IMPORT INTO db.m VALUES (1)", "no key");
  ExpectRefused("ALTER TABLE db.t UPDATE v = '' WHERE 1", "versions");
  ExpectRefused("ALTER TABLE db.t (DELETE WHERE 1)", "versions");
  ExpectRefused("ALTER TABLE db.t ADD COLUMN n Int8, MODIFY ORDER BY (k, n)", "key");
  ExpectRefused("ALTER TABLE db.m ADD COLUMN n Int8", "without a key");
  ExpectRefused("SET final = 0", "does not last");
  ExpectRefused("CREATE TEMPORARY TABLE x (k Int8)", "does not last");
  ExpectRefused("SELECT 1 INTO OUTFILE 'x'", "outside");
  ExpectRefused("INSERT INTO db.t FROM INFILE 'x' FORMAT CSV", "outside");
  ExpectRefused("INSERT INTO db.t", "without rows");
  ExpectRefused("INSERT INTO db.p (k)", "without rows");
  ExpectRefused("INSERT INTO db.p SELECT * FROM input('k Int64')", "input()");
  ExpectRefused("SELECT * FROM db.t FORMAT TSV", "Arrow");
  ExpectRefused("CREATE MATERIALIZED VIEW db.x TO db.t AS SELECT * FROM db.p", "materialized");
}

TEST(TableShapeTest, ColumnsAreDeclaredAnew) {
  const ChangedTable changed = ChangeColumns(
      "CREATE TABLE db.t (`k` Int64, `d` Nullable(Date32) COMMENT 'a, b', INDEX d d TYPE minmax) "
      "ENGINE = ReplacingMergeTree ORDER BY k",
      {{"d", "`d` Date32 DEFAULT f(`x`)", "`x` Int32 EPHEMERAL"}});
  EXPECT_EQ(changed.column_list,
            "(`k` Int64, `d` Date32 DEFAULT f(`x`), INDEX d d TYPE minmax, `x` Int32 EPHEMERAL)");
  EXPECT_EQ(changed.engine_clause, "ENGINE = ReplacingMergeTree ORDER BY k");
}

TEST(RewriteTest, WaysOutOfTheFolderAreRefused) {
  for (const char* sql : {
           "SELECT `file`('x')",
           "INSERT INTO db.p VALUES (file('x'))",
           "INSERT INTO db.p FORMAT Values (1), (length(\"file\"('x')))",
           "INSERT INTO db.p VALUES ((SELECT a FROM URL('x')))",
           "SELECT * FROM format(Values, 'a String', '(1)')",
           "SELECT * FROM format('V\\x61lues', 'a String', '(1)')",
           "SELECT * FROM (SELECT 1 SETTINGS additional_result_filter = 'x')",
           "SELECT * FROM eval('SELECT 1')",
           "CREATE TABLE d (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = web)",
           "CREATE TABLE d (a Int8) ENGINE FileLog('/etc/', 'TSV')",
           "CREATE DATABASE d ENGINE = `MySQL`('a')",
           "SELECT * FROM icebergLocal('x')",
       }) {
    ExpectRefused(sql, "outside");
  }
}

TEST(RewriteTest, WhatOnlyLooksLikeAWayOutPasses) {
  for (const char* sql : {
           "INSERT INTO db.p VALUES ('file(')",
           "INSERT INTO db.p FORMAT CSV file('x')",
           "SELECT format('{}', 'Values'), format('x', file) FROM db.p",
           "SELECT * FROM format(JSONEachRow, 'a String', 'Values')",
           "SELECT file, url, disk FROM db.p AS eval",
           "INSERT INTO url (a) SELECT 1",
           "CREATE VIEW v AS SELECT name FROM system.tables WHERE engine = name",
       }) {
    EXPECT_EQ(RewriteOne(sql).Fill(0), sql);
  }
}

TEST(RewriteTest, TheTargetOfAWriteCanBeExchanged) {
  const auto into = [](std::string_view sql) { return RewriteOne(sql).Fill(7, "s.x"); };
  EXPECT_EQ(into("INSERT INTO db.t SELECT 1, 'db.t'"),
            "INSERT INTO s.x SETTINGS query_cache_tag = '7' SELECT 1, 'db.t'");
  EXPECT_EQ(into("upsert into db /* t */ . `t` (k, v) SELECT * FROM db.t"),
            "INSERT into s.x (k, v) SETTINGS query_cache_tag = '7' SELECT * FROM db.t");
  EXPECT_EQ(into("DELETE FROM db.t WHERE k = 1").find("INSERT INTO s.x (`k`, `v`"), 0u);
  EXPECT_NE(into("DELETE FROM db.t WHERE k = 1").find("FROM db.t WHERE"), std::string::npos);
  EXPECT_EQ(into("UPDATE db.t SET k = 2 WHERE k = 1").find("INSERT INTO s.x ("), 0u);
  EXPECT_EQ(into("UPDATE db.m SET v = '' WHERE k = 1").find("INSERT INTO s.x ("), 0u);
}

TEST(RewriteTest, ManyPartsAreSaid) {
  EXPECT_FALSE(RewriteOne("INSERT INTO db.t VALUES (1, '')").many_parts);
  EXPECT_TRUE(RewriteOne("INSERT INTO db.t SELECT 1, ''").many_parts);
  EXPECT_TRUE(RewriteOne("DELETE FROM db.t WHERE k = 1").many_parts);
  EXPECT_TRUE(RewriteOne("UPDATE db.m SET v = '' WHERE k = 1").many_parts);
}

TEST(RewriteTest, SnapshotStatementsAreRead) {
  const auto change = [](std::string_view sql) {
    const Statement statement = RewriteOne(sql);
    EXPECT_EQ(statement.effect, Effect::kSnapshot) << sql;
    return statement.snapshot.value();
  };
  const SnapshotChange made = change("create snapshot `s 1` of db.t, m expires in 60 seconds");
  EXPECT_EQ(made.kind, SnapshotChange::Kind::kCreate);
  EXPECT_EQ(made.name, "s 1");
  ASSERT_EQ(made.tables.size(), 2u);
  EXPECT_EQ(made.tables[1].first + "." + made.tables[1].second, "default.m");
  EXPECT_EQ(made.expires_in_seconds, 60u);
  EXPECT_FALSE(change("CREATE SNAPSHOT s OF db.t").expires_in_seconds.has_value());
  EXPECT_EQ(change("ALTER SNAPSHOT s EXPIRES IN 1 SECOND").kind, SnapshotChange::Kind::kExtend);
  EXPECT_TRUE(change("DROP SNAPSHOT IF EXISTS s").if_exists);
  for (const std::string_view sql :
       {"CREATE SNAPSHOT", "CREATE SNAPSHOT s", "CREATE SNAPSHOT s OF",
        "CREATE SNAPSHOT s OF db.t,", "CREATE SNAPSHOT s OF db.t db.p", "ALTER SNAPSHOT s",
        "DROP SNAPSHOT s NOW", "ALTER SNAPSHOT s EXPIRES IN 99999999999999999999 SECONDS"}) {
    ExpectRefused(sql, "SNAPSHOT");
  }
}

TEST(RewriteTest, AtSnapshotNamesTheStoredTable) {
  const std::string stored = "`theflash_snapshots`.`s-db-t`";
  EXPECT_EQ(Filled("SELECT t.k FROM db.t AT SNAPSHOT s WHERE k = 1"),
            "SELECT t.k FROM " + stored + " AS `t` WHERE k = 1");
  EXPECT_EQ(Filled("SELECT 1 FROM db.t AT SNAPSHOT s AS x"), "SELECT 1 FROM " + stored + " AS x");
  EXPECT_EQ(Filled("SELECT 1 FROM db.t AT SNAPSHOT s x JOIN db.t at snapshot `s` USING k"),
            "SELECT 1 FROM " + stored + " x JOIN " + stored + " AS `t` USING k");
  EXPECT_EQ(Filled("SELECT 'db.t AT SNAPSHOT s' -- db.t AT SNAPSHOT s"),
            "SELECT 'db.t AT SNAPSHOT s' -- db.t AT SNAPSHOT s");
  EXPECT_EQ(Filled("SELECT at FROM db.t AS at"), "SELECT at FROM db.t AS at");
  ExpectRefused("SELECT 1 FROM db.t AT SNAPSHOT gone", "no snapshot");
}

TEST(RewriteTest, FilesAreOpenWhereExternalIsAllowed) {
  Options options;
  options.allow_external = true;
  EXPECT_EQ(RewriteAll("SELECT 1 INTO OUTFILE 'x'", options).size(), 1u);
}

// Statements cut, spliced and shuffled at random end as statements or as an SqlError.
TEST(RewriteTest, HostileTextEndsWell) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> words = {"CREATE",   "TABLE",
                                          "db.t",     "db.m",
                                          "db.p",     "db.x",
                                          "(",        ")",
                                          "k",        "Int64",
                                          ",",        "=",
                                          "ENGINE",   "MutableMergeTree",
                                          "ORDER",    "BY",
                                          "tuple()",  "AS",
                                          "SELECT",   "1",
                                          "INSERT",   "INTO",
                                          "UPSERT",   "IMPORT",
                                          "VALUES",   "FORMAT",
                                          "CSV",      "SETTINGS",
                                          "WHERE",    "DELETE",
                                          "FROM",     "UPDATE",
                                          "SET",      "SELRAW",
                                          "OPTIMIZE", "ELIMINATE",
                                          "ALTER",    "ADD",
                                          "COLUMN",   "SHOW",
                                          "COLUMNS",  "DESCRIBE",
                                          "WITH",     "PARTITION",
                                          "PRIMARY",  "KEY",
                                          "'",        "`",
                                          ";",        "[",
                                          "]",        "{",
                                          "}",        "/*",
                                          "--",       "$$",
                                          ".",        "MATERIALIZED",
                                          "VIEW",     "ATTACH",
                                          "REPLACE",  "OR",
                                          "IF",       "NOT",
                                          "EXISTS",   "EMPTY",
                                          "TO"};
  MapCatalog catalog = MapCatalog::WithTables();
  for (int round = 0; round < 50'000; ++round) {
    std::string sql;
    for (size_t length = random() % 16; length > 0; --length) {
      sql += words[random() % words.size()];
      if (random() % 8 != 0) sql += ' ';
    }
    try {
      for (const std::string_view part : Split(sql)) {
        for (const Statement& statement : Rewrite(part, catalog, {})) statement.Fill(1);
      }
    } catch (const SqlError& error) {
      EXPECT_FALSE(error.hint().empty()) << sql;
    }
  }
}

TEST(RewriteTest, TakesTheFormatOfWhatGivesRows) {
  MapCatalog catalog = MapCatalog::WithTables();
  Options options;
  options.takes_format = true;
  const auto rewrite = [&](std::string_view text) { return Rewrite(text, catalog, options).at(0); };
  EXPECT_EQ(rewrite("SELECT k FROM db.t FORMAT CSV").sql, "SELECT k FROM db.t");
  EXPECT_EQ(rewrite("SELECT k FROM db.t FORMAT CSV").format, "CSV");
  EXPECT_EQ(rewrite("SELECT 1 FORMAT CSV SETTINGS a = 1").sql, "SELECT 1 SETTINGS a = 1");
  EXPECT_EQ(rewrite("SHOW TABLES FORMAT JSON").format, "JSON");
  EXPECT_EQ(rewrite("SELECT k FROM db.t FORMAT `Null`").sql, "SELECT k FROM db.t");
  EXPECT_EQ(rewrite("SELECT k FROM db.t FORMAT `Null`").format, "Null");
  EXPECT_EQ(rewrite("SELECT 1 AS format").format, "");
  EXPECT_EQ(rewrite("SELECT k FROM db.t").format, "");
  EXPECT_EQ(rewrite("INSERT INTO db.p FORMAT CSV\n1,a").format, "");
  EXPECT_THROW(Rewrite("SELECT 1 FORMAT CSV", catalog, {}), SqlError);
}

// The same for every cut of statements that are right.
TEST(RewriteTest, CutStatementsEndWell) {
  MapCatalog catalog = MapCatalog::WithTables();
  for (const std::string sql :
       {("CREATE TABLE IF NOT EXISTS db.x (k Int64, s String DEFAULT 'a') ENGINE = "
         "MutableMergeTree(4, (k), 8192) PARTITION BY k SETTINGS a = 1 AS SELECT 1"),
        "CREATE TABLE db.x AS db.t ENGINE = MutableMergeTree ORDER BY (k)",
        "CREATE OR REPLACE TABLE db.x ENGINE = MutableMergeTree ORDER BY (k) AS db.t",
        "IMPORT INTO db.t (k, v, _INTERNAL_VERSION, _INTERNAL_DELMARK) VALUES (1, 'a', 2, 0)",
        "UPDATE db.m SET k = (1 + 2), v = 'x' WHERE k IN (1, 2) SETTINGS max_threads = 1",
        "DELETE FROM db.m WHERE k IN (1, 2) SETTINGS max_threads = 1",
        "SHOW FULL COLUMNS FROM t FROM db WHERE field = 'k' LIMIT 1",
        "OPTIMIZE TABLE db.t PARTITION tuple() ELIMINATE",
        "ALTER TABLE db.t (ADD COLUMN a Int8), (DROP COLUMN b)",
        "CREATE MATERIALIZED VIEW db.x TO db.p AS SELECT k FROM db.p JOIN db.p USING (k)"}) {
    for (size_t length = 0; length <= sql.size(); ++length) {
      try {
        for (const std::string_view part : Split(std::string_view(sql).substr(0, length))) {
          for (const Statement& statement : Rewrite(part, catalog, {})) statement.Fill(1);
        }
      } catch (const SqlError& error) {
        EXPECT_FALSE(error.hint().empty()) << sql;
      }
    }
  }
}

}  // namespace
}  // namespace theflash::sql
