// Where a query reads tables: which names stand for some, and what stands for them.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sql/table_reads.h"

namespace theflash::sql {
namespace {

std::vector<std::string> ReadsOf(const std::string& query) {
  std::vector<std::string> written;
  for (const TableRead& read : FindTableReads(Tokens(query))) {
    written.push_back(read.Written() + (read.is_aliased ? "!" : ""));
  }
  return written;
}

using List = std::vector<std::string>;

TEST(TableReads, AreFoundInEachFrom) {
  EXPECT_EQ(ReadsOf("SELECT 1"), List());
  EXPECT_EQ(ReadsOf("SELECT a, b FROM d.t WHERE a IN (SELECT 1, 2) ORDER BY a, b"), List{"d.t"});
  EXPECT_EQ(ReadsOf("SELECT * FROM t AS x, u FINAL, `d.b`.`v w` AS y"),
            (List{"t!", "u", "d.b.v w!"}));
  EXPECT_EQ(ReadsOf("SELECT * FROM t INNER JOIN d.u USING (a, b) LEFT JOIN v AS w ON w.a = t.b"),
            (List{"t", "d.u", "v!"}));
  EXPECT_EQ(ReadsOf("SELECT * FROM t ARRAY JOIN a, b AS c, [1, 2] AS d"), List{"t"});
  EXPECT_EQ(ReadsOf("SELECT * FROM (SELECT x, y FROM t UNION ALL SELECT * FROM u), v"),
            (List{"t", "u", "v"}));
  EXPECT_EQ(ReadsOf("SELECT (SELECT max(a) FROM t) + (SELECT min(a) FROM u), b FROM v"),
            (List{"t", "u", "v"}));
  EXPECT_EQ(ReadsOf("SELECT * FROM numbers(3), view(SELECT * FROM t), u"), (List{"t", "u"}));
  EXPECT_EQ(ReadsOf("SELECT `from`, t FROM u GROUP BY `from`, t LIMIT 1, 2"), List{"u"});
  EXPECT_EQ(ReadsOf("SELECT 1 FROM t WINDOW w AS (PARTITION BY a, b) SETTINGS a = 1, b = 2"),
            List{"t"});
}

TEST(TableReads, KnowTheNamesOfCtes) {
  const std::string query =
      "WITH RECURSIVE a AS (SELECT 1), 5 AS five, (SELECT 1) AS x, b AS (SELECT 2) SELECT 1 AS (c)";
  const List names = FindCteNames(Tokens(query));
  for (const std::string name : {"a", "b"})
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1);
  EXPECT_EQ(FindCteNames(Tokens("WITH t (x, y) AS (SELECT 1, 2) SELECT x FROM t")).front(), "t");
  EXPECT_EQ(FindCteNames(Tokens("SELECT a, b FROM t, u")), List());
}

TEST(TableReads, AreReplacedAndKeepTheirNames) {
  const std::string query = "SELECT t.a FROM d.t FINAL, u AS x WHERE t.a IN (SELECT b FROM u)";
  const Tokens tokens(query);
  EXPECT_EQ(ReplaceReads(tokens, FindTableReads(tokens), {"s.`1`", "s.`2`", ""}),
            "SELECT t.a FROM s.`1` AS `t` FINAL, s.`2` AS x WHERE t.a IN (SELECT b FROM u)");
}

TEST(TableReads, OfWhichTheirPathIsNeeded) {
  const auto needs_path = [](const std::string& query) {
    const Tokens tokens(query);
    return NeedsItsPath(tokens, FindTableReads(tokens));
  };
  EXPECT_FALSE(needs_path("SELECT t.a FROM d.t WHERE a IN (SELECT a FROM e.t)"));
  EXPECT_TRUE(needs_path("SELECT d.t.a FROM d.t"));
  EXPECT_TRUE(needs_path("SELECT 1 FROM d.t, e.t"));
  EXPECT_FALSE(needs_path("SELECT 1 FROM d.t, e.t AS u"));
  // Its own name counts beside an alias.
  EXPECT_TRUE(needs_path("SELECT t.a FROM d.t AS x, e.u"));
  EXPECT_TRUE(needs_path("SELECT (SELECT 1 FROM d.t AS x WHERE t.a = 1) FROM e.t"));
  EXPECT_FALSE(needs_path("SELECT t.a, x.b FROM d.t AS t, e.u AS x"));
  // What both tables have is called by the path of the one without an alias.
  EXPECT_TRUE(needs_path("SELECT * FROM d.t, e.u"));
  EXPECT_TRUE(needs_path("SELECT t.* FROM d.t INNER JOIN e.u AS x USING (a)"));
  EXPECT_TRUE(needs_path("SELECT COLUMNS('a') FROM d.t, e.u"));
  EXPECT_FALSE(needs_path("SELECT * FROM d.t"));
  EXPECT_FALSE(needs_path("SELECT * FROM d.t AS x, e.u AS y"));
  EXPECT_FALSE(needs_path("SELECT a * 2 FROM d.t, e.u"));
}

TEST(TableReads, ByOtherWays) {
  const auto other_ways = [](const std::string& query) { return ReadsByOtherWays(Tokens(query)); };
  EXPECT_FALSE(other_ways("SELECT a IN (SELECT 1), a IN (1, 2), a IN ('x'), a IN tuple(1) FROM t"));
  for (const char* const query :
       {"SELECT a IN t", "SELECT a NOT IN (d.t)", "SELECT _table FROM t",
        "SELECT `_database` FROM t",
        "SELECT 1 FROM t SETTINGS additional_table_filters = {'t': 'a'}"}) {
    EXPECT_TRUE(other_ways(query)) << query;
  }
}

TEST(TableReads, AsTheParserTellsThem) {
  const AstReads reads =
      ReadAst({"SelectQuery (children 2)", "   TableExpression (children 1)",
               "    TableIdentifier d.t (alias x)", "  Function plus (children 1)",
               "   TableExpression (children 1)", "    Function numbers (alias n) (children 1)",
               "     Identifier TableIdentifier"});
  EXPECT_EQ(reads.tables, List{"d.t"});
  EXPECT_EQ(reads.table_functions, List{"numbers"});
}

}  // namespace
}  // namespace theflash::sql
