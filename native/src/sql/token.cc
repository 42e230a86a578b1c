#include "sql/token.h"

#include <algorithm>

#include "sql/rewrite.h"

namespace theflash::sql {
namespace {

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
// Spaces of Unicode that ClickHouse passes over, which text from a browser may hold: UTF-8, as
// formatQuery of the engine shows (test/engine/unicode-spaces.test.ts).
constexpr std::string_view kUnicodeSpaces[] = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\xA0\x8E", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
    "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
    "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE2\x81\xA0", "\xE3\x80\x80", "\xEF\xBB\xBF",
};

// The length of the space that a text begins with; 0 where it begins with none.
size_t LengthOfSpace(std::string_view text) {
  if (IsSpace(text[0])) return 1;
  for (const std::string_view space : kUnicodeSpaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || c == '$';
}
char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

[[noreturn]] void ThrowUnended(std::string_view text, size_t offset, const char* what) {
  const auto line = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(offset), '\n');
  throw SqlError(std::string(what) + " that begins in line " + std::to_string(line + 1) +
                     " of the SQL text does not end",
                 "Close it, or double or escape the quotes that belong to the text.");
}

// A quote is escaped by a backslash or by itself doubled.
size_t EndOfQuoted(std::string_view text, size_t begin, const char* what) {
  const char quote = text[begin];
  for (size_t at = begin + 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (at + 1 >= text.size() || text[at + 1] != quote) return at + 1;
      ++at;
    }
  }
  ThrowUnended(text, begin, what);
}

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = ToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Appends what the escape whose letter stands at `at` means; gives its last byte.
// Source: ClickHouse 26.7 src/IO/ReadHelpers.cpp, parseComplexEscapeSequence.
size_t ReadEscape(std::string_view text, size_t at, std::string* plain) {
  constexpr std::string_view kLetters = "abefnrtv0";
  constexpr std::string_view kMeanings("\a\b\x1B\f\n\r\t\v\0", 9);
  const char letter = text[at];
  if (letter == 'x' && at + 2 < text.size() && HexValue(text[at + 1]) >= 0 &&
      HexValue(text[at + 2]) >= 0) {
    *plain += static_cast<char>(HexValue(text[at + 1]) * 16 + HexValue(text[at + 2]));
    return at + 2;
  }
  if (letter == 'N') return at;
  if (const size_t known = kLetters.find(letter); known != std::string_view::npos) {
    *plain += kMeanings[known];
    return at;
  }
  constexpr std::string_view kThemselves = "\\`\"'/";
  if (kThemselves.find(letter) == std::string_view::npos) *plain += '\\';
  *plain += letter;
  return at;
}

size_t EndOfLine(std::string_view text, size_t at) {
  const size_t end = text.find('\n', at);
  return end == std::string_view::npos ? text.size() : end;
}

// Comments nest.
size_t EndOfComment(std::string_view text, size_t begin) {
  size_t depth = 1;
  for (size_t at = begin + 2; at + 1 < text.size(); ++at) {
    const std::string_view pair = text.substr(at, 2);
    if (pair == "/*") {
      ++depth;
      ++at;
    } else if (pair == "*/") {
      if (--depth == 0) return at + 2;
      ++at;
    }
  }
  ThrowUnended(text, begin, "The comment");
}

// $tag$ … $tag$. Without an end it is no heredoc: npos.
size_t EndOfHeredoc(std::string_view text, size_t begin) {
  const size_t tag_end = text.find('$', begin + 1);
  if (tag_end == std::string_view::npos) return std::string_view::npos;
  const std::string_view tag = text.substr(begin, tag_end + 1 - begin);
  const size_t close = text.find(tag, tag_end + 1);
  return close == std::string_view::npos ? close : close + tag.size();
}

size_t EndOfNumber(std::string_view text, size_t begin) {
  size_t at = begin;
  const bool radix = text[at] == '0' && at + 1 < text.size() &&
                     (ToLower(text[at + 1]) == 'x' || ToLower(text[at + 1]) == 'b');
  while (at < text.size()) {
    const bool sign = !radix && at > begin && (text[at] == '+' || text[at] == '-') &&
                      ToLower(text[at - 1]) == 'e' && at + 1 < text.size() && IsDigit(text[at + 1]);
    if (!sign && !IsWordChar(text[at]) && text[at] != '.') break;
    ++at;
  }
  return at;
}

// ‘ ’ and “ ” quote as ' ' and " " do, without escapes; UTF-8 E2 80 98/99 and E2 80 9C/9D.
constexpr std::string_view kOpenSingle = "\xE2\x80\x98";
constexpr std::string_view kCloseSingle = "\xE2\x80\x99";
constexpr std::string_view kOpenDouble = "\xE2\x80\x9C";
constexpr std::string_view kCloseDouble = "\xE2\x80\x9D";

size_t EndOfUnicodeQuoted(std::string_view text, size_t begin, std::string_view close) {
  const size_t end = text.find(close, begin + close.size());
  if (end == std::string_view::npos) ThrowUnended(text, begin, "The quoted text");
  return end + close.size();
}

size_t EndOfSymbol(std::string_view text, size_t at) {
  constexpr std::string_view kPairs[] = {"->", "::", "||", "==", "!=", "<>", "<=", ">=", "@@"};
  const std::string_view pair = text.substr(at, 2);
  const bool is_pair = std::find(std::begin(kPairs), std::end(kPairs), pair) != std::end(kPairs);
  return at + (is_pair ? 2 : 1);
}

Lexeme ReadWordOrSymbol(std::string_view text, size_t at, bool after_value) {
  const char c = text[at];
  if (c == '$') {
    if (const size_t end = EndOfHeredoc(text, at); end != std::string_view::npos) {
      return {{TokenKind::kString, at, end}, true};
    }
  }
  const bool literal_prefix = c == 'x' || c == 'X' || c == 'b' || c == 'B';
  if (literal_prefix && at + 1 < text.size() && text[at + 1] == '\'') {
    return {{TokenKind::kString, at, EndOfQuoted(text, at + 1, "The string")}, true};
  }
  const bool fraction = c == '.' && !after_value && at + 1 < text.size() && IsDigit(text[at + 1]);
  if (IsDigit(c) || fraction) {
    // After a dot only digits: t.1.1 is a tuple of a tuple.
    size_t end = EndOfNumber(text, at);
    if (!fraction && at > 0 && text[at - 1] == '.') {
      end = at;
      while (end < text.size() && IsWordChar(text[end])) ++end;
    }
    const auto is_digit_or_mark = [](char each) { return IsDigit(each) || each == '_'; };
    const std::string_view span = text.substr(at, end - at);
    // 1st_column is a word; 0x1F and 1e5 are numbers.
    const bool plain_word = span.find('.') == std::string_view::npos &&
                            !std::all_of(span.begin(), span.end(), is_digit_or_mark) &&
                            ToLower(span[1]) != 'x' && ToLower(span[1]) != 'b' &&
                            ToLower(span[span.find_first_not_of("0123456789_")]) != 'e';
    return {{plain_word ? TokenKind::kWord : TokenKind::kNumber, at, end}, true};
  }
  if (IsWordChar(c)) {
    size_t end = at;
    while (end < text.size() && IsWordChar(text[end])) ++end;
    return {{TokenKind::kWord, at, end}, true};
  }
  return {{TokenKind::kSymbol, at, EndOfSymbol(text, at)}, true};
}

}  // namespace

bool EqualsIgnoringCase(std::string_view word, std::string_view keyword) {
  return std::equal(word.begin(), word.end(), keyword.begin(), keyword.end(),
                    [](char left, char right) { return ToLower(left) == ToLower(right); });
}

Lexeme ReadLexeme(std::string_view text, size_t at, bool after_value) {
  const std::string_view rest = text.substr(at);
  const auto skip = [&](size_t end) { return Lexeme{{TokenKind::kSymbol, at, end}, false}; };
  if (const size_t length = LengthOfSpace(rest); length > 0) return skip(at + length);
  if (rest.starts_with("--") || rest.starts_with("//")) return skip(EndOfLine(text, at));
  if (rest.starts_with("# ") || rest.starts_with("#!")) return skip(EndOfLine(text, at));
  if (rest.starts_with("/*")) return skip(EndOfComment(text, at));
  const auto token = [&](TokenKind kind, size_t end) { return Lexeme{{kind, at, end}, true}; };
  switch (rest[0]) {
    case '\'':
      return token(TokenKind::kString, EndOfQuoted(text, at, "The string"));
    case '"':
    case '`':
      return token(TokenKind::kQuoted, EndOfQuoted(text, at, "The quoted name"));
    default:
      break;
  }
  if (rest.starts_with(kOpenSingle)) {
    return token(TokenKind::kString, EndOfUnicodeQuoted(text, at, kCloseSingle));
  }
  if (rest.starts_with(kOpenDouble)) {
    return token(TokenKind::kQuoted, EndOfUnicodeQuoted(text, at, kCloseDouble));
  }
  return ReadWordOrSymbol(text, at, after_value);
}

Tokens::Tokens(std::string_view text) : text_(text) {
  bool after_value = false;
  for (size_t at = 0; at < text.size();) {
    const Lexeme lexeme = ReadLexeme(text, at, after_value);
    at = lexeme.token.end;
    if (!lexeme.is_token) continue;
    tokens_.push_back(lexeme.token);
    const char last = text[at - 1];
    after_value = lexeme.token.kind != TokenKind::kSymbol || last == ')' || last == ']';
  }
}

Token Tokens::at(size_t index) const {
  if (index < tokens_.size()) return tokens_[index];
  return {TokenKind::kSymbol, text_.size(), text_.size()};
}

std::string_view Tokens::TextAt(size_t index) const {
  if (index >= tokens_.size()) return {};
  return text_.substr(tokens_[index].begin, tokens_[index].end - tokens_[index].begin);
}

bool Tokens::IsWord(size_t index, std::string_view keyword) const {
  if (index >= tokens_.size() || tokens_[index].kind != TokenKind::kWord) return false;
  return EqualsIgnoringCase(TextAt(index), keyword);
}

bool Tokens::IsSymbol(size_t index, std::string_view symbol) const {
  return index < tokens_.size() && tokens_[index].kind == TokenKind::kSymbol &&
         TextAt(index) == symbol;
}

bool Tokens::IsName(size_t index) const {
  if (index >= tokens_.size()) return false;
  return tokens_[index].kind == TokenKind::kWord || tokens_[index].kind == TokenKind::kQuoted;
}

std::string Tokens::Name(size_t index) const {
  std::string_view text = TextAt(index);
  if (index >= tokens_.size() || tokens_[index].kind != TokenKind::kQuoted) {
    return std::string(text);
  }
  if (text.starts_with(kOpenDouble)) {
    return std::string(text.substr(3, text.size() - 6));
  }
  const char quote = text.front();
  text = text.substr(1, text.size() - 2);
  std::string name;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      at = ReadEscape(text, at + 1, &name);
      continue;
    }
    if (text[at] == quote && ++at >= text.size()) break;
    name += text[at];
  }
  return name;
}

size_t Tokens::Closing(size_t open) const {
  size_t depth = 0;
  for (size_t index = open; index < size(); ++index) {
    if (IsSymbol(index, "(") || IsSymbol(index, "[") || IsSymbol(index, "{")) ++depth;
    if (IsSymbol(index, ")") || IsSymbol(index, "]") || IsSymbol(index, "}")) {
      if (--depth == 0) return index;
    }
  }
  return size();
}

size_t Tokens::FindWord(size_t from, size_t to, std::string_view keyword) const {
  for (size_t index = from; index < to && index < size(); ++index) {
    if (IsWord(index, keyword)) return index;
    if (IsSymbol(index, "(") || IsSymbol(index, "[") || IsSymbol(index, "{")) {
      index = Closing(index);
    }
  }
  return to;
}

std::string_view Tokens::Span(size_t first, size_t last) const {
  if (first >= size() || last >= size() || last < first) return {};
  return text_.substr(tokens_[first].begin, tokens_[last].end - tokens_[first].begin);
}

}  // namespace theflash::sql
