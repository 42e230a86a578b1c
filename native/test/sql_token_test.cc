#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "sql/rewrite.h"
#include "sql/token.h"

namespace theflash::sql {
namespace {

std::vector<std::string> Texts(std::string_view sql) {
  const Tokens tokens(sql);
  std::vector<std::string> texts;
  for (size_t index = 0; index < tokens.size(); ++index) texts.emplace_back(tokens.TextAt(index));
  return texts;
}

using Strings = std::vector<std::string>;

TEST(TokenTest, CommentsAreLeftOut) {
  EXPECT_EQ(Texts("SELECT 1 -- x ' \n+ 2 # y \" \n+3 #! z `\n// ( \n/* a /* ' nested */ ; */ +4"),
            (Strings{"SELECT", "1", "+", "2", "+", "3", "+", "4"}));
}

TEST(TokenTest, StringsKeepBothEscapes) {
  EXPECT_EQ(Texts(R"('a''b' 'c\'d' 'e\\' x'41' $$it's;$$ $tag$ $$ $tag$)"),
            (Strings{"'a''b'", R"('c\'d')", R"('e\\')", "x'41'", "$$it's;$$", "$tag$ $$ $tag$"}));
}

TEST(TokenTest, NamesLoseTheirQuotes) {
  const Tokens tokens("a `b``c` \"d\"\"e\" `f\\`g` \xE2\x80\x9Ch\xE2\x80\x9D");
  ASSERT_EQ(tokens.size(), 5u);
  EXPECT_EQ(tokens.Name(0), "a");
  EXPECT_EQ(tokens.Name(1), "b`c");
  EXPECT_EQ(tokens.Name(2), "d\"e");
  EXPECT_EQ(tokens.Name(3), "f`g");
  EXPECT_EQ(tokens.Name(4), "h");
}

TEST(TokenTest, NumbersOperatorsAndParameters) {
  EXPECT_EQ(Texts("1.5e-3, .5 0x1F 1_000 t.1.1 a->b::Int8||'c' {x:Array(String)} 1e 2st"),
            (Strings{"1.5e-3", ",", ".5",    "0x1F", "1_000",  "t",    ".",  "1",   ".",
                     "1",      "a", "->",    "b",    "::",     "Int8", "||", "'c'", "{",
                     "x",      ":", "Array", "(",    "String", ")",    "}",  "1e",  "2st"}));
}

TEST(TokenTest, WhatDoesNotEndIsAnErrorThatNamesItsLine) {
  for (const std::string_view sql : {"SELECT 1\n 'x", "\n\"x", "\n`x", "\n/* /* */", "\n'x\\"}) {
    try {
      Tokens tokens(sql);
      FAIL() << sql;
    } catch (const SqlError& error) {
      EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos) << error.what();
      EXPECT_FALSE(error.hint().empty());
    }
  }
}

TEST(TokenTest, ADollarWithoutAnEndIsAWord) {
  EXPECT_EQ(Texts("SELECT $a, b$c"), (Strings{"SELECT", "$a", ",", "b$c"}));
}

TEST(TokenTest, FindWordSkipsBrackets) {
  const Tokens tokens("SELECT (SELECT 1 WHERE 2) WHERE 3");
  EXPECT_EQ(tokens.FindWord(0, tokens.size(), "where"), 7u);
  EXPECT_EQ(tokens.Closing(1), 6u);
  EXPECT_EQ(tokens.FindWord(0, tokens.size(), "LIMIT"), tokens.size());
}

// Any bytes are tokens or an SqlError, and tokens cover the text in order.
TEST(TokenTest, AnyBytesEndWell) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr std::string_view kAlphabet = "a1$'\"`\\/*-#! \n;.(){}[]e+x:@\xE2\x80\x98\x99\x9C";
  for (int round = 0; round < 20'000; ++round) {
    std::string sql;
    for (size_t length = random() % 24; length > 0; --length) {
      sql += kAlphabet[random() % kAlphabet.size()];
    }
    try {
      const Tokens tokens(sql);
      size_t end = 0;
      for (size_t index = 0; index < tokens.size(); ++index) {
        ASSERT_LE(end, tokens.at(index).begin) << sql;
        ASSERT_LT(tokens.at(index).begin, tokens.at(index).end) << sql;
        end = tokens.at(index).end;
        tokens.Name(index);
        ASSERT_LE(tokens.Closing(index), tokens.size()) << sql;
      }
      ASSERT_LE(end, sql.size()) << sql;
    } catch (const SqlError&) {
    }
  }
}

TEST(TokenTest, UnicodeSpacesPartWords) {
  const Tokens tokens(
      "DELETE\xC2\xA0"
      "FROM\xE3\x80\x80t\xEF\xBB\xBFWHERE\xE2\x80\x8B"
      "1");
  ASSERT_EQ(tokens.size(), 5U);
  EXPECT_TRUE(tokens.IsWord(0, "DELETE"));
  EXPECT_TRUE(tokens.IsWord(1, "FROM"));
  EXPECT_TRUE(tokens.IsWord(3, "WHERE"));
}

TEST(TokenTest, NamesAreReadWithTheirEscapes) {
  const Tokens tokens(
      R"(`fi\x6ce` "_INTERNAL\x5FVERSION" `a``b` `a\`b` `a\\b` `a\qb` `a\tb` `a\N` `\x6`)");
  const char* expected[] = {"file", "_INTERNAL_VERSION", "a`b", "a`b", "a\\b", "a\\qb", "a\tb", "a",
                            "\\x6"};
  ASSERT_EQ(tokens.size(), std::size(expected));
  for (size_t index = 0; index < tokens.size(); ++index) {
    EXPECT_EQ(tokens.Name(index), expected[index]);
  }
}

}  // namespace
}  // namespace theflash::sql
