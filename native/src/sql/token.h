// Cuts ClickHouse SQL into tokens, by the rules of ClickHouse's own lexer
// (ClickHouse 26.7 src/Parsers/Lexer.cpp), so that what stands in a string, a comment or a heredoc
// is never taken for SQL.
#ifndef THEFLASH_SQL_TOKEN_H_
#define THEFLASH_SQL_TOKEN_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace theflash::sql {

enum class TokenKind {
  kWord,    // a keyword or an unquoted identifier
  kQuoted,  // an identifier in backticks or double quotes
  kString,  // in single quotes, a heredoc, or a hex or binary literal
  kNumber,
  kSymbol,  // one character, or one of -> :: || == != <> <= >= @@
};

struct Token {
  TokenKind kind;
  size_t begin;
  size_t end;
};

// The tokens of a text; comments and white space are left out. Refers to the text.
class Tokens {
 public:
  // Errors: SqlError for a string, quoted identifier or comment that does not end.
  explicit Tokens(std::string_view text);

  std::string_view text() const { return text_; }
  size_t size() const { return tokens_.size(); }
  // All of these accept any index: after the last token there are empty ones at the end of the
  // text.
  Token at(size_t index) const;
  std::string_view TextAt(size_t index) const;
  bool IsWord(size_t index, std::string_view keyword) const;  // in any case of letters
  bool IsSymbol(size_t index, std::string_view symbol) const;
  bool IsName(size_t index) const;  // a word or a quoted identifier
  // The name at index without its quotes and escapes.
  std::string Name(size_t index) const;
  // Index of the bracket that closes the one at `open`; size() where none does.
  size_t Closing(size_t open) const;
  // First index in [from, to) outside of brackets that opened there, where `keyword` stands.
  size_t FindWord(size_t from, size_t to, std::string_view keyword) const;
  // Source text from the begin of one token to the end of another; empty where last < first.
  std::string_view Span(size_t first, size_t last) const;

 private:
  std::string_view text_;
  std::vector<Token> tokens_;
};

// Compares a word with a keyword, in any case of letters.
bool EqualsIgnoringCase(std::string_view word, std::string_view keyword);

// Reads the one token or comment at `offset`, and gives the offset after it. `is_token` is false
// for white space and comments. Errors: as Tokens.
struct Lexeme {
  Token token;
  bool is_token;
};
Lexeme ReadLexeme(std::string_view text, size_t offset, bool after_value);

}  // namespace theflash::sql

#endif  // THEFLASH_SQL_TOKEN_H_
