#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "sql/rewrite.h"
#include "sql/split.h"

namespace theflash::sql {
namespace {

using Views = std::vector<std::string_view>;

TEST(SplitTest, CutsAtSemicolonsOutsideOfTexts) {
  EXPECT_EQ(Split("SELECT ';'; SELECT `;` /* ; */ ;; -- ;\nSELECT $$;$$"),
            (Views{"SELECT ';'", " SELECT `;` /* ; */ ", " -- ;\nSELECT $$;$$"}));
}

TEST(SplitTest, EmptyStatementsVanish) {
  EXPECT_EQ(Split(""), Views{});
  EXPECT_EQ(Split(" ; -- x\n ; /* y */"), Views{});
}

TEST(SplitTest, ValuesAreSqlAndOtherFormatsAreData) {
  EXPECT_EQ(Split("INSERT INTO t VALUES (1, 'a;b'); SELECT 1").size(), 2u);
  EXPECT_EQ(Split("INSERT INTO t FORMAT Values (1); SELECT 1").size(), 2u);
  EXPECT_EQ(Split("SELECT 1; INSERT INTO t FORMAT CSV 1;2\n3,'it").size(), 2u);
  EXPECT_EQ(Split("UPSERT INTO t (a) FORMAT JSONEachRow {\"a\":\";'\"}; x").size(), 1u);
}

TEST(SplitTest, FormatElsewhereBeginsNoData) {
  EXPECT_EQ(Split("INSERT INTO t SELECT 1 FORMAT Null; SELECT 2").size(), 2u);
  EXPECT_EQ(Split("INSERT INTO format VALUES (1); SELECT 2").size(), 2u);
  EXPECT_EQ(Split("INSERT INTO db.format (format) VALUES (1); SELECT 2").size(), 2u);
  EXPECT_EQ(Split("SELECT a FROM t FORMAT TSV; SELECT 2").size(), 2u);
}

TEST(SplitTest, DataBeginsBehindTheFormatName) {
  const std::string_view sql = "INSERT INTO t FORMAT TSV\n1\n";
  EXPECT_EQ(sql.substr(FindData(sql)), "\n1\n");
  EXPECT_EQ(FindData("INSERT INTO t VALUES (1)"), 20u);
  EXPECT_EQ(FindData("INSERT INTO t SELECT * FROM VALUES(1)"), 37u);
}

TEST(SplitTest, AnInsertFallsIntoItsParts) {
  auto insert = FindInsertData("INSERT INTO t (a) SETTINGS x = 1 VALUES (1), (2)");
  ASSERT_TRUE(insert);
  EXPECT_EQ(insert->query, "INSERT INTO t (a) SETTINGS x = 1 ");
  EXPECT_EQ(insert->format, "Values");
  EXPECT_EQ(insert->data, "(1), (2)");
  insert = FindInsertData("INSERT INTO format FORMAT\tValues(1)");
  ASSERT_TRUE(insert);
  EXPECT_EQ(insert->query, "INSERT INTO format ");
  EXPECT_EQ(insert->format, "Values");
  EXPECT_EQ(insert->data, "(1)");
  insert = FindInsertData("INSERT INTO t FORMAT CSV \n\n1\n");
  ASSERT_TRUE(insert);
  EXPECT_EQ(insert->format, "CSV");
  EXPECT_EQ(insert->data, "\n1\n");
  EXPECT_EQ(FindInsertData("INSERT INTO t VALUES")->data, "");
  EXPECT_FALSE(FindInsertData("INSERT INTO t SELECT 'VALUES (1)' FORMAT CSV"));
  EXPECT_FALSE(FindInsertData("SELECT 1 FORMAT CSV"));
}

TEST(SplitTest, UnendedTextIsAnError) {
  EXPECT_THROW(Split("SELECT 1; SELECT 'x"), SqlError);
  EXPECT_THROW(Split("SELECT /* 1; SELECT 2"), SqlError);
}

}  // namespace
}  // namespace theflash::sql
