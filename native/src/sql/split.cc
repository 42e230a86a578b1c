#include "sql/split.h"

#include <algorithm>

#include "sql/rewrite.h"
#include "sql/token.h"

namespace theflash::sql {
namespace {

// What begins after a token. Values are cut into tokens as SQL is, other data is not.
enum class Data { kNone, kValues, kOther };

// Follows the tokens of one statement, to know where the data of an INSERT begins.
class DataFinder {
 public:
  // Whether the data that Add has found came after FORMAT, not VALUES.
  bool is_format() const { return is_format_; }

  Data Add(std::string_view text, const Token& token) {
    const std::string_view word = text.substr(token.begin, token.end - token.begin);
    const bool names_format = after_format_;
    after_format_ = false;
    if (token.kind == TokenKind::kSymbol) {
      AddSymbol(word);
    } else if (names_format) {
      is_format_ = true;
      return EqualsIgnoringCase(word, "VALUES") ? Data::kValues : Data::kOther;
    } else if (token.kind == TokenKind::kWord && depth_ == 0) {
      return AddWord(word);
    } else {
      before_table_ = false;
    }
    return Data::kNone;
  }

 private:
  void AddSymbol(std::string_view symbol) {
    if (symbol == "(") ++depth_;
    if (symbol == ")" && depth_ > 0) --depth_;
    before_table_ = symbol == ".";
  }

  Data AddWord(std::string_view word) {
    const auto is = [&](std::string_view keyword) { return EqualsIgnoringCase(word, keyword); };
    const bool names_table = before_table_ && !is("TABLE");
    before_table_ = is("INTO") || (before_table_ && is("TABLE"));
    if (names_table) return Data::kNone;
    if (is("INSERT") || is("UPSERT") || is("IMPORT")) in_insert_ = !has_source_;
    if (!in_insert_ || has_source_) return Data::kNone;
    has_source_ = is("SELECT") || is("VALUES");
    after_format_ = is("FORMAT");
    return is("VALUES") ? Data::kValues : Data::kNone;
  }

  size_t depth_ = 0;
  bool in_insert_ = false;
  bool before_table_ = false;  // after INTO, or within a.b: a word is a name
  bool has_source_ = false;    // SELECT or VALUES: a FORMAT after it begins no data
  bool after_format_ = false;
  bool is_format_ = false;
};

// Calls `on_token` for each token until it returns false. Gives the offset after the last one
// read.
template <typename OnToken>
size_t ForEachToken(std::string_view text, OnToken on_token) {
  bool after_value = false;
  size_t at = 0;
  while (at < text.size()) {
    const Lexeme lexeme = ReadLexeme(text, at, after_value);
    at = lexeme.token.end;
    if (!lexeme.is_token) continue;
    const char last = text[at - 1];
    after_value = lexeme.token.kind != TokenKind::kSymbol || last == ')' || last == ']';
    if (!on_token(lexeme.token)) break;
  }
  return at;
}

}  // namespace

size_t FindData(std::string_view statement) {
  DataFinder data;
  bool found = false;
  const size_t end = ForEachToken(statement, [&](const Token& token) {
    found = data.Add(statement, token) != Data::kNone;
    return !found;
  });
  return found ? end : statement.size();
}

std::optional<InsertData> FindInsertData(std::string_view statement) {
  DataFinder finder;
  Token last{TokenKind::kSymbol, 0, 0};
  size_t clause = 0;  // where VALUES or FORMAT begins
  bool found = false;
  const size_t end = ForEachToken(statement, [&](const Token& token) {
    found = finder.Add(statement, token) != Data::kNone;
    clause = found && finder.is_format() ? last.begin : token.begin;
    last = token;
    return !found;
  });
  if (!found) return std::nullopt;
  InsertData insert;
  insert.query = statement.substr(0, clause);
  insert.format =
      finder.is_format() ? statement.substr(last.begin, last.end - last.begin) : "Values";
  insert.data = statement.substr(end);
  // As ClickHouse does: the rest of the line of FORMAT is no data where it is blank.
  insert.data.remove_prefix(std::min(insert.data.find_first_not_of(" \t\f"), insert.data.size()));
  if (insert.data.starts_with('\r')) insert.data.remove_prefix(1);
  if (insert.data.starts_with('\n')) insert.data.remove_prefix(1);
  return insert;
}

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  bool empty = true;
  DataFinder data;
  ForEachToken(text, [&](const Token& token) {
    if (token.kind == TokenKind::kSymbol && text[token.begin] == ';') {
      if (!empty) parts.push_back(text.substr(begin, token.begin - begin));
      begin = token.end;
      empty = true;
      data = DataFinder();
      return true;
    }
    empty = false;
    return data.Add(text, token) != Data::kOther;
  });
  if (!empty) parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace theflash::sql
